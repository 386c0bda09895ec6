import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { merkleRoot } from '../crypto/merkle.ts';
import { fromHex, toHex } from '../util/bytes.ts';
import { LIMITS } from '../util/limits.ts';
import { LEDGERS, LedgerNameType, TokenNameType } from './names.ts';
import { encode } from './ssz.ts';
import { Bytes, Hash32 } from './ssz-bytes.ts';
import { Height, SafeU64, U16, U32, U128 } from './ssz-numbers.ts';

/** What a transaction paid: micro-units of one token. */
export const ChargeType = new ContainerType({ token: TokenNameType, amount: U128 });
export type Charge = ValueOf<typeof ChargeType>;

/** Something that operation number `operation` of the transaction did; `data` has the ledger's schema for `kind`. */
export const EventType = new ContainerType({
  operation: U16,
  kind: U16,
  data: Bytes(LIMITS.maxEventBytes),
});
export type LedgerEvent = ValueOf<typeof EventType>;

/** `failedOperation` of a receipt of a transaction that did not fail. */
export const NO_FAILED_OPERATION = 0xffff;

/**
 * What a transaction did, recorded in the block. `index` is its place in its section, `status` 0 or a code of
 * types/status.ts, `gas` what it used, `proofCommitment` = H("proof-item", item) of the section's proof.
 */
export const ReceiptType = new ContainerType({
  ledger: LedgerNameType,
  txId: Hash32,
  height: Height,
  index: U32,
  status: U16,
  failedOperation: U16,
  gas: SafeU64,
  charges: new ListCompositeType(ChargeType, LIMITS.maxChargesPerReceipt),
  events: new ListCompositeType(EventType, LIMITS.maxEventsPerReceipt),
  proofCommitment: Hash32,
});
export type Receipt = ValueOf<typeof ReceiptType>;

/** What the block itself did outside transactions: outbox deliveries, settlement, validator changes, evidence. */
export const SystemReceiptType = new ContainerType({
  kind: U16,
  height: Height,
  index: U32,
  data: Bytes(LIMITS.maxEventBytes),
});
export type SystemReceipt = ValueOf<typeof SystemReceiptType>;

/** All receipts of one block: five lists in ledger order, then what the block itself did. */
export const BlockReceiptsType = new ContainerType({
  sections: new ListCompositeType(
    new ListCompositeType(ReceiptType, LIMITS.maxTransactionsPerSection),
    LEDGERS.length,
  ),
  system: new ListCompositeType(SystemReceiptType, LIMITS.maxSystemReceiptsPerBlock),
});
export type BlockReceipts = ValueOf<typeof BlockReceiptsType>;

/** Receipts are never changed: the root of a section and what a block writes to disk need the same bytes. */
const encodings = new WeakMap<Receipt, Uint8Array>();

export function encodeReceipt(receipt: Receipt): Uint8Array {
  let bytes = encodings.get(receipt);
  if (bytes === undefined) {
    bytes = encode(ReceiptType, receipt);
    encodings.set(receipt, bytes);
  }
  return bytes;
}

/** More than any receipt has. */
const MAX_RECEIPT_BYTES = 2 ** 20;

/** BlockReceiptsType with receipts that are encoded already: SSZ writes elements of variable size as they are. */
const EncodedBlockReceiptsType = new ContainerType({
  sections: new ListCompositeType(
    new ListCompositeType(Bytes(MAX_RECEIPT_BYTES), LIMITS.maxTransactionsPerSection),
    LEDGERS.length,
  ),
  system: new ListCompositeType(SystemReceiptType, LIMITS.maxSystemReceiptsPerBlock),
});

export function encodeBlockReceipts({ sections, system }: BlockReceipts): Uint8Array {
  return encode(EncodedBlockReceiptsType, {
    sections: sections.map((receipts) => receipts.map(encodeReceipt)),
    system,
  });
}

export function encodeSystemReceipt(receipt: SystemReceipt): Uint8Array {
  return encode(SystemReceiptType, receipt);
}

/** Root of one section's receipts, as it stands in the section. */
export function receiptListRoot(receipts: readonly Receipt[]): string {
  return toHex(merkleRoot(receipts.map(encodeReceipt)));
}

/** `receiptsRoot` of a header: RFC 6962 over the five sections' receipt roots and the root of the system receipts. */
export function receiptsRoot(sectionRoots: readonly string[], system: readonly SystemReceipt[]): string {
  const systemRoot = merkleRoot(system.map(encodeSystemReceipt));
  return toHex(merkleRoot([...sectionRoots.map(fromHex), systemRoot]));
}
