import { z } from 'zod';
import { method } from './method.ts';
import { dumpFields } from './results.ts';

/** Watching for longer needs a profiler. */
const MAX_WATCH_MS = 10_000;
const DEFAULT_WATCH_MS = 1_000;

export const debugMethods = {
  debug_eventLoop: method({
    scope: 'debug',
    summary:
      "Watches the node's event loop for so many milliseconds: how late timers were, and what part of the time it worked.",
    waits: true,
    params: z.strictObject({ forMs: z.int().min(100).max(MAX_WATCH_MS).default(DEFAULT_WATCH_MS) }),
    result: z.object({
      ...dumpFields,
      watchedMs: z.int().min(0),
      utilization: z.number().min(0).max(1),
      /** Null if the loop stood still all the time. */
      lagMs: z.object({ p50: z.number().min(0), p99: z.number().min(0), max: z.number().min(0) }).nullable(),
    }),
  }),
};
