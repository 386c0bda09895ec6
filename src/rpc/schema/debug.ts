import * as z from 'zod';
import { LIMITS } from '../../util/limits.ts';
import { method } from './method.ts';
import { BlockParam, HashParam, HeightParam, pageParams, SubtreeParam } from './params.ts';
import { Address, Count, dumpFields, Hash, Height, Ledger, page, Receipt, Subtree, Time } from './results.ts';

/** Watching for longer needs a profiler. */
const MAX_WATCH_MS = 10_000;
const DEFAULT_WATCH_MS = 1_000;

/** Each path once, with the length of the value; null where there was none, or it was deleted. */
const Accesses = z.object({
  total: Count,
  items: z.array(z.object({ subtree: Subtree, path: z.string(), bytes: Count.nullable() })),
});

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
  debug_diffState: method({
    scope: 'debug',
    summary:
      "Compares the roots of another node's state, as its state_getLedgerRoots gives them, with those that this node had at that height, which is its head or one of the last blocks before.",
    params: z.strictObject({ height: HeightParam, roots: z.record(SubtreeParam, HashParam) }),
    result: z.object({
      ...dumpFields,
      block: z.object({ height: Height, hash: Hash }),
      ok: z.boolean(),
      subtrees: z.array(z.object({ subtree: Subtree, same: z.boolean(), own: Hash, other: Hash })),
    }),
  }),
  debug_getStateLeaves: method({
    scope: 'debug',
    summary:
      'Leaves of a sub-tree in the order of their paths, by the hashes of their values, at the head or one of the last heights: where the roots of two nodes differ, the first that differs says what.',
    params: z.strictObject({
      subtree: SubtreeParam,
      height: HeightParam.optional(),
      limit: pageParams.limit,
      cursor: z.string().max(LIMITS.maxLeafPathBytes).nullish(),
    }),
    result: z.object({
      ...dumpFields,
      block: z.object({ height: Height, hash: Hash }),
      ...page(z.object({ path: z.string(), valueHash: Hash })).shape,
    }),
  }),
  debug_traceTransaction: method({
    scope: 'debug',
    summary:
      'Executes the section of a transaction of one of the last blocks once more, up to it, and tells for each operation what gas it took, which paths of the state it read and wrote for itself, and which events it left.',
    params: z.strictObject({ txId: HashParam }),
    result: z.object({
      ...dumpFields,
      txId: Hash,
      block: z.object({ height: Height, ledger: Ledger, index: Count }),
      /** Whether this came to the receipt that the block holds. */
      ok: z.boolean(),
      receipt: Receipt,
      /** Of the transaction before its operations. */
      baseGas: Count,
      /** Those that were begun. `undone`: a later one failed, which takes everything back. */
      operations: z.array(
        z.object({
          operation: Count,
          name: z.string(),
          outcome: z.enum(['done', 'failed', 'undone']),
          gas: Count,
          reads: Accesses,
          writes: Accesses,
        }),
      ),
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
