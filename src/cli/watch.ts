import { setTimeout as sleep } from 'node:timers/promises';
import type { CliContext } from './context.ts';

const WATCH_INTERVAL_MS = 1_000;
const CLEAR_SCREEN = '\u001b[H\u001b[J';

/**
 * Asks every second until Ctrl-C and shows each answer, on a terminal always at its top. A node that does not answer
 * is part of what is watched, so it does not end the watch.
 */
export async function watch<Answer extends object>(
  { process: { stdout }, global, output }: CliContext,
  ask: () => Promise<Answer>,
  textOf: (answer: Answer) => string,
): Promise<void> {
  const { errorMessage } = await import('../util/errors.ts');
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal);
  try {
    while (!stop.signal.aborted) {
      const answer = await ask().catch((error: unknown) => errorMessage(error));
      if (stop.signal.aborted) return;
      if (stdout.isTTY === true && global.json !== true) stdout.write(CLEAR_SCREEN);
      if (typeof answer === 'string') output.error(answer, undefined);
      else output.result(answer, textOf(answer));
      await sleep(WATCH_INTERVAL_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  } finally {
    process.off('SIGINT', onSignal);
  }
}
