import { readFileSync } from 'node:fs';
import { sum } from './arithmetic.ts';

/** What a process has used so far (proc(5)). */
export interface ProcessUsage {
  readonly cpuSeconds: number;
  readonly rssMiB: number;
}

/** Fields 14 and 15 of /proc/<pid>/stat, user and system time, counted after the command name. */
const USER_TIME_AFTER_NAME = 11;
const SYSTEM_TIME_AFTER_NAME = 12;
/** USER_HZ, which Linux fixes for all that it tells user space. */
const TICKS_PER_SECOND = 100;

/** Both numbers out of the texts of `stat` and `status`. */
export function parseUsage(stat: string, status: string): ProcessUsage {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[USER_TIME_AFTER_NAME]) + Number(fields[SYSTEM_TIME_AFTER_NAME]);
  const rssKiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  return { cpuSeconds: ticks / TICKS_PER_SECOND, rssMiB: rssKiB / 1024 };
}

/** @throws Error if there is no such process, or no /proc */
export function usageOf(pid: number): ProcessUsage {
  return parseUsage(
    readFileSync(`/proc/${pid}/stat`, 'latin1'),
    readFileSync(`/proc/${pid}/status`, 'latin1'),
  );
}

/** Several processes at one moment. */
export interface UsageSample {
  readonly atMs: number;
  readonly cpuSeconds: number;
  readonly rssMiB: readonly number[];
}

export function sampleUsage(pids: readonly number[]): UsageSample {
  const usages = pids.map(usageOf);
  return {
    atMs: performance.now(),
    cpuSeconds: sum(usages.map(({ cpuSeconds }) => cpuSeconds)),
    rssMiB: usages.map(({ rssMiB }) => rssMiB),
  };
}

/** How many cores were busy between two samples of the same processes. */
export function coresBetween(begin: UsageSample, end: UsageSample): number {
  return ((end.cpuSeconds - begin.cpuSeconds) * 1000) / (end.atMs - begin.atMs);
}
