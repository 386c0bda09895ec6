import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseStatsView } from '../../rpc/ports/upkeep.ts';
import type { BlockStore } from '../../storage/block-store.ts';
import type { DataDirPaths } from '../../storage/data-dir.ts';
import { freeDiskBytes } from '../process-usage.ts';

/** What the database of a running node takes; nothing of it is read but its index. */
export async function databaseStats(store: BlockStore, paths: DataDirPaths): Promise<DatabaseStatsView> {
  const names = await readdir(paths.database);
  const sizes = new Map<string, number>();
  for (const name of names) sizes.set(name, await sizeOf(join(paths.database, name)));
  const sumOf = (suffix: string) =>
    [...sizes].reduce((sum, [name, bytes]) => sum + (name.endsWith(suffix) ? bytes : 0), 0);
  return {
    kinds: await store.sizes(),
    files: names.length,
    bytes: sumOf(''),
    logBytes: sumOf('.log'),
    journalBytes: await sizeOf(paths.journal),
    freeDiskBytes: freeDiskBytes(paths.root),
  };
}

/** 0 for a file that is not there: the database replaces its files while it works. */
async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
