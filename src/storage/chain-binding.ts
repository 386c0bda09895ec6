import type { Hash } from '../types/ssz-bytes.ts';
import { equalBytes, fromHex, toHex } from '../util/bytes.ts';
import { NodeError } from '../util/errors.ts';
import type { StorageErrorCode } from './errors.ts';
import type { KeyValueStore } from './key-value.ts';
import { metaKey, uint64 } from './keys.ts';

/** Raised by one whenever the layout or a schema on disk changes. */
export const STORE_VERSION = 2;

/**
 * Binds an empty store to this version and this chain for good; of any other it only checks that it is.
 * @throws NodeError STORE_VERSION, GENESIS_MISMATCH
 */
export async function bindToChain(store: KeyValueStore, genesisHash: Hash): Promise<void> {
  const version = store.getSync(metaKey('version'));
  const genesis = store.getSync(metaKey('genesis'));
  if (version === undefined || genesis === undefined) {
    await store.batch(
      [
        { type: 'put', key: metaKey('version'), value: uint64(STORE_VERSION) },
        { type: 'put', key: metaKey('genesis'), value: fromHex(genesisHash) },
      ],
      { sync: true },
    );
    return;
  }
  if (!equalBytes(version, uint64(STORE_VERSION)))
    throw new NodeError<StorageErrorCode>(
      'STORE_VERSION',
      'the database was written by another version of Metanode',
      {
        data: { stored: toHex(version), expected: STORE_VERSION },
        hint: 'start the version that wrote it, or let this one sync into an empty data directory',
      },
    );
  if (toHex(genesis) !== genesisHash)
    throw new NodeError<StorageErrorCode>('GENESIS_MISMATCH', 'the database belongs to another chain', {
      data: { stored: toHex(genesis), expected: genesisHash },
      hint: 'use the genesis file of that chain, or another --data-dir',
    });
}
