import { isDeepStrictEqual } from 'node:util';
import type { WorkersPort, WorkerView } from './ports/miner.ts';

/**
 * Tells which workers changed, and what they are now. What happens within one turn of the event loop is told at once,
 * so that a burst costs one look, and nothing is kept but the last look. Returns the way to stop it.
 */
export function watchWorkers(
  workers: WorkersPort | undefined,
  tell: (changed: readonly WorkerView[]) => void,
): () => void {
  if (workers === undefined) return () => {};
  let known = workers.views();
  let due: NodeJS.Immediate | undefined;
  const look = () => {
    due = undefined;
    const views = workers.views();
    const changed = views.filter((view, i) => !isDeepStrictEqual(view, known[i]));
    known = views;
    if (changed.length > 0) tell(changed);
  };
  const stop = workers.onChange(() => {
    due ??= setImmediate(look);
  });
  return () => {
    stop();
    clearImmediate(due);
  };
}
