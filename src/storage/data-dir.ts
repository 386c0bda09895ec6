import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { NodeError } from '../util/errors.ts';
import type { StorageErrorCode } from './errors.ts';
import { acquireFileLock, type FileLock } from './file-lock.ts';

/** Where everything stands in the directory of one node. */
export interface DataDirPaths {
  readonly root: string;
  readonly genesis: string;
  /** LevelDB; may be deleted, the node then syncs again. */
  readonly database: string;
  readonly keys: string;
  /** Key of the libp2p peer id. */
  readonly nodeKey: string;
  /** Signs votes; its file names the validator's id. */
  readonly validatorKey: string;
  readonly vrfKey: string;
  /** The account behind the validator id, if the node made it. */
  readonly accountKey: string;
  /** Stands there while keys that were made ahead of their genesis have no vote journal yet. */
  readonly unusedKeys: string;
  /** Must stay with the validator key: without it the validator does not sign. */
  readonly journal: string;
  /** Who connected, left or was refused, and why. */
  readonly peerHistory: string;
  /** Peers that must not connect. */
  readonly bannedPeers: string;
  /** Token of the admin methods of the RPC. */
  readonly adminToken: string;
  /** Hashes of the tokens that its owner made for others. */
  readonly tokens: string;
  /** What the running node was asked to write: snapshots, exported blocks, profiles and dumps of its memory. */
  readonly snapshots: string;
  readonly exports: string;
  readonly diagnostics: string;
}

export function dataDirPaths(root: string): DataDirPaths {
  const keys = join(root, 'keys');
  return {
    root,
    genesis: join(root, 'genesis.json'),
    database: join(root, 'db'),
    keys,
    nodeKey: join(keys, 'node.json'),
    validatorKey: join(keys, 'validator.json'),
    vrfKey: join(keys, 'vrf.json'),
    accountKey: join(keys, 'account.json'),
    unusedKeys: join(keys, 'unused'),
    journal: join(root, 'votes.journal'),
    peerHistory: join(root, 'peer-history.json'),
    bannedPeers: join(root, 'banned-peers.json'),
    adminToken: join(root, 'admin.token'),
    tokens: join(root, 'tokens.json'),
    snapshots: join(root, 'snapshots'),
    exports: join(root, 'exports'),
    diagnostics: join(root, 'diagnostics'),
  };
}

/**
 * Creates the directory if need be, readable by its owner only, and takes it for this process.
 * @throws NodeError DATA_DIR_LOCKED
 */
export function lockDataDir(root: string): FileLock {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const result = acquireFileLock(join(root, 'lock'));
  if ('lock' in result) return result.lock;
  throw new NodeError<StorageErrorCode>('DATA_DIR_LOCKED', `process ${result.holder} uses ${root}`, {
    data: { root, pid: result.holder },
    hint: 'stop that node, or give this one a --data-dir of its own',
  });
}
