import * as z from 'zod';
import { method } from './method.ts';
import { noParams } from './params.ts';
import { Address, Count, dumpFields, Height } from './results.ts';

/** How a node takes part in consensus: its settings, and what became of its votes. */
export const ibftNodeMethods = {
  ibft_getConfig: method({
    scope: 'debug',
    summary:
      'By what times and rules this node takes part: round time-outs and block intervals of its own, the bounds that genesis sets, and the quorum of the next block.',
    params: noParams,
    result: z.object({
      ...dumpFields,
      protocol: z.literal('qbft'),
      /** Who follows the proposer of the parent, in the order of their ids. */
      proposerSelection: z.literal('round-robin'),
      validators: Count,
      quorum: Count,
      /** How many of them may do whatever they like. */
      faultTolerance: Count,
      requestTimeoutMs: Count,
      timeoutCapMs: Count,
      resendIntervalMs: Count,
      blockIntervalMs: Count,
      emptyBlockIntervalMs: Count,
      minBlockIntervalMs: Count,
      maxClockDriftMs: Count,
      /** Changes of the set within so many heights; 0 changes is no bound. */
      maxValidatorChanges: Count,
      validatorWindowHeights: Count,
    }),
  }),
  ibft_getRequestTimeoutSeconds: method({
    scope: 'debug',
    summary:
      'How long the first round of a height may last on this node, in seconds; each further round lasts twice as long, up to the cap.',
    params: noParams,
    result: z.object({ requestTimeoutSeconds: z.number().min(0), capSeconds: z.number().min(0) }),
  }),
  ibft_getNodeStatus: method({
    scope: 'debug',
    summary:
      "This node's validator: whether it votes and if not why, how many certificates on the chain have its seal, and which of the last 100 blocks it proposed.",
    params: noParams,
    result: z.object({
      ...dumpFields,
      /** Null on a node that only follows; what follows is then 0 or null. */
      validator: Address.nullable(),
      inSet: z.boolean(),
      voting: z.boolean(),
      reason: z.string().nullable(),
      consensusHeight: Height,
      round: Count,
      sealed: Count,
      missed: Count,
      fromHeight: Height,
      toHeight: Height,
      proposedBlocks: Count,
      lastProposedHeight: Height.nullable(),
    }),
  }),
};
