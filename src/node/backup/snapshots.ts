import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { BlockStore } from '../../storage/block-store.ts';
import { fileSystem } from '../../storage/disk.ts';
import { LevelStore } from '../../storage/level-store.ts';
import { writeRestoredHead, writeRestoredLeaves } from '../../storage/snapshot-store.ts';
import { NodeError } from '../../util/errors.ts';
import { type LockedDataDir, withDataDir, withStore } from './data-dir-access.ts';
import { readSnapshot, type SnapshotFacts, writeSnapshot } from './snapshot-file.ts';

export type RestoreErrorCode = 'DATA_DIR_NOT_EMPTY';

/** @throws NodeError of withDataDir, withStore and writeSnapshot */
export async function createSnapshot(dataDir: string, path: string): Promise<SnapshotFacts> {
  return await withDataDir(dataDir, (directory) =>
    withStore(directory, (store) => writeSnapshot(store, directory.genesisHash, path)),
  );
}

/**
 * Gives a node that has no block yet the state of a snapshot, fully checked. The database is made beside the old one
 * and takes its place when it is complete; keys and vote journal stay as they are.
 * @throws NodeError DATA_DIR_NOT_EMPTY, of withDataDir and readSnapshot
 */
export async function restoreSnapshot(dataDir: string, path: string): Promise<SnapshotFacts> {
  return await withDataDir(dataDir, async (directory) => {
    await assertNoBlocks(directory);
    const { database, root } = directory.paths;
    const beside = `${database}.restoring`;
    await rm(beside, { recursive: true, force: true });
    try {
      const facts = await fillDatabase(beside, path, directory);
      // Between these two steps the directory has no database; the node would begin at genesis, as it did before.
      await rm(database, { recursive: true, force: true });
      await rename(beside, database);
      await fileSystem.syncDirectory(root);
      return facts;
    } finally {
      await rm(beside, { recursive: true, force: true });
    }
  });
}

async function assertNoBlocks(directory: LockedDataDir): Promise<void> {
  const { root, database } = directory.paths;
  if (!existsSync(database)) return;
  const height = await withStore(directory, async (store) => store.head()?.height ?? 0);
  if (height > 0)
    throw new NodeError<RestoreErrorCode>(
      'DATA_DIR_NOT_EMPTY',
      `the node in ${root} has blocks up to ${height}`,
      {
        data: { root, height },
        hint: 'restore into a directory that `metanode node init` has just made, or move its db folder away',
      },
    );
}

async function fillDatabase(
  database: string,
  path: string,
  { genesis, genesisHash }: LockedDataDir,
): Promise<SnapshotFacts> {
  const level = await LevelStore.open(database);
  const store = await BlockStore.open(level, genesisHash); // binds it to the chain
  try {
    const { headers, ...facts } = await readSnapshot(path, genesis, (page) =>
      writeRestoredLeaves(level, page),
    );
    await writeRestoredHead(level, headers);
    return facts;
  } finally {
    await store.close();
  }
}
