import { z } from 'zod';
import { DESIRED_STATES } from '../../types/operations/docklock.ts';
import { CONTAINER_STATES } from '../../types/step-receipt.ts';
import { PeerEvent } from './admin.ts';
import { ALERTS, type AlertCode } from './alerts.ts';
import { Arrival, MeshNotice, SentNotice } from './gossip.ts';
import { RoundRecord, STEPS } from './ibft.ts';
import type { SubscriptionTopic } from './meta.ts';
import { Worker } from './miner.ts';
import { Address, Count, Decimal, Hash, Height, Ledger, Time } from './results.ts';

/** What one topic tells: the `data` of its notices. */
interface NoticeSpec {
  readonly summary: string;
  readonly data: z.ZodType;
}

/** Messages that were left out before this one, because there were too many to tell of. */
const skipped = { skipped: Count };

/** The notices of every topic: the single source of their document, their types, and the tests of what is sent. */
export const NOTICES = {
  newHeads: {
    summary: 'A block is final.',
    data: z.object({
      height: Height,
      hash: Hash,
      time: Time,
      timeMs: Count,
      stateRoot: Hash,
      receiptsRoot: Hash,
      round: Count,
      txCounts: z.record(Ledger, Count),
    }),
  },
  receipts: {
    summary: 'The receipts of a block that is final, on one line each; tx_getReceipt has all of one.',
    data: z.object({
      height: Height,
      hash: Hash,
      receipts: z.array(z.object({ ledger: Ledger, txId: Hash, index: Count, status: z.string() })),
    }),
  },
  newPendingTransactions: {
    summary: 'A transaction came into the pool, from an own client or from a peer.',
    data: z.object({
      txId: Hash,
      ledger: Ledger,
      sender: Address,
      nonce: Decimal,
      origin: z.enum(['local', 'peer']),
    }),
  },
  droppedTransactions: {
    summary: 'A transaction left the pool without a receipt.',
    data: z.object({ txId: Hash, reason: z.string(), at: Time }),
  },
  consensus: {
    summary:
      'A round began (`running`) or ended; or within it this node came to another step, or took up a vote, its own or of another validator.',
    data: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('round'), height: Height, ...RoundRecord.shape }),
      z.object({ kind: z.literal('step'), height: Height, round: Count, step: z.enum(STEPS) }),
      z.object({
        kind: z.literal('vote'),
        height: Height,
        round: Count,
        vote: z.enum(['prepare', 'commit', 'round-change']),
        validator: Address,
      }),
    ]),
  },
  peers: { summary: 'A peer came, left, was refused or refused this node.', data: PeerEvent },
  scheduler: {
    summary: 'Mining workers of this node changed.',
    data: z.object({ workers: z.array(z.object({ ledger: Ledger, ...Worker.shape })) }),
  },
  gossip: {
    summary:
      'A message came in, with its verdict, or went out; or a peer came into the mesh of a topic or left it, by the will of this node or its own.',
    data: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('received'), ...Arrival.shape, ...skipped }),
      z.object({ kind: z.literal('sent'), ...SentNotice.shape, ...skipped }),
      z.object({ kind: z.literal('graft'), ...MeshNotice.shape, ...skipped }),
      z.object({ kind: z.literal('prune'), ...MeshNotice.shape, ...skipped }),
    ]),
  },
  containers: {
    summary:
      'A block says what the owner of an app wants of it (`desired`), or what a node reports of one of its replicas (`reported`).',
    data: z.discriminatedUnion('kind', [
      z.object({
        kind: z.literal('desired'),
        height: Height,
        txId: Hash,
        app: Hash,
        generation: Count,
        desired: z.enum(DESIRED_STATES),
        replicas: Count,
      }),
      z.object({
        kind: z.literal('reported'),
        height: Height,
        txId: Hash,
        app: Hash,
        node: Hash,
        replica: Count,
        generation: Count,
        state: z.enum(CONTAINER_STATES),
        /** Of the last end. */
        exitCode: Count,
        /** Of the last step that the node reported. */
        sequence: Count,
        /** Of the last start in the report; 0 if there is none. */
        startLatencyMs: Count,
      }),
    ]),
  },
  alerts: {
    summary: 'Something that an operator must know of begins or has passed.',
    data: z.object({
      code: z.enum(Object.keys(ALERTS) as [AlertCode, ...AlertCode[]]),
      severity: z.enum(['critical', 'warning']),
      state: z.enum(['raised', 'cleared']),
      message: z.string(),
      hint: z.string(),
      details: z.record(z.string(), z.unknown()),
      at: Time,
    }),
  },
} as const satisfies Readonly<Record<SubscriptionTopic, NoticeSpec>>;

/** What subscribers of a topic are told. */
export type NoticeData<Topic extends SubscriptionTopic> = z.output<(typeof NOTICES)[Topic]['data']>;
