import { type Command, InvalidArgumentError } from 'commander';
import type { ContainerLimits } from '../../types/operations/docklock.ts';
import { decimal, positive } from '../parse.ts';

export const DEFAULT_LIMITS: ContainerLimits = { cpuMilli: 1_000, memoryMib: 64, diskMib: 16, pids: 64 };

/** What a container may use, as options; those that were not given are missing. */
export interface LimitOptions {
  cpus?: number;
  memory?: number;
  disk?: number;
  pids?: number;
}

/** Below this the kernel refuses a quota. */
const LEAST_CPU_MILLI = 10;

/** Adds the options of a command that says what a container may use; `otherwise` is what holds without them. */
export function withLimitOptions(command: Command, otherwise: 'default' | 'unchanged'): Command {
  const { cpuMilli, memoryMib, diskMib, pids } = DEFAULT_LIMITS;
  const fallback = (value: string) => (otherwise === 'default' ? `default: ${value}` : 'default: unchanged');
  return command
    .option('--memory <size>', `memory, such as 64m or 1g (${fallback(`${memoryMib}m`)})`, mebibytes)
    .option('--cpus <count>', `cores, such as 0.5 (${fallback(String(cpuMilli / 1_000))})`, positive)
    .option('--pids <count>', `processes (${fallback(String(pids))})`, decimal)
    .option('--disk <size>', `size of /tmp, which is memory, too (${fallback(`${diskMib}m`)})`, mebibytes);
}

/** The limits that were given, and for the others those of `base`. */
export function limitsOf(options: LimitOptions, base: ContainerLimits = DEFAULT_LIMITS): ContainerLimits {
  const { cpus, memory, disk, pids } = options;
  return {
    cpuMilli: cpus === undefined ? base.cpuMilli : Math.max(LEAST_CPU_MILLI, Math.round(cpus * 1_000)),
    memoryMib: memory ?? base.memoryMib,
    diskMib: disk ?? base.diskMib,
    pids: pids ?? base.pids,
  };
}

const UNIT_MIB: Readonly<Record<string, number>> = { m: 1, g: 1_024 };

/** A size such as `64m` or `1g`, in mebibytes; a bare number is mebibytes. */
export function mebibytes(text: string): number {
  const match = /^(\d{1,9})([mg])?$/i.exec(text);
  if (match === null || Number(match[1]) === 0)
    throw new InvalidArgumentError('expected a size such as 64m or 1g');
  return Number(match[1]) * (UNIT_MIB[(match[2] ?? 'm').toLowerCase()] as number);
}
