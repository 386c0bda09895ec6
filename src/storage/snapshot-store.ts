import { type BlockHeader, BlockHeaderType, hashHeader } from '../types/block.ts';
import { type Certificate, CertificateType } from '../types/certificate.ts';
import { encode } from '../types/ssz.ts';
import type { StateLeaf } from '../types/state-leaf.ts';
import { type Validator, ValidatorListType } from '../types/validator.ts';
import { concatBytes, fromHex } from '../util/bytes.ts';
import type { BatchOperation, KeyValueStore } from './key-value.ts';
import { hashKey, heightKey, leafKey, metaKey, uint64 } from './keys.ts';

/** A header that is final, and V(height + 1) where it is another set than V(height). */
export interface KeptHeader {
  readonly header: BlockHeader;
  readonly certificate: Certificate;
  readonly nextValidators?: readonly Validator[];
}

/** Adds leaves of the state to a store that has no head yet. Durable with `writeRestoredHead`. */
export async function writeRestoredLeaves(store: KeyValueStore, leaves: readonly StateLeaf[]): Promise<void> {
  await store.batch(
    leaves.map(({ subtree, path, value }) => ({ type: 'put', key: leafKey(subtree, path), value })),
    { sync: false },
  );
}

/**
 * Makes the last of these headers the head, in one synced batch: from here on the store is that of a node which has
 * the state of that block, and of the blocks up to it only the headers that proofs walk over.
 */
export async function writeRestoredHead(store: KeyValueStore, headers: readonly KeptHeader[]): Promise<void> {
  const last = headers.at(-1) as KeptHeader;
  const head = uint64(last.header.height);
  const hash = fromHex(hashHeader(last.header));
  await store.batch(
    [
      ...headers.flatMap(headerOperations),
      { type: 'put', key: metaKey('base'), value: head },
      { type: 'put', key: metaKey('head'), value: concatBytes(head, hash) },
    ],
    { sync: true },
  );
}

function headerOperations({ header, certificate, nextValidators }: KeptHeader): BatchOperation[] {
  const { height } = header;
  const put = (key: Uint8Array, value: Uint8Array): BatchOperation => ({ type: 'put', key, value });
  return [
    put(heightKey('header', height), encode(BlockHeaderType, header)),
    put(heightKey('certificate', height), encode(CertificateType, certificate)),
    put(hashKey('blockHash', hashHeader(header)), uint64(height)),
    ...(nextValidators === undefined
      ? []
      : [put(heightKey('validators', height), encode(ValidatorListType, [...nextValidators]))]),
  ];
}
