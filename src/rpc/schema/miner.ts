import * as z from 'zod';
import { method } from './method.ts';
import { BlockParam, HeightParam, LedgerParam, noParams, pageParams } from './params.ts';
import {
  Address,
  Count,
  dumpFields,
  Hash,
  Height,
  Ledger,
  ProofType,
  page,
  Time,
  TransactionLine,
} from './results.ts';

/** How far a mined section came: `INCLUDED` in a block that is voted on, then `FINAL` in the chain, or `LOST`. */
const SectionState = z.enum(['MINED', 'INCLUDED', 'FINAL', 'LOST']);

/** What the worker of a ledger does for the block at `height`; `IDLE` is who was not elected. */
export const Worker = z.object({
  state: z.enum(['IDLE', 'ELECTED', 'BUILDING', 'MINED']),
  height: Height.nullable(),
  rank: Count.nullable(),
  /** The section of the lowest rank that this node has and has checked. */
  best: z.object({ rank: Count, miner: Address, txCount: Count }).nullable(),
  /** Since the node started: how often mining failed or was not done within its height. */
  failures: Count,
  /** Own sections since the node started. */
  counts: z.object({ MINED: Count, INCLUDED: Count, FINAL: Count, LOST: Count }),
});

/** `miner` and `rank` are null for the empty section that nobody mined; `minedAt` is known only of own sections. */
export const SectionFacts = z.object({
  ledger: Ledger,
  proofType: ProofType,
  height: Height,
  miner: Address.nullable(),
  rank: Count.nullable(),
  txCount: Count,
  work: Count,
  sectionHash: Hash,
  state: SectionState,
  minedAt: Time.nullable(),
});

export const minerMethods = {
  miner_status: method({
    scope: 'read',
    summary:
      'Per ledger: the elected miners of the next block from rank 0 on, how many transactions wait, and what the own worker does; `worker` is null on a node that does not mine.',
    params: noParams,
    result: z.object({
      ...dumpFields,
      mining: z.boolean(),
      /** Whose sections this node signs. */
      miner: Address.nullable(),
      nextHeight: Height,
      ledgers: z.array(
        z.object({
          ledger: Ledger,
          proofType: ProofType,
          elected: z.array(Address),
          waiting: Count,
          worker: Worker.nullable(),
        }),
      ),
    }),
  }),
  miner_getQueue: method({
    scope: 'read',
    summary:
      'The first executable transactions of the own mempool for a ledger, in the order in which they would be mined; `waiting` counts all of them.',
    params: z.strictObject({ ledger: LedgerParam, limit: pageParams.limit }),
    result: z.object({ ...dumpFields, ledger: Ledger, waiting: Count, items: z.array(TransactionLine) }),
  }),
  miner_getWork: method({
    scope: 'read',
    summary:
      'What the own worker of a ledger works at: the block on which its section stands, when it leaves, which sections of others have come and how far their check is, and what waits to be mined.',
    params: z.strictObject({ ledger: LedgerParam, limit: pageParams.limit }),
    result: z.object({
      ...dumpFields,
      ledger: Ledger,
      proofType: ProofType,
      state: Worker.shape.state,
      /** Of the block that is mined for; what follows is null or empty while there is none. */
      workHeight: Height.nullable(),
      parent: Hash.nullable(),
      rank: Count.nullable(),
      /** 0 when its time has come; null without a rank, or without a transaction. */
      sendsInMs: Count.nullable(),
      heard: z.array(
        z.object({
          rank: Count,
          miner: Address,
          txCount: Count,
          state: z.enum(['heard', 'fetching', 'ready', 'checked', 'refused']),
        }),
      ),
      waiting: Count,
      items: z.array(TransactionLine),
    }),
  }),
  miner_history: method({
    scope: 'read',
    summary:
      'The last sections that this node mined, newest first, and what became of each; `before` leaves out heights from there on, so that pages fit together. With `height` instead the five sections of that block, whoever mined them.',
    params: z.strictObject({
      ledger: LedgerParam.optional(),
      height: BlockParam.optional(),
      before: HeightParam.optional(),
      ...pageParams,
    }),
    result: z.object({ ...dumpFields, ...page(SectionFacts).shape }),
  }),
  miner_getElection: method({
    scope: 'read',
    summary:
      'Who mines the next block: per ledger the elected miners from rank 0 on, and the beacon and the weights by which everybody elects the same.',
    params: noParams,
    result: z.object({
      ...dumpFields,
      nextHeight: Height,
      beacon: Hash,
      candidates: z.array(z.object({ validator: Address, weight: Count })),
      ledgers: z.array(
        z.object({
          ledger: Ledger,
          proofType: ProofType,
          miners: z.array(z.object({ rank: Count, validator: Address, weight: Count })),
        }),
      ),
    }),
  }),
};
