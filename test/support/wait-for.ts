import { setTimeout as sleep } from 'node:timers/promises';

/** Long enough for a machine that is many times slower than it should be: a test waits for a condition, not for a time. */
export const WAIT_MS = 120_000;
const POLL_MS = 40;
/** A look that takes longer than this was held up: the rest does not count as waiting. */
const LONGEST_LOOK_MS = 2_000;

/** Polls until an answer is there; one that does not come fails the test with what it waited for. */
export async function waitFor<T>(
  what: string,
  find: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = WAIT_MS,
): Promise<T> {
  for (let waitedMs = 0; waitedMs < timeoutMs; ) {
    const beganMs = performance.now();
    const found = await find();
    if (found !== undefined && found !== false) return found;
    await sleep(POLL_MS);
    waitedMs += Math.min(performance.now() - beganMs, LONGEST_LOOK_MS);
  }
  throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
}
