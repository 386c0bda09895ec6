import * as z from 'zod';
import { method } from './method.ts';
import { AddressParam, HashParam, LedgerParam, noParams, pageParams } from './params.ts';
import { Count, dumpFields, Hash, Ledger, page, Time, Transaction, TransactionLine } from './results.ts';

const State = z.enum(['pooled', 'queued']);
const Entry = z.object({
  transaction: Transaction,
  state: State,
  origin: z.enum(['local', 'peer']),
  receivedAt: Time,
});

export const txpoolMethods = {
  txpool_status: method({
    scope: 'read',
    summary: 'How full the mempool is, per ledger.',
    params: noParams,
    result: z.object({
      ...dumpFields,
      transactions: Count,
      bytes: Count,
      maxTransactions: Count,
      maxBytes: Count,
      ledgers: z.array(z.object({ ledger: Ledger, pooled: Count, queued: Count })),
      /** Of transactions, found good since the node started. */
      verifiedSignatures: Count,
    }),
  }),
  txpool_content: method({
    scope: 'read',
    summary: 'The transactions in the mempool, decoded.',
    params: z.strictObject({ ledger: LedgerParam.optional(), state: State.optional(), ...pageParams }),
    result: z.object({ ...dumpFields, ...page(Entry).shape }),
  }),
  txpool_inspect: method({
    scope: 'read',
    summary: 'The mempool, one line per transaction.',
    params: z.strictObject({ ledger: LedgerParam.optional(), ...pageParams }),
    result: z.object({
      ...dumpFields,
      ...page(z.object({ ...TransactionLine.shape, state: State })).shape,
    }),
  }),
  txpool_contentFrom: method({
    scope: 'read',
    summary: 'What the mempool holds of one sender.',
    params: z.strictObject({ address: AddressParam, ledger: LedgerParam.optional(), ...pageParams }),
    result: z.object({ ...dumpFields, ...page(Entry).shape }),
  }),
  txpool_getTransaction: method({
    scope: 'read',
    summary: 'One transaction of the mempool.',
    params: z.strictObject({ txId: HashParam }),
    result: Entry,
  }),
  txpool_dropped: method({
    scope: 'read',
    summary: 'Recent drops, newest first, each with its reason.',
    params: z.strictObject({ ...pageParams }),
    result: z.object({
      ...dumpFields,
      ...page(z.object({ txId: Hash, reason: z.string(), at: Time })).shape,
    }),
  }),
  txpool_remove: method({
    scope: 'admin',
    summary:
      'Takes one transaction out of the mempool of this node; its drop is recorded as REMOVED. Other nodes may hold it, and a block may still include it.',
    params: z.strictObject({ txId: HashParam }),
    result: z.object({ txId: Hash, removed: z.boolean() }),
  }),
  txpool_flush: method({
    scope: 'admin',
    summary: 'The same with everything that the mempool of this node holds, or with one ledger of it.',
    params: z.strictObject({ ledger: LedgerParam.optional() }),
    result: z.object({ removed: Count }),
  }),
};
