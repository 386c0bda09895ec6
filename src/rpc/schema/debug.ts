import { z } from 'zod';
import { method } from './method.ts';
import { BlockParam, pageParams } from './params.ts';
import { Address, Count, dumpFields, Hash, Height, page, Time } from './results.ts';

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
  debug_getBadBlocks: method({
    scope: 'debug',
    summary: 'Candidate blocks that this node refused since it started, newest first, with the reason.',
    params: z.strictObject({ ...pageParams }),
    result: z.object({
      ...dumpFields,
      ...page(
        z.object({
          height: Height,
          hash: Hash,
          /** Whom the header names. */
          proposer: Address,
          reason: z.string(),
          transactions: Count,
          bytes: Count,
          times: Count,
          firstAt: Time,
          lastAt: Time,
        }),
      ).shape,
    }),
  }),
  debug_replayBlock: method({
    scope: 'debug',
    summary:
      'Executes one of the last blocks once more on the state that it stood on, and compares everything that it claims.',
    params: z.strictObject({ height: BlockParam }),
    result: z.object({
      ...dumpFields,
      block: z.object({ height: Height, hash: Hash }),
      ok: z.boolean(),
      /** What differs, or null. */
      fault: z.string().nullable(),
      /** As executed now; null if something differs. */
      stateRoot: Hash.nullable(),
      receiptsRoot: Hash.nullable(),
    }),
  }),
};
