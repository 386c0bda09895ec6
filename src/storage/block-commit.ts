import { BlockHeaderType } from '../types/block.ts';
import { type Certificate, CertificateType } from '../types/certificate.ts';
import { type BlockProofItems, BlockProofItemsType } from '../types/proof-items.ts';
import { type BlockReceipts, encodeBlockReceipts } from '../types/receipt.ts';
import { encode } from '../types/ssz.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import type { StateChange } from '../types/state-leaf.ts';
import { type Validator, ValidatorListType } from '../types/validator.ts';
import type { StoredBill } from './bill-index.ts';
import type { BatchOperation } from './key-value.ts';
import { type HeightKind, hashKey, heightKey, leafKey, uint64 } from './keys.ts';
import { encodePlace } from './transaction-place.ts';

/** A header has a fixed size, so the bytes of a block are header ‖ rest, and each part is stored once. */
const HEADER_BYTES = BlockHeaderType.fixedSize as number;

/** All that one block changes on disk. */
export interface BlockCommit {
  readonly height: number;
  readonly hash: Hash;
  /** The encoding of the block. */
  readonly bytes: Uint8Array;
  readonly receipts: BlockReceipts;
  readonly proofItems: BlockProofItems;
  /** Its charges, if it has any. */
  readonly bill?: StoredBill;
  readonly certificate: Certificate;
  readonly stateChanges: Iterable<StateChange>;
  /** V(height + 1), where it is not V(height): a step of every finality proof of a later block. */
  readonly nextValidators?: readonly Validator[];
}

/** What writes the block itself, its place in the index, its transactions' places and the state after it. */
export function blockOperations(commit: BlockCommit): BatchOperation[] {
  const { height, hash, bytes } = commit;
  const put = (kind: HeightKind, value: Uint8Array): BatchOperation => ({
    type: 'put',
    key: heightKey(kind, height),
    value,
  });
  const operations: BatchOperation[] = [
    put('header', bytes.subarray(0, HEADER_BYTES)),
    put('body', bytes.subarray(HEADER_BYTES)),
    put('receipts', encodeBlockReceipts(commit.receipts)),
    put('proofItems', encode(BlockProofItemsType, commit.proofItems)),
    put('certificate', encode(CertificateType, commit.certificate)),
    { type: 'put', key: hashKey('blockHash', hash), value: uint64(height) },
  ];
  if (commit.nextValidators !== undefined)
    operations.push(put('validators', encode(ValidatorListType, [...commit.nextValidators])));
  for (const section of commit.receipts.sections)
    for (const receipt of section)
      operations.push({
        type: 'put',
        key: hashKey('transaction', receipt.txId),
        value: encodePlace(receipt),
      });
  for (const change of commit.stateChanges) operations.push(leafOperation(change));
  return operations;
}

export function leafOperation({ subtree, path, value }: StateChange): BatchOperation {
  const key = leafKey(subtree, path);
  return value === undefined ? { type: 'del', key } : { type: 'put', key, value };
}
