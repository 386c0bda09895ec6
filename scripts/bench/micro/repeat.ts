import { median } from '../arithmetic.ts';

const ROUNDS = 7;

/**
 * Microseconds of one call: the middle one of several rounds of equal length, so that a pause of the machine, or the
 * compilation of the first calls, falls out.
 */
export async function microsOf(roundMs: number, call: () => unknown): Promise<number> {
  const costs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const beginMs = performance.now();
    let calls = 0;
    let elapsedMs = 0;
    do {
      const result = call();
      // Only what is asynchronous is awaited: an await of nothing would be measured, too.
      if (result instanceof Promise) await result;
      calls++;
      elapsedMs = performance.now() - beginMs;
    } while (elapsedMs < roundMs);
    costs.push((elapsedMs * 1000) / calls);
  }
  return median(costs);
}
