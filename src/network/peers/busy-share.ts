import { performance } from 'node:perf_hooks';
import type { Clock } from '../../util/clock.ts';

/** Over which the event loop is watched. */
const SAMPLE_MS = 2000;

/** How much of its time the event loop was busy over the last {@link SAMPLE_MS} or longer, between 0 and 1. */
export function measureBusyShare(clock: Clock): () => number {
  let sampledMs = clock.monotonicMs();
  let last = performance.eventLoopUtilization();
  let share = 1;
  return () => {
    const nowMs = clock.monotonicMs();
    if (nowMs - sampledMs < SAMPLE_MS) return share;
    const current = performance.eventLoopUtilization();
    share = performance.eventLoopUtilization(current, last).utilization;
    [sampledMs, last] = [nowMs, current];
    return share;
  };
}
