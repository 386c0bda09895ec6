import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type DataDirPaths, dataDirPaths } from '../storage/data-dir.ts';
import { hashGenesis } from '../types/genesis.ts';
import { errorMessage } from '../util/errors.ts';
import { loadGenesisFile } from './genesis-file.ts';

/** What can be said of a data directory without taking it, while a node runs in it or not. */
export interface DataDirFacts {
  /** Of its genesis, without 0x; undefined if it is not valid, and then `genesisFault` says why. */
  readonly genesisHash: string | undefined;
  readonly genesisFault: string | undefined;
  readonly keyFiles: number;
  /** Files with secrets that others on this machine can read. */
  readonly exposedFiles: readonly string[];
  /** Of a validator; `unused` are keys that have no genesis yet. */
  readonly journal: 'present' | 'missing' | 'unused' | 'none needed';
  readonly journalPath: string;
}

/** Where a node keeps what nobody else may see. */
export function secretFilesOf(dataDir: string): { readonly keys: string; readonly adminToken: string } {
  const { keys, adminToken } = dataDirPaths(dataDir);
  return { keys, adminToken };
}

const OTHERS = 0o077;
const statOf = (path: string) => stat(path).catch(() => undefined);

/** Undefined if there is no node in this directory. */
export async function examineDataDir(dataDir: string): Promise<DataDirFacts | undefined> {
  const paths = dataDirPaths(dataDir);
  if ((await statOf(paths.genesis)) === undefined) return undefined;
  const genesis = await loadGenesisFile(paths.genesis)
    .then(hashGenesis)
    .then(
      (genesisHash) => ({ genesisHash, genesisFault: undefined }),
      (error: unknown) => ({ genesisHash: undefined, genesisFault: errorMessage(error) }),
    );
  const names = await readdir(paths.keys).catch(() => []);
  const secrets = [...names.map((name) => join(paths.keys, name)), paths.adminToken];
  const modes = await Promise.all(secrets.map(async (path) => (await statOf(path))?.mode ?? 0));
  return {
    ...genesis,
    keyFiles: names.length,
    exposedFiles: secrets.filter((_, index) => ((modes[index] ?? 0) & OTHERS) !== 0),
    journal: await journalState(paths),
    journalPath: paths.journal,
  };
}

async function journalState({
  validatorKey,
  journal,
  unusedKeys,
}: DataDirPaths): Promise<DataDirFacts['journal']> {
  if ((await statOf(validatorKey)) === undefined) return 'none needed';
  if ((await statOf(journal)) !== undefined) return 'present';
  return (await statOf(unusedKeys)) === undefined ? 'missing' : 'unused';
}
