import { StateLoader } from '../../ledger/state/state.ts';
import { currentValidators } from '../../ledger/system/validator-sets.ts';
import type { BlockStore } from '../../storage/block-store.ts';
import type { KeptHeader } from '../../storage/snapshot-store.ts';
import { type BlockHeader, hashHeader } from '../../types/block.ts';
import type { Certificate } from '../../types/certificate.ts';
import { CheckFailure, checkFinality } from '../../types/check-finality.ts';
import { changesValidators } from '../../types/finality-proof.ts';
import { type Genesis, hashGenesis } from '../../types/genesis.ts';
import { SUBTREES } from '../../types/names.ts';
import {
  SNAPSHOT_VERSION,
  type SnapshotHead,
  SnapshotHeadType,
  SnapshotPageType,
} from '../../types/snapshot.ts';
import { decode, encode } from '../../types/ssz.ts';
import type { Hash } from '../../types/ssz-bytes.ts';
import type { StateLeaf } from '../../types/state-leaf.ts';
import { compareBytes, utf8 } from '../../util/bytes.ts';
import { NodeError } from '../../util/errors.ts';
import { LIMITS } from '../../util/limits.ts';
import { readRecordFile, writeRecordFile } from './record-file.ts';

export type SnapshotErrorCode =
  /** The node has committed no block yet. */
  | 'NO_BLOCKS'
  | 'GENESIS_MISMATCH'
  | 'SNAPSHOT_VERSION'
  /** `data.check` says which check failed. */
  | 'SNAPSHOT_INVALID';

export interface SnapshotFacts {
  readonly height: number;
  readonly blockHash: Hash;
  readonly stateRoot: Hash;
  readonly leaves: number;
}

/** A snapshot that was read to its end and is true, as far as its chain's validators were. */
export interface CheckedSnapshot extends SnapshotFacts {
  /** Where proofs walk over a change of the validators, and last the block of the snapshot. */
  readonly headers: readonly KeptHeader[];
}

/** Room for what a page and its leaves need beside their bytes. */
const PAGE_BYTES = LIMITS.maxRecordBytes / 8;

/**
 * Writes the state at the head of a store, with what shows that its block is final; blocks may be committed meanwhile.
 * @throws NodeError NO_BLOCKS, FILE_EXISTS, FILE_UNWRITABLE, STORE_CORRUPT
 */
export async function writeSnapshot(
  store: BlockStore,
  genesisHash: Hash,
  path: string,
): Promise<SnapshotFacts> {
  const { head: stored, leaves: pages } = await store.loadHeadState();
  const { height, hash } = stored ?? { height: 0, hash: genesisHash };
  const header = store.loadHeader(height);
  const certificate = store.loadCertificate(height);
  if (header === undefined || certificate === undefined) {
    await pages.return(undefined);
    throw new NodeError<SnapshotErrorCode>(
      'NO_BLOCKS',
      'this node has no block yet: genesis says all that it knows',
      {
        hint: 'make the snapshot when the chain has begun',
      },
    );
  }
  const head = {
    version: SNAPSHOT_VERSION,
    genesisHash,
    header,
    certificate,
    links: await linksBelow(store, height),
  };
  let leaves = 0;
  async function* records() {
    yield encode(SnapshotHeadType, head);
    for await (const page of pagesOf(pages)) {
      leaves += page.length;
      yield encode(SnapshotPageType, page);
    }
  }
  await writeRecordFile(path, 'snapshot', records());
  return { height, blockHash: hash, stateRoot: header.stateRoot, leaves };
}

async function linksBelow(store: BlockStore, below: number): Promise<SnapshotHead['links']> {
  const links: SnapshotHead['links'] = [];
  for (const { height, validators } of await store.loadValidatorChanges()) {
    const header = store.loadHeader(height);
    const certificate = store.loadCertificate(height);
    if (height < below && header !== undefined && certificate !== undefined)
      links.push({ header, certificate, validators });
  }
  return links;
}

/** The leaves in the order of their keys, in pages of bounded size. */
async function* pagesOf(read: AsyncIterable<readonly StateLeaf[]>): AsyncGenerator<StateLeaf[]> {
  let page: StateLeaf[] = [];
  let bytes = 0;
  for await (const leaves of read)
    for (const leaf of leaves) {
      const size = leaf.path.length + leaf.value.length;
      if (page.length === LIMITS.maxLeavesPerRecord || (page.length > 0 && bytes + size > PAGE_BYTES)) {
        yield page;
        page = [];
        bytes = 0;
      }
      page.push(leaf);
      bytes += size;
    }
  if (page.length > 0) yield page;
}

/**
 * Reads a snapshot and checks everything in it: that its block is final by the validators of this genesis, and that its
 * leaves make the state root of that block. `onPage` gets them before that is known. One page is in memory at a
 * time, beside the tree of the state, which every node holds.
 * @throws NodeError of readRecordFile, SNAPSHOT_VERSION, GENESIS_MISMATCH, SNAPSHOT_INVALID, MALFORMED_BYTES
 */
export async function readSnapshot(
  path: string,
  genesis: Genesis,
  onPage: (leaves: readonly StateLeaf[]) => Promise<void> = async () => {},
): Promise<CheckedSnapshot> {
  const loader = new StateLoader();
  let head: SnapshotHead | undefined;
  let last: StateLeaf | undefined;
  let leaves = 0;
  for await (const record of readRecordFile(path, 'snapshot')) {
    if (head === undefined) {
      head = checkedHead(record, genesis);
      continue;
    }
    const page = decode(SnapshotPageType, record, 'snapshot page');
    for (const leaf of page) {
      if (last !== undefined && !isAfter(leaf, last)) throw invalid('ORDER', 'its leaves are not in order');
      loader.add(leaf);
      last = leaf;
    }
    leaves += page.length;
    await onPage(page);
  }
  if (head === undefined) throw invalid('FORM', 'it has no head');
  const { header } = head;
  const state = loader.finish();
  if (state.stateRoot() !== header.stateRoot)
    throw invalid('STATE_ROOT', 'its leaves are not the state of its block', {
      expected: header.stateRoot,
      found: state.stateRoot(),
    });
  return {
    height: header.height,
    blockHash: hashHeader(header),
    stateRoot: header.stateRoot,
    leaves,
    headers: [
      ...head.links.map(({ validators, ...link }) => ({ ...link, nextValidators: validators })),
      lastHeader(header, head.certificate, currentValidators(state.reader('system')).members),
    ],
  };
}

/** The state of a block holds V(height + 1). */
function lastHeader(
  header: BlockHeader,
  certificate: Certificate,
  nextValidators: NonNullable<KeptHeader['nextValidators']>,
): KeptHeader {
  return changesValidators(header) ? { header, certificate, nextValidators } : { header, certificate };
}

function checkedHead(record: Uint8Array, genesis: Genesis): SnapshotHead {
  const head = decode(SnapshotHeadType, record, 'head of a snapshot');
  if (head.version !== SNAPSHOT_VERSION)
    throw new NodeError<SnapshotErrorCode>(
      'SNAPSHOT_VERSION',
      'another version of Metanode wrote this snapshot',
      {
        data: { found: head.version, expected: SNAPSHOT_VERSION },
      },
    );
  const genesisHash = hashGenesis(genesis);
  if (head.genesisHash !== genesisHash)
    throw new NodeError<SnapshotErrorCode>('GENESIS_MISMATCH', 'the snapshot is of another chain', {
      data: { expected: genesisHash, found: head.genesisHash },
      hint: 'use the genesis file of that chain',
    });
  const { header, certificate, links } = head;
  try {
    checkFinality({ header, certificate, links, anchor: [] }, genesis, genesisHash, undefined);
  } catch (error) {
    if (error instanceof CheckFailure) throw invalid(error.check, error.message);
    throw error;
  }
  return head;
}

function isAfter(leaf: StateLeaf, last: StateLeaf): boolean {
  const order = SUBTREES.indexOf(leaf.subtree) - SUBTREES.indexOf(last.subtree);
  return order === 0 ? compareBytes(utf8(leaf.path), utf8(last.path)) > 0 : order > 0;
}

function invalid(
  check: string,
  message: string,
  data: Record<string, unknown> = {},
): NodeError<SnapshotErrorCode> {
  return new NodeError<SnapshotErrorCode>('SNAPSHOT_INVALID', `the snapshot is not valid: ${message}`, {
    data: { check, ...data },
    hint: 'take a snapshot from somebody else',
  });
}
