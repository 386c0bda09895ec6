import { RESOURCE_NAMES, type Resources } from '../../types/cluster-state.ts';

/** Arithmetic on resources. Sums stay below 2^53: a u32 times the bounds of the cluster. */

export const NOTHING: Resources = { cpuMilli: 0, memoryMib: 0, diskMib: 0 };

export function plus(a: Resources, b: Resources): Resources {
  return {
    cpuMilli: a.cpuMilli + b.cpuMilli,
    memoryMib: a.memoryMib + b.memoryMib,
    diskMib: a.diskMib + b.diskMib,
  };
}

export function minus(a: Resources, b: Resources): Resources {
  return {
    cpuMilli: a.cpuMilli - b.cpuMilli,
    memoryMib: a.memoryMib - b.memoryMib,
    diskMib: a.diskMib - b.diskMib,
  };
}

/** Whether `part` is nowhere more than `whole`. */
export function isWithin(part: Resources, whole: Resources): boolean {
  return RESOURCE_NAMES.every((name) => part[name] <= whole[name]);
}

/** The largest share of a resource, in millionths, rounded down: dominant resource fairness (Ghodsi et al.). */
export function dominantSharePpm(part: Resources, whole: Resources): number {
  let largest = 0;
  for (const name of RESOURCE_NAMES) {
    if (whole[name] === 0) continue;
    const share = Number((BigInt(part[name]) * 1_000_000n) / BigInt(whole[name]));
    if (share > largest) largest = share;
  }
  return largest;
}
