import { BlockStore } from '../../storage/block-store.ts';
import { type DataDirPaths, dataDirPaths, lockDataDir } from '../../storage/data-dir.ts';
import { LevelStore } from '../../storage/level-store.ts';
import { type Genesis, hashGenesis } from '../../types/genesis.ts';
import type { Hash } from '../../types/ssz-bytes.ts';
import { loadGenesisFile } from '../genesis-file.ts';

/** The data directory of a node that does not run, for as long as `use` takes. */
export interface LockedDataDir {
  readonly paths: DataDirPaths;
  readonly genesis: Genesis;
  readonly genesisHash: Hash;
}

/** @throws NodeError DATA_DIR_LOCKED, GENESIS_FILE_UNREADABLE, or of validateGenesis */
export async function withDataDir<T>(
  dataDir: string,
  use: (directory: LockedDataDir) => Promise<T>,
): Promise<T> {
  const paths = dataDirPaths(dataDir);
  const genesis = await loadGenesisFile(paths.genesis);
  const lock = lockDataDir(dataDir);
  try {
    return await use({ paths, genesis, genesisHash: hashGenesis(genesis) });
  } finally {
    lock.release();
  }
}

/** @throws NodeError of LevelStore.open and BlockStore.open */
export async function withStore<T>(
  { paths, genesisHash }: LockedDataDir,
  use: (store: BlockStore) => Promise<T>,
): Promise<T> {
  const store = await BlockStore.open(await LevelStore.open(paths.database), genesisHash);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
