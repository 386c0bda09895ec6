import { verifySignature } from '../crypto/ed25519.ts';
import { rootOfPath, verifyMerklePath } from '../crypto/merkle.ts';
import {
  type CheckFailure,
  checkFinality,
  during,
  ensure,
  type TrustedBlock,
} from '../types/check-finality.ts';
import {
  FINALITY_PROOF_VERSION,
  type FinalityProof,
  finalityProofFromJson,
} from '../types/finality-proof.ts';
import { type Genesis, hashGenesis } from '../types/genesis.ts';
import { LEDGERS, type LedgerName } from '../types/names.ts';
import { statusName } from '../types/operations/catalogs.ts';
import { encodeReceipt } from '../types/receipt.ts';
import { decodeTransaction, type EncodedTransaction, transactionSigningBytes } from '../types/transaction.ts';
import { fromHex, toHex } from '../util/bytes.ts';
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
    const { check, message } = error as CheckFailure<ProofCheck>;
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
  const { blockHash, validators } = checkFinality(proof, genesis, genesisHash, trusted);
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
