import { median } from '../arithmetic.ts';

const ROUNDS = 7;
/** The clock of the processor is only asked between so many calls: asking costs as much as a small call. */
const MAX_CALLS = 4_096;

/** Microseconds of processor time that this process has used on all its threads. */
export function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/**
 * Microseconds of processor time of one synchronous call: the middle one of several rounds of about equal length, so
 * that the compilation of the first calls falls out. Who else uses the machine does not count.
 */
export function cpuMicrosOf(roundMs: number, call: () => unknown): number {
  let calls = 1;
  let used = usedBy(calls, call);
  while (used < roundMs * 1000 && calls < MAX_CALLS) {
    calls *= 2;
    used = usedBy(calls, call);
  }
  const costs = Array.from({ length: ROUNDS }, () => usedBy(calls, call) / calls);
  return median(costs);
}

/**
 * How much more processor time one call takes than another, in microseconds: rounds of both alternate, because what a
 * call costs on a shared machine drifts by more than what the two differ in.
 */
export function extraMicrosOf(roundMs: number, call: () => unknown, without: () => unknown): number {
  let calls = 1;
  while (usedBy(calls, without) < roundMs * 1000 && calls < MAX_CALLS) calls *= 2;
  usedBy(calls, call);
  return median(Array.from({ length: ROUNDS }, () => (usedBy(calls, call) - usedBy(calls, without)) / calls));
}

function usedBy(calls: number, call: () => unknown): number {
  const begin = cpuMicros();
  for (let done = 0; done < calls; done++) call();
  return cpuMicros() - begin;
}
