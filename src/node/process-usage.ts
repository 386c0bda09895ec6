import { statfsSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { UsageView } from '../rpc/ports/node.ts';

const MICROSECONDS = 1e6;

/** What the system and the engine count of this process anyway. */
export function processUsage(dataDir: string): UsageView {
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / MICROSECONDS,
    busySeconds: performance.eventLoopUtilization().active / 1000,
    heapBytes: process.memoryUsage().heapUsed,
    freeDiskBytes: freeDiskBytes(dataDir),
  };
}

/** What is left on the file system of a directory; undefined if that cannot be read. */
export function freeDiskBytes(directory: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return undefined; // a data directory that has gone is told of by everything else
  }
}
