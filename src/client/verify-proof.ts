import { verifySignature } from '../crypto/ed25519.ts';
import { rootOfPath, verifyMerklePath } from '../crypto/merkle.ts';
import { type BlockHeader, hashHeader } from '../types/block.ts';
import { type Certificate, certificateChecks } from '../types/certificate.ts';
import {
  FINALITY_PROOF_VERSION,
  type FinalityProof,
  finalityProofFromJson,
} from '../types/finality-proof.ts';
import { type Genesis, hashGenesis } from '../types/genesis.ts';
import { orderedValidators } from '../types/light-block.ts';
import { LEDGERS, type LedgerName } from '../types/names.ts';
import { statusName } from '../types/operations/catalogs.ts';
import { encodeReceipt } from '../types/receipt.ts';
import { decodeTransaction, type EncodedTransaction, transactionSigningBytes } from '../types/transaction.ts';
import { type Validator, ValidatorSet } from '../types/validator.ts';
import { equalBytes, fromHex, toHex } from '../util/bytes.ts';
import { errorMessage } from '../util/errors.ts';

/** The checks of a proof, in the order in which they are made. The first that fails is named. */
export const PROOF_CHECKS = [
  'FORM',
  'VERSION',
  'GENESIS',
  'TRANSACTION',
  'TX_ID',
  'SIGNATURE',
  'RECEIPT',
  'RECEIPT_PATH',
  'ANCHOR',
  'LINK',
  'HEADER',
  'CERTIFICATE',
] as const;
export type ProofCheck = (typeof PROOF_CHECKS)[number];

/** A block that the reader trusts besides genesis; `hash` is lowercase hex. */
export interface TrustedBlock {
  readonly height: number;
  readonly hash: string;
}

export interface ValidProof {
  readonly valid: true;
  readonly txId: string;
  readonly ledger: LedgerName;
  readonly sender: string;
  /** `OK`, or the name of what failed: a failed transaction is final as well. */
  readonly status: string;
  readonly height: number;
  readonly blockHash: string;
  readonly timeMs: number;
  /** Commit seals that were checked on the block itself. */
  readonly seals: number;
  readonly quorum: number;
  readonly validators: number;
  /** Changes of the validator set that the proof walks through. */
  readonly links: number;
}

export interface InvalidProof {
  readonly valid: false;
  readonly check: ProofCheck;
  readonly message: string;
}

/** Leaves under receiptsRoot: five sections and the system receipts. */
const RECEIPT_ROOTS = LEDGERS.length + 1;

class CheckFailure extends Error {
  readonly check: ProofCheck;
  constructor(check: ProofCheck, message: string) {
    super(message);
    this.check = check;
  }
}

function ensure(condition: boolean, check: ProofCheck, message: string): asserts condition {
  if (!condition) throw new CheckFailure(check, message);
}

/** Runs what throws for malformed input as one check. */
function during<T>(check: ProofCheck, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof CheckFailure) throw error;
    throw new CheckFailure(check, errorMessage(error));
  }
}

/**
 * Checks a proof with nothing but the genesis file, or also a trusted block, at which the proof must then start.
 * Never throws. Trust in the walk is trust in each set while it was in office: a reader who has not looked for so
 * long that former validators may have sold their keys should give a trusted block.
 */
export function verifyFinalityProof(
  proof: FinalityProof,
  genesis: Genesis,
  trusted?: TrustedBlock,
): ValidProof | InvalidProof {
  try {
    return during('FORM', () => verify(proof, genesis, trusted));
  } catch (error) {
    const { check, message } = error as CheckFailure;
    return { valid: false, check, message };
  }
}

/** The same for the parsed content of a proof file; what is not in canonical form fails FORM. */
export function verifyFinalityProofJson(
  json: unknown,
  genesis: Genesis,
  trusted?: TrustedBlock,
): ValidProof | InvalidProof {
  let proof: FinalityProof;
  try {
    proof = finalityProofFromJson(json);
  } catch (error) {
    return { valid: false, check: 'FORM', message: errorMessage(error) };
  }
  return verifyFinalityProof(proof, genesis, trusted);
}

function verify(proof: FinalityProof, genesis: Genesis, trusted: TrustedBlock | undefined): ValidProof {
  const { header, certificate, receipt } = proof;
  ensure(
    proof.version === FINALITY_PROOF_VERSION,
    'VERSION',
    `unknown version ${proof.version} of the proof`,
  );
  const genesisHash = during('GENESIS', () => hashGenesis(genesis));
  ensure(proof.genesisHash === genesisHash, 'GENESIS', 'the proof is of another chain than the genesis file');

  const transaction = checkTransaction(proof, genesis, genesisHash);
  checkReceipt(proof, transaction);
  const start = trustedSet(proof, genesis, trusted);
  const { validators, height } = walkLinks(proof, genesis, genesisHash, start);

  ensure(header.chainId === genesis.chainId, 'HEADER', 'the header names another chain id');
  ensure(
    header.height > height,
    'HEADER',
    `the block is not above height ${height}, where the proof's walk ends`,
  );
  ensure(
    header.validatorsHash === validators.hash,
    'HEADER',
    'the header names other validators than the proof leads to',
  );
  const blockHash = hashHeader(header);
  checkCertificate('CERTIFICATE', header, certificate, genesisHash, validators);
  return {
    valid: true,
    txId: transaction.id,
    ledger: receipt.ledger,
    sender: transaction.value.body.sender,
    status: statusName(receipt.ledger, receipt.status),
    height: header.height,
    blockHash,
    timeMs: header.timeMs,
    seals: certificate.seals.length,
    quorum: validators.quorum,
    validators: validators.size,
    links: proof.links.length,
  };
}

function checkTransaction(proof: FinalityProof, genesis: Genesis, genesisHash: string): EncodedTransaction {
  const transaction = during('TRANSACTION', () => decodeTransaction(proof.transaction));
  const { body, auth } = transaction.value;
  ensure(transaction.id === proof.receipt.txId, 'TX_ID', 'the receipt is of another transaction');
  ensure(body.chainId === genesis.chainId, 'TRANSACTION', 'the transaction names another chain id');
  ensure(
    verifySignature(toHex(auth.publicKey), transactionSigningBytes(genesisHash, body), toHex(auth.signature)),
    'SIGNATURE',
    "the sender's signature does not fit the transaction",
  );
  return transaction;
}

function checkReceipt(
  { receipt, receiptPath, ledgerPath, header }: FinalityProof,
  { value }: EncodedTransaction,
): void {
  ensure(receipt.ledger === value.body.ledger, 'RECEIPT', 'receipt and transaction name different ledgers');
  ensure(receipt.height === header.height, 'RECEIPT', 'receipt and header name different heights');
  const sectionRoot = rootOfPath(
    encodeReceipt(receipt),
    receiptPath.map(({ side, hash }) => ({ side, hash: fromHex(hash) })),
  );
  const place = LEDGERS.indexOf(receipt.ledger);
  ensure(
    verifyMerklePath(
      sectionRoot,
      place,
      RECEIPT_ROOTS,
      ledgerPath.map(fromHex),
      fromHex(header.receiptsRoot),
    ),
    'RECEIPT_PATH',
    'the receipt does not lead to the receipts root of the header',
  );
}

/** A validator set, and the height up to which the walk has come: the set is that of the next height. */
interface Waypoint {
  readonly validators: ValidatorSet;
  readonly height: number;
}

function orderedSet(validators: readonly Validator[]): ValidatorSet {
  const set = orderedValidators(validators);
  if (set === undefined) throw new RangeError('not a set of validators ordered by id');
  return set;
}

function trustedSet(proof: FinalityProof, genesis: Genesis, trusted: TrustedBlock | undefined): Waypoint {
  const [anchor] = proof.anchor;
  if (trusted === undefined) {
    ensure(
      anchor === undefined,
      'ANCHOR',
      'the proof starts at a block that you must trust: give its height and hash',
    );
    const members = genesis.validators.map(({ id, consensusKey, vrfKey }) => ({ id, consensusKey, vrfKey }));
    return { validators: during('GENESIS', () => new ValidatorSet(members)), height: 0 };
  }
  ensure(anchor !== undefined, 'ANCHOR', 'the proof starts at genesis: ask for one from the trusted height');
  const { header } = anchor;
  ensure(header.height === trusted.height, 'ANCHOR', `the proof starts at height ${header.height}`);
  ensure(
    equalBytes(
      fromHex(hashHeader(header)),
      during('ANCHOR', () => fromHex(trusted.hash)),
    ),
    'ANCHOR',
    'the proof starts at another block than the trusted one',
  );
  const validators = during('ANCHOR', () => orderedSet(anchor.validators));
  ensure(validators.hash === header.nextValidatorsHash, 'ANCHOR', 'the trusted block names other validators');
  return { validators, height: header.height };
}

function walkLinks(proof: FinalityProof, genesis: Genesis, genesisHash: string, start: Waypoint): Waypoint {
  let current = start;
  for (const [i, { header, certificate, validators }] of proof.links.entries()) {
    const name = `link ${i} (height ${header.height})`;
    ensure(header.chainId === genesis.chainId, 'LINK', `${name} names another chain id`);
    ensure(header.height > current.height, 'LINK', `${name} is not above the one before`);
    ensure(
      header.validatorsHash === current.validators.hash,
      'LINK',
      `${name} names another set than the proof leads to`,
    );
    checkCertificate('LINK', header, certificate, genesisHash, current.validators);
    const next = during('LINK', () => orderedSet(validators));
    ensure(
      next.hash === header.nextValidatorsHash,
      'LINK',
      `the new set of ${name} is not the one its header names`,
    );
    ensure(next.hash !== current.validators.hash, 'LINK', `${name} changes nothing`);
    current = { validators: next, height: header.height };
  }
  return current;
}

function checkCertificate(
  check: 'LINK' | 'CERTIFICATE',
  header: BlockHeader,
  certificate: Certificate,
  genesisHash: string,
  validators: ValidatorSet,
): void {
  const expected = { height: header.height, blockHash: hashHeader(header), genesisHash, validators };
  const outcome = certificateChecks(certificate, expected);
  if ('fault' in outcome)
    throw new CheckFailure(check, `certificate of height ${header.height}: ${outcome.fault}`);
  ensure(
    outcome.checks.every(({ publicKey, bytes, signature }) => verifySignature(publicKey, bytes, signature)),
    check,
    `a seal of height ${header.height} is not the validator's`,
  );
}
