import * as z from 'zod';
import { LIMITS } from '../../util/limits.ts';
import { method } from './method.ts';
import { AddressParam, HashParam, LedgerParam, TransactionParam } from './params.ts';
import { Decimal, ErrorObject, Hash, Height, Receipt, Transaction, TransactionStatus } from './results.ts';

const txIdParams = z.strictObject({ txId: HashParam });

export const txMethods = {
  tx_send: method({
    scope: 'write',
    summary:
      'Submits a signed transaction. An answer means that it is on disk here and ends in a receipt or a recorded drop.',
    params: z.strictObject({ transaction: TransactionParam }),
    result: z.object({ txId: Hash }),
  }),
  tx_sendMany: method({
    scope: 'write',
    summary: 'Submits several signed transactions; each has its own outcome, in order.',
    params: z.strictObject({ transactions: z.array(TransactionParam).min(1).max(LIMITS.maxPageItems) }),
    result: z.object({
      items: z.array(z.object({ txId: Hash.nullable(), error: ErrorObject.nullable() })),
    }),
  }),
  tx_sendAndWait: method({
    scope: 'write',
    waits: true,
    summary:
      'Submits a signed transaction and waits until it is final or dropped, or until the time is over.',
    params: z.strictObject({
      transaction: TransactionParam,
      timeoutMs: z.int().min(1).max(LIMITS.maxRpcWaitMs).default(30_000),
    }),
    result: z.object({ txId: Hash, receipt: Receipt }),
  }),
  tx_get: method({
    scope: 'read',
    summary: 'A transaction by id, wherever it is, with its status.',
    params: txIdParams,
    result: z.object({ transaction: Transaction, status: TransactionStatus }),
  }),
  tx_getReceipt: method({
    scope: 'read',
    summary: 'The receipt of a transaction that stands in a block.',
    params: txIdParams,
    result: Receipt,
  }),
  tx_getNonce: method({
    scope: 'read',
    summary: 'The next nonce of a sender on a ledger: after the head, and after what the mempool holds.',
    params: z.strictObject({ address: AddressParam, ledger: LedgerParam }),
    result: z.object({ nonce: Decimal, pending: Decimal, height: Height }),
  }),
  tx_simulate: method({
    scope: 'read',
    summary: 'What a transaction would do at the head. Nothing is sent.',
    params: z.strictObject({ transaction: TransactionParam }),
    result: z.object({
      admissible: z.boolean(),
      refusal: z.object({ reason: z.string(), message: z.string() }).nullable(),
      receipt: Receipt.nullable(),
      height: Height,
    }),
  }),
  tx_status: method({
    scope: 'read',
    summary: 'Where a transaction is: unknown, pooled, queued, included, or dropped and why.',
    params: txIdParams,
    result: TransactionStatus,
  }),
};
