import type { ContainerLimits, DocklockStatus } from '../../types/operations/docklock.ts';
import type { Usage } from '../../types/step-receipt.ts';

/** What usage a container can have had at all: its limits × the time that passed, and one per cent for rounding. */

interface Bound {
  readonly status: DocklockStatus;
  readonly usage: keyof Usage;
  /** Greatest usage in `ms`, before the one per cent. */
  greatest(limits: ContainerLimits, ms: bigint): bigint;
}

const DAY_MS = 86_400_000n;
const MIB = 1_048_576n;

const BOUNDS: readonly Bound[] = [
  {
    status: 'IMPLAUSIBLE_CPU',
    usage: 'cpuMs',
    greatest: ({ cpuMilli }, ms) => (BigInt(cpuMilli) * ms) / 1000n,
  },
  {
    status: 'IMPLAUSIBLE_MEMORY',
    usage: 'memoryMbS',
    greatest: ({ memoryMib }, ms) => (BigInt(memoryMib) * MIB * ms) / (1_000_000n * 1000n),
  },
  {
    status: 'IMPLAUSIBLE_STORAGE',
    usage: 'storageMicroGbDay',
    greatest: ({ diskMib }, ms) => (BigInt(diskMib) * MIB * ms) / (1_000n * DAY_MS),
  },
];

/** The first bound that the usage of `ms` milliseconds breaks. */
export function findImplausible(
  usage: Usage,
  limits: ContainerLimits,
  hasNetwork: boolean,
  ms: number,
): DocklockStatus | undefined {
  for (const { status, usage: name, greatest } of BOUNDS)
    if (BigInt(usage[name]) * 100n > greatest(limits, BigInt(ms)) * 101n + 100n) return status;
  if ((!hasNetwork && usage.egressBytes > 0) || !Number.isSafeInteger(usage.egressBytes))
    return 'IMPLAUSIBLE_NETWORK';
  return undefined;
}
