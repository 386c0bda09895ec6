import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLoopView } from '../rpc/ports/node.ts';

const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;

/**
 * Watches the event loop for so long, or until the caller is gone. Nothing is measured while nobody asks. The delays
 * are what a timer of 10 ms waited beyond its time.
 */
export async function watchEventLoop(forMs: number, signal: AbortSignal): Promise<EventLoopView> {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const before = performance.eventLoopUtilization();
  const startedAtMs = performance.now();
  histogram.enable();
  await sleep(forMs, undefined, { signal }).catch(() => {});
  histogram.disable();
  const lag = (ns: number) => Math.max(0, Math.round((ns / NS_PER_MS - RESOLUTION_MS) * 10) / 10);
  return {
    watchedMs: Math.round(performance.now() - startedAtMs),
    utilization: performance.eventLoopUtilization(before).utilization,
    lagMs:
      histogram.count === 0
        ? undefined
        : { p50: lag(histogram.percentile(50)), p99: lag(histogram.percentile(99)), max: lag(histogram.max) },
  };
}
