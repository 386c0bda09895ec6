import { type KeyPair, keyPairFromSeed } from '../src/crypto/ed25519.ts';
import { sha256 } from '../src/crypto/hash.ts';
import { addressOf } from '../src/types/address.ts';
import { SCHEME_ED25519 } from '../src/types/transaction.ts';
import { fromHex, utf8 } from '../src/util/bytes.ts';

/**
 * Everyone who acts on a testnet. All keys derive from the seed in the manifest, so that the genesis, the nodes and a
 * load generator in another process agree without sharing a file.
 */
export interface Account {
  readonly name: string;
  readonly keys: KeyPair;
  readonly address: string;
}

/** The keys of one validator. VRF keys have the form of Ed25519 keys (RFC 9381 §5.5). */
export interface ValidatorIdentity {
  readonly account: Account;
  readonly consensus: KeyPair;
  readonly vrf: KeyPair;
}

/** Who a load generator acts as. Two generators on one testnet take different lanes, so their nonces never clash. */
export interface Lane {
  readonly payers: readonly Account[];
  readonly banks: readonly Account[];
  readonly oracles: readonly Account[];
  /** Key sets that join as validators, rotate, double-sign and leave. */
  readonly candidates: readonly ValidatorIdentity[];
}

/** Key sets of the authorities in genesis; the keys sign approvals, they hold no coins. */
export interface AuthorityKeys {
  readonly bankApproval: readonly KeyPair[];
  readonly auditors: readonly KeyPair[];
  readonly treasury: readonly KeyPair[];
  readonly imageSigners: readonly KeyPair[];
  readonly owner: readonly KeyPair[];
}

export const LANES = 2;
const PAYERS_PER_LANE = 16;
const BANKS_PER_LANE = 4;
const ORACLES_PER_LANE = 4;
const CANDIDATES_PER_LANE = 2;
const KEYS_PER_AUTHORITY = 3;

function secretOf(seed: string, role: string): Uint8Array {
  return sha256(utf8(`metanode testnet\n${seed}\n${role}`));
}

/** The key pair of a role, such as `validator/3/consensus`. */
export function deriveKeys(seed: string, role: string): KeyPair {
  return keyPairFromSeed(secretOf(seed, role));
}

export function deriveAccount(seed: string, name: string): Account {
  const keys = deriveKeys(seed, `account/${name}`);
  return { name, keys, address: addressOf(SCHEME_ED25519, fromHex(keys.publicKey)) };
}

/** Validators v1 … vN of genesis, or a candidate by its own name. `generation` counts rotated keys. */
export function deriveValidator(seed: string, name: string, generation = 0): ValidatorIdentity {
  return {
    account: deriveAccount(seed, name),
    consensus: deriveKeys(seed, `consensus/${name}/${generation}`),
    vrf: deriveKeys(seed, `vrf/${name}/${generation}`),
  };
}

/** The validators of genesis, v1 to v`count`. */
export function deriveValidators(seed: string, count: number): ValidatorIdentity[] {
  return series(count, (number) => deriveValidator(seed, `v${number}`));
}

/** Who has the GEN that nobody else has, and pays for validators that join. */
export function deriveFounder(seed: string): Account {
  return deriveAccount(seed, 'founder');
}

/** The libp2p key of a node. */
export function deriveNodeSeed(seed: string, name: string): Uint8Array {
  return secretOf(seed, `node/${name}`);
}

export function deriveSalt(seed: string): Uint8Array {
  return secretOf(seed, 'salt').subarray(0, 16);
}

function series<T>(count: number, make: (number: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index + 1));
}

export function deriveLane(seed: string, lane: number): Lane {
  const accounts = (role: string, count: number) =>
    series(count, (number) => deriveAccount(seed, `${role}-${lane}-${number}`));
  return {
    payers: accounts('payer', PAYERS_PER_LANE),
    banks: accounts('bank', BANKS_PER_LANE),
    oracles: accounts('oracle', ORACLES_PER_LANE),
    candidates: series(CANDIDATES_PER_LANE, (number) => deriveValidator(seed, `candidate-${lane}-${number}`)),
  };
}

/** Accounts that only pay each other, for a load that needs more senders than a lane has. */
export function deriveSenders(seed: string, count: number): Account[] {
  return series(count, (number) => deriveAccount(seed, `sender-${number}`));
}

export function deriveAuthorityKeys(seed: string): AuthorityKeys {
  const keySet = (name: string) =>
    series(KEYS_PER_AUTHORITY, (number) => deriveKeys(seed, `${name}/${number}`));
  return {
    bankApproval: keySet('bank-approval'),
    auditors: keySet('auditors'),
    treasury: keySet('treasury'),
    imageSigners: keySet('image-signers'),
    owner: keySet('owner'),
  };
}

/** Keys beside those of accounts that people need to try the command line, by the name of their file. */
export function deriveDemoKeys(seed: string): { name: string; kind: 'account' | 'node'; keys: KeyPair }[] {
  const { imageSigners, auditors, treasury, owner } = deriveAuthorityKeys(seed);
  const named = (role: string, keySet: readonly KeyPair[]) =>
    keySet.map((keys, index) => ({ name: `${role}-${index + 1}`, kind: 'account' as const, keys }));
  const signers = [
    ...named('image-signer', imageSigners),
    ...named('auditor', auditors),
    ...named('treasury', treasury),
    ...named('owner', owner),
  ];
  return [{ name: 'container-node', kind: 'node', keys: deriveKeys(seed, 'container-node') }, ...signers];
}

/** Accounts for people who try the command line: funded, and their keys are written to files. */
export function deriveDemoAccounts(seed: string): Account[] {
  return ['alice', 'bob'].map((name) => deriveAccount(seed, name));
}
