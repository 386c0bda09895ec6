import type { Chain } from '../../chain/chain.ts';
import { openChain } from '../../chain/open-chain.ts';
import { CachedVerifier } from '../../crypto/cached-verifier.ts';
import type { BlockStore } from '../../storage/block-store.ts';
import { decodeCertified, takeUp } from '../../sync/certified-blocks.ts';
import { CertificateType } from '../../types/certificate.ts';
import { CertifiedBlockBytesType } from '../../types/network.ts';
import { BLOCKS_VERSION, type ExportHead, ExportHeadType } from '../../types/snapshot.ts';
import { decode, encode } from '../../types/ssz.ts';
import type { Hash } from '../../types/ssz-bytes.ts';
import { systemClock } from '../../util/clock.ts';
import { NodeError } from '../../util/errors.ts';
import { LIMITS } from '../../util/limits.ts';
import type { Logger } from '../../util/logger.ts';
import { withDataDir, withStore } from './data-dir-access.ts';
import { readRecordFile, writeRecordFile } from './record-file.ts';

export type BlocksFileErrorCode =
  /** The node has no such blocks. */
  | 'NO_BLOCKS'
  | 'BLOCKS_VERSION'
  | 'GENESIS_MISMATCH'
  /** The file begins above the head of the node. */
  | 'BLOCKS_MISSING'
  /** A block of the file is not the one that this node has at its height. */
  | 'WRONG_BLOCK';

export interface ExportedRange {
  readonly fromHeight: number;
  readonly toHeight: number;
}

/**
 * Writes blocks with their certificates to a file; by default all that the node has.
 * @throws NodeError NO_BLOCKS, of withDataDir, withStore and writeRecordFile
 */
export async function exportBlocks(
  dataDir: string,
  path: string,
  range: Partial<ExportedRange> = {},
): Promise<ExportedRange> {
  return await withDataDir(dataDir, (directory) =>
    withStore(directory, async (store) => {
      const blocks = exportedRange(store, range);
      await writeBlocks(store, directory.genesisHash, path, blocks);
      return blocks;
    }),
  );
}

/** Which blocks are meant: those of the store where a bound is not given. @throws NodeError NO_BLOCKS */
export function exportedRange(store: BlockStore, range: Partial<ExportedRange>): ExportedRange {
  const lowest = store.lowestHeight();
  const highest = store.head()?.height ?? 0;
  const { fromHeight = lowest, toHeight = highest } = range;
  if (fromHeight < lowest || toHeight > highest || fromHeight > toHeight)
    throw new NodeError<BlocksFileErrorCode>(
      'NO_BLOCKS',
      `no blocks from ${fromHeight} to ${toHeight} here`,
      {
        data: { fromHeight, toHeight, lowest, highest },
        hint: highest < lowest ? 'this node has no blocks' : `it has those from ${lowest} to ${highest}`,
      },
    );
  return { fromHeight, toHeight };
}

/**
 * Writes blocks of a store; others may be committed meanwhile. `signal` ends it before the next block, without a file.
 * @throws NodeError NO_BLOCKS and of writeRecordFile; the reason of the signal
 */
export async function writeBlocks(
  store: BlockStore,
  genesisHash: Hash,
  path: string,
  range: ExportedRange,
  signal?: AbortSignal,
): Promise<void> {
  await writeRecordFile(
    path,
    'blocks',
    blockRecords(store, { version: BLOCKS_VERSION, genesisHash, ...range }, signal),
  );
}

function* blockRecords(store: BlockStore, head: ExportHead, signal?: AbortSignal): Generator<Uint8Array> {
  yield encode(ExportHeadType, head);
  for (let height = head.fromHeight; height <= head.toHeight; height++) {
    signal?.throwIfAborted();
    const block = store.loadBlockBytes(height);
    const certificate = store.loadCertificate(height);
    if (block === undefined || certificate === undefined)
      throw new NodeError<BlocksFileErrorCode>('NO_BLOCKS', `block ${height} is not here`, {
        data: { height },
      });
    yield encode(CertifiedBlockBytesType, { block, certificate: encode(CertificateType, certificate) });
  }
}

/**
 * Adds the blocks of a file to those of a node: each certificate is checked under the validators of its height, each
 * block executed and compared, as if it had come from a peer. What was added before a failure stays.
 * @throws NodeError BLOCKS_VERSION, GENESIS_MISMATCH, BLOCKS_MISSING, WRONG_BLOCK, BAD_CERTIFICATE, BAD_BLOCK,
 *   INVALID_COMMITTED_BLOCK, MALFORMED_BYTES, of withDataDir, withStore and readRecordFile
 */
export async function importBlocks(
  dataDir: string,
  path: string,
  logger: Logger,
  onBlock: (height: number, toHeight: number) => void = () => {},
): Promise<{ readonly imported: number; readonly height: number }> {
  return await withDataDir(dataDir, (directory) =>
    withStore(directory, async (store) => {
      const { genesis, genesisHash } = directory;
      const verifier = new CachedVerifier(LIMITS.maxVerifiedSignatures);
      const { chain } = await openChain({
        genesis,
        store,
        verifier,
        clock: systemClock,
        logger,
        onExecutable: () => {},
      });
      const before = chain.head.height;
      let head: ExportHead | undefined;
      for await (const record of readRecordFile(path, 'blocks'))
        if (head === undefined) head = checkedHead(record, genesisHash, before);
        else {
          await addBlock(chain, record);
          onBlock(chain.head.height, head.toHeight);
        }
      return { imported: chain.head.height - before, height: chain.head.height };
    }),
  );
}

function checkedHead(record: Uint8Array, genesisHash: Hash, height: number): ExportHead {
  const head = decode(ExportHeadType, record, 'head of a file of blocks');
  if (head.version !== BLOCKS_VERSION)
    throw new NodeError<BlocksFileErrorCode>(
      'BLOCKS_VERSION',
      'another version of Metanode wrote these blocks',
      {
        data: { found: head.version, expected: BLOCKS_VERSION },
      },
    );
  if (head.genesisHash !== genesisHash)
    throw new NodeError<BlocksFileErrorCode>('GENESIS_MISMATCH', 'the blocks are of another chain', {
      data: { expected: genesisHash, found: head.genesisHash },
      hint: 'use the data directory of a node of that chain',
    });
  if (head.fromHeight > height + 1)
    throw new NodeError<BlocksFileErrorCode>('BLOCKS_MISSING', `the file begins at ${head.fromHeight}`, {
      data: { fromHeight: head.fromHeight, head: height },
      hint: `import the blocks from ${height + 1} on first`,
    });
  return head;
}

async function addBlock(chain: Chain, record: Uint8Array): Promise<void> {
  const block = decodeCertified(decode(CertifiedBlockBytesType, record, 'block of a file'));
  const { height } = block.complete.block.header;
  if (height > chain.head.height) {
    if (await takeUp(chain, block)) await chain.commit(block.complete, block.certificate);
    return;
  }
  const own = chain.history.store.hashAt(height);
  if (own !== undefined && own !== block.complete.hash)
    throw new NodeError<BlocksFileErrorCode>(
      'WRONG_BLOCK',
      `the file has another block ${height} than this node`,
      {
        data: { height, own, found: block.complete.hash },
      },
    );
}
