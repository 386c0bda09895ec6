import { stat } from 'node:fs/promises';
import { memoryUsage } from 'node:process';
import { writeHeapSnapshot } from 'node:v8';
import type { Chain } from '../chain/chain.ts';
import type { SnapshotCheckView, UpkeepPort } from '../rpc/ports/upkeep.ts';
import type { DataDirPaths } from '../storage/data-dir.ts';
import type { Clock } from '../util/clock.ts';
import { NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import type { Logger } from '../util/logger.ts';
import { exportedRange, writeBlocks } from './backup/blocks.ts';
import { readSnapshot, writeSnapshot } from './backup/snapshot-file.ts';
import { CpuProfiler } from './upkeep/cpu-profiler.ts';
import { databaseStats } from './upkeep/database-stats.ts';
import { OperatorFiles } from './upkeep/operator-files.ts';

export type UpkeepErrorCode = 'FILE_WORK_RUNNING' | 'SNAPSHOT_TOO_LARGE';

export interface UpkeepParts {
  readonly chain: Chain;
  readonly paths: DataDirPaths;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Stops the node, but not within this call. */
  readonly shutdown: () => void;
  /** How much room a disk has; undefined where it cannot be asked. */
  readonly freeBytes?: (directory: string) => number | undefined;
}

export interface Upkeep {
  readonly port: UpkeepPort;
  close(): void;
}

const SNAPSHOT_SUFFIX = '.snapshot';
/** A profile of the longest time. */
const PROFILE_BYTES = 64 * 1024 * 1024;
/** V8 writes about twice what objects take. */
const HEAP_SNAPSHOT_FACTOR = 3;

/** Fills the port of what an operator has the running node do with its process and its files. */
export function createUpkeep({ chain, paths, clock, logger, shutdown, freeBytes }: UpkeepParts): Upkeep {
  const { store } = chain.history;
  const diagnostics = new OperatorFiles(paths.diagnostics, freeBytes);
  const snapshots = new OperatorFiles(paths.snapshots, freeBytes);
  const exports = new OperatorFiles(paths.exports, freeBytes);
  const profiler = new CpuProfiler(clock, logger);
  let running: string | undefined;
  const alone = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    if (running !== undefined)
      throw new NodeError<UpkeepErrorCode>('FILE_WORK_RUNNING', `the node is busy with ${running}`, {
        data: { running },
        hint: 'one file at a time: call again when it is done',
      });
    running = what;
    try {
      return await work();
    } finally {
      running = undefined;
    }
  };
  const stamp = () => new Date(clock.wallMs()).toISOString().replaceAll(/[:.]/g, '-');
  const stateBytes = async () => (await store.sizes()).find(({ kind }) => kind === 'leaf')?.bytes ?? 0;
  const sizeOf = async (path: string) => (await stat(path)).size;
  let profileFile = '';

  const port: UpkeepPort = {
    databaseStats: () => databaseStats(store, paths),
    shutdown,

    startProfile: (forMs) =>
      alone('the start of a profile', async () => {
        const name = `cpu-${stamp()}.cpuprofile`;
        const path = await diagnostics.pathFor(name, PROFILE_BYTES);
        const endsAtMs = await profiler.start(path, forMs);
        profileFile = diagnostics.fileOf(name);
        return { file: profileFile, endsAtMs };
      }),
    stopProfile: async () => {
      const { bytes } = await profiler.stop();
      return { file: profileFile, bytes };
    },

    writeHeapSnapshot: () =>
      alone('a dump of its memory', async () => {
        const name = `heap-${stamp()}.heapsnapshot`;
        const path = await diagnostics.pathFor(name, HEAP_SNAPSHOT_FACTOR * memoryUsage().heapUsed);
        writeHeapSnapshot(path);
        return { file: diagnostics.fileOf(name), bytes: await sizeOf(path) };
      }),

    exportChain: (range, signal) =>
      alone('an export of blocks', async () => {
        const blocks = exportedRange(store, range);
        const name = `${blocks.fromHeight}-${blocks.toHeight}.blocks`;
        const sizes = await store.sizes();
        const bytes = sizes.reduce((sum, one) => sum + (EXPORTED.has(one.kind) ? one.bytes : 0), 0);
        const path = await exports.pathFor(name, bytes);
        await writeBlocks(store, chain.genesisHash, path, blocks, signal);
        return { file: exports.fileOf(name), bytes: await sizeOf(path), ...blocks };
      }),

    snapshots: () => snapshots.list(SNAPSHOT_SUFFIX),
    createSnapshot: () =>
      alone('a snapshot', async () => {
        const name = `${stamp()}${SNAPSHOT_SUFFIX}`;
        const path = await snapshots.pathFor(name, await stateBytes());
        const facts = await writeSnapshot(store, chain.genesisHash, path);
        return { file: snapshots.fileOf(name), bytes: await sizeOf(path), ...facts };
      }),
    verifySnapshot: (file) =>
      alone('the check of a snapshot', async () => {
        const { path, bytes } = await snapshots.find(file, SNAPSHOT_SUFFIX);
        if (bytes > LIMITS.maxCheckedSnapshotBytes)
          throw new NodeError<UpkeepErrorCode>(
            'SNAPSHOT_TOO_LARGE',
            'to check this snapshot would take too much of the node',
            {
              data: { bytes, maxBytes: LIMITS.maxCheckedSnapshotBytes },
              hint: `metanode snapshot verify ${path} --genesis ${paths.genesis} does it without the node`,
            },
          );
        return await checkSnapshot(path, chain);
      }),
  };
  return { port, close: () => profiler.close() };
}

const EXPORTED: ReadonlySet<string> = new Set(['header', 'body', 'certificate']);

/** What is wrong with a file is what was asked for; anything else goes up. */
async function checkSnapshot(path: string, { genesis }: Chain): Promise<SnapshotCheckView> {
  try {
    const { headers: _headers, ...facts } = await readSnapshot(path, genesis);
    return { valid: true, ...facts };
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    return { valid: false, reason: error.code, message: error.message };
  }
}
