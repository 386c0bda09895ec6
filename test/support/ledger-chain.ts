import assert from 'node:assert/strict';
import { nextBeacon } from '../../src/crypto/beacon.ts';
import { type KeyPair, keyPairFromSeed } from '../../src/crypto/ed25519.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { type VrfKeyPair, vrfKeyPairFromSeed } from '../../src/crypto/vrf.ts';
import { type Begun, beginBlock } from '../../src/ledger/begin-block.ts';
import { type Ended, type EndInput, endBlock } from '../../src/ledger/end-block.ts';
import { genesisState } from '../../src/ledger/genesis-state.ts';
import { LEDGER_RULES } from '../../src/ledger/ledgers.ts';
import { nextNonce } from '../../src/ledger/nonces.ts';
import type { LedgerRules } from '../../src/ledger/rules.ts';
import { executeSection, type SectionFault } from '../../src/ledger/section.ts';
import type { SectionResult } from '../../src/ledger/section-result.ts';
import { State } from '../../src/ledger/state/state.ts';
import { addressOf } from '../../src/types/address.ts';
import type { Certificate } from '../../src/types/certificate.ts';
import type { Evidence } from '../../src/types/evidence.ts';
import { DEFAULT_PARAMETERS, type Genesis, type Parameters } from '../../src/types/genesis.ts';
import { LEDGERS, type LedgerName } from '../../src/types/names.ts';
import type { Receipt, SystemReceipt } from '../../src/types/receipt.ts';
import {
  type EncodedTransaction,
  encodeTransaction,
  type Operation,
  SCHEME_ED25519,
  TRANSACTION_VERSION,
} from '../../src/types/transaction.ts';
import type { ValidatorSet } from '../../src/types/validator.ts';
import { fromHex, utf8 } from '../../src/util/bytes.ts';
import { minedBy } from './mined.ts';

/** Someone with an account, a consensus key and a VRF key, all made from a name. */
export interface Actor {
  readonly address: string;
  readonly account: KeyPair;
  readonly consensus: KeyPair;
  readonly vrf: VrfKeyPair;
}

/** Those that have had a part: tests share names, and keys take long to make. */
const actors = new Map<string, Actor>();

export function actor(name: string): Actor {
  const known = actors.get(name);
  if (known !== undefined) return known;
  const account = keyPairFromSeed(sha256(utf8(`${name} account`)));
  const made: Actor = {
    address: addressOf(SCHEME_ED25519, fromHex(account.publicKey)),
    account,
    consensus: keyPairFromSeed(sha256(utf8(`${name} consensus`))),
    vrf: vrfKeyPairFromSeed(sha256(utf8(`${name} vrf`))),
  };
  actors.set(name, made);
  return made;
}

export const GENESIS_TIME_MS = 1_700_000_000_000;
export const BOND = 5_000_000n;

export interface GenesisOptions {
  readonly validators: readonly Actor[];
  /** Each gets coins and filled meters for FLX and GEN. */
  readonly accounts?: readonly Actor[];
  readonly parameters?: Partial<Parameters>;
  /** Micro-FLX in each meter; default 1 000 FLX. */
  readonly meterFlx?: bigint;
}

export function testGenesis({
  validators,
  accounts = [],
  parameters,
  meterFlx = 1_000_000_000n,
}: GenesisOptions): Genesis {
  const everyone = [...validators, ...accounts];
  return {
    version: 1,
    salt: '00112233445566778899aabbccddeeff',
    chainId: 7,
    testnet: true,
    timeMs: GENESIS_TIME_MS,
    parameters: { ...DEFAULT_PARAMETERS, ...parameters },
    validators: validators.map((validator) => ({
      id: validator.address,
      consensusKey: validator.consensus.publicKey,
      vrfKey: validator.vrf.publicKey,
      bond: BOND,
    })),
    allocations: everyone.flatMap(({ address }) => [
      { address, token: 'FLX' as const, amount: 1_000_000_000n },
      { address, token: 'GEN' as const, amount: 100_000_000n },
    ]),
    meters: everyone.flatMap(({ address }) =>
      (['docklock', 'cluster', 'bpi', 'bpci'] as const).flatMap((ledger) => [
        { payer: address, ledger, token: 'FLX' as const, amount: meterFlx },
        ...(ledger === 'bpci' ? [{ payer: address, ledger, token: 'GEN' as const, amount: 1_000_000n }] : []),
      ]),
    ),
    banks: [],
    authorities: [],
    forks: [],
  };
}

export interface TransactionOptions {
  readonly nonce?: bigint;
  readonly maxFee?: bigint;
  readonly validUntilMs?: number;
  readonly chainId?: number;
}

/** A transaction whose signature nobody checks: the block machine leaves that to its caller. */
export function unsignedTransaction(
  sender: Actor,
  ledger: LedgerName,
  operations: Operation[],
  {
    nonce = 0n,
    maxFee = 5_000_000n,
    validUntilMs = GENESIS_TIME_MS * 2,
    chainId = 7,
  }: TransactionOptions = {},
): EncodedTransaction {
  return encodeTransaction({
    body: {
      version: TRANSACTION_VERSION,
      chainId,
      ledger,
      sender: sender.address,
      nonce,
      validUntilMs,
      maxFee,
      operations,
    },
    auth: {
      scheme: SCHEME_ED25519,
      publicKey: fromHex(sender.account.publicKey),
      signature: new Uint8Array(64),
    },
  });
}

/** What one block of a LedgerChain did. */
export interface ExecutedTestBlock {
  readonly height: number;
  readonly stateRoot: string;
  readonly sections: Readonly<Partial<Record<LedgerName, SectionResult>>>;
  readonly receipts: readonly Receipt[];
  readonly systemReceipts: readonly SystemReceipt[];
  readonly validators: ValidatorSet;
  readonly nextValidators: ValidatorSet;
  readonly hasPendingWork: boolean;
}

function copyOf({ genesisHash, state }: LedgerChain) {
  return { genesisHash, state: State.load(state.leaves()) };
}

/** A chain of the block machine alone: blocks are executed and committed, nobody agrees on anything. */
export class LedgerChain {
  readonly genesis: Genesis;
  readonly genesisHash: string;
  readonly state: State;
  readonly rules: LedgerRules;
  height = 0;
  /** Rule time of the next block: the time of the last one. */
  timeMs: number;
  /** Who proposes and mines the next blocks: the first validator, all by itself, unless a test changes it. */
  mined: Pick<EndInput, 'proposer' | 'miners'>;
  #beacon = '00'.repeat(32);

  /** A chain at genesis, or where `from` stands; what happens on it does not touch `from`. */
  constructor(genesis: Genesis, rules: LedgerRules = LEDGER_RULES, from?: LedgerChain) {
    const { genesisHash, state } = from === undefined ? genesisState(genesis, rules) : copyOf(from);
    this.genesis = genesis;
    this.genesisHash = genesisHash;
    this.state = state;
    this.rules = rules;
    this.mined = from?.mined ?? minedBy((genesis.validators[0] as { id: string }).id);
    this.timeMs = from?.timeMs ?? genesis.timeMs;
    this.height = from?.height ?? 0;
    if (from !== undefined) this.#beacon = from.#beacon;
  }

  /** A transaction with the sender's next nonce. */
  transaction(
    sender: Actor,
    ledger: LedgerName,
    operations: Operation[],
    options: TransactionOptions = {},
  ): EncodedTransaction {
    const nonce = nextNonce(this.state.reader(ledger), sender.address);
    return unsignedTransaction(sender, ledger, operations, { nonce, ...options });
  }

  begin(): Begun {
    const { genesis, genesisHash, timeMs, rules } = this;
    return beginBlock(this.state, { height: this.height + 1, timeMs, genesis, genesisHash }, rules);
  }

  /** Why these transactions are no valid section of the next block; nothing changes. */
  faultOf(ledger: LedgerName, transactions: EncodedTransaction[]): SectionFault {
    const begun = this.begin();
    const outcome = executeSection(begun, ledger, transactions);
    begun.discard();
    assert.ok(!outcome.valid, 'the section is valid');
    return outcome.fault;
  }

  /**
   * Executes and commits the next block; `elapsedMs` is how much later it is than the one before, `lastCertificate`
   * what its body says of that one, `evidence` whose proof nobody checks.
   */
  block(
    transactions: readonly EncodedTransaction[] = [],
    elapsedMs = 1000,
    lastCertificate?: Certificate,
    evidence: readonly Evidence[] = [],
  ): ExecutedTestBlock {
    const begun = this.begin();
    const sections: Partial<Record<LedgerName, SectionResult>> = {};
    for (const ledger of LEDGERS) {
      const own = transactions.filter((transaction) => transaction.value.body.ledger === ledger);
      const outcome = executeSection(begun, ledger, own);
      assert.ok(outcome.valid, `invalid section: ${JSON.stringify('fault' in outcome && outcome.fault)}`);
      sections[ledger] = outcome.result;
    }
    const results = Object.values(sections);
    this.#beacon = nextBeacon(this.#beacon, sha256(utf8(String(this.height + 1))));
    const ended = endBlock(begun, results, {
      ...this.mined,
      beacon: this.#beacon,
      lastCertificate,
      evidence,
    });
    this.commit(begun, results, ended);
    this.timeMs += elapsedMs;
    const { stateRoot, systemReceipts, validators, nextValidators, hasPendingWork } = ended;
    const receipts = results.flatMap((result) => result.receipts);
    const height = this.height;
    return {
      height,
      stateRoot,
      sections,
      receipts,
      systemReceipts,
      validators,
      nextValidators,
      hasPendingWork,
    };
  }

  private commit(begun: Begun, results: readonly SectionResult[], ended: Ended): void {
    for (const result of results) result.discard();
    begun.discard();
    this.state.commit(ended.view);
    this.height += 1;
  }

  /** Executes one transaction in a block of its own and returns its receipt. */
  run(sender: Actor, ledger: LedgerName, operations: Operation[], options: TransactionOptions = {}): Receipt {
    const receipt = this.block([this.transaction(sender, ledger, operations, options)]).receipts[0];
    assert.ok(receipt);
    return receipt;
  }
}
