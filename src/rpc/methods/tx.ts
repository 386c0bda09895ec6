import { decodeTransaction } from '../../types/transaction.ts';
import { NodeError } from '../../util/errors.ts';
import type { Handlers } from '../dispatcher.ts';
import { errorObject, rpcError } from '../errors.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { txMethods } from '../schema/tx.ts';
import { notInBlock } from '../selectors.ts';
import { hash0x } from '../text-forms.ts';
import { receiptAt, transactionOf } from '../transaction-lookup.ts';
import { transactionStatus, waitUntilSettled } from '../transaction-status.ts';
import { receiptView, transactionView } from '../transaction-views.ts';

export function txHandlers(ports: RpcPorts): Handlers<typeof txMethods> {
  const { chain, pool } = ports;

  return {
    tx_send: async ({ transaction }) => ({ txId: hash0x(await pool.submit(transaction)) }),

    tx_sendMany: async ({ transactions }) => {
      const outcomes = await Promise.allSettled(pool.submitMany(transactions));
      return {
        items: outcomes.map((outcome) =>
          outcome.status === 'fulfilled'
            ? { txId: hash0x(outcome.value), error: null }
            : { txId: null, error: errorObject(outcome.reason) },
        ),
      };
    },

    tx_sendAndWait: async ({ transaction, timeoutMs }, { signal }) => {
      const { id } = decodeTransaction(transaction);
      try {
        await pool.submit(transaction);
      } catch (error) {
        // A caller that asks again after a lost answer wants the receipt, not a refusal.
        const known = error instanceof NodeError && (await transactionStatus(ports, id)).state !== 'unknown';
        if (!known || error.code === 'BAD_SIGNATURE') throw error;
      }
      const status = await waitUntilSettled(ports, id, { timeoutMs, signal });
      if (status.state === 'included')
        return { txId: hash0x(id), receipt: receiptView(await receiptAt(chain, status)) };
      if (status.state === 'dropped')
        throw rpcError('TX_DROPPED', `the transaction was dropped: ${status.reason}`, {
          data: { txId: id, dropReason: status.reason },
          hint: 'sign it again with the nonce of tx_getNonce and a later validUntilMs',
        });
      throw rpcError('NOT_INCLUDED_YET', `the transaction is not in a block after ${timeoutMs} ms`, {
        data: { txId: id, state: status.state },
        hint: 'it is not lost: ask tx_status again',
      });
    },

    tx_get: async ({ txId }) => ({
      transaction: transactionView(await transactionOf(ports, txId)),
      status: await transactionStatus(ports, txId),
    }),

    tx_getReceipt: async ({ txId }) => {
      const place = await chain.findTransaction(txId);
      if (place !== undefined) return receiptView(await receiptAt(chain, place));
      const { state } = await transactionStatus(ports, txId);
      throw notInBlock(txId, { state });
    },

    tx_getNonce: ({ address, ledger }) => {
      const nonce = chain.nonce(address, ledger);
      let pending = pool.pendingNonce(address, ledger);
      if (pending < nonce) pending = nonce;
      return {
        nonce: nonce.toString(),
        pending: pending.toString(),
        height: chain.head().height,
      };
    },

    tx_simulate: async ({ transaction }) => {
      const { height } = chain.head();
      const outcome = await chain.simulate(decodeTransaction(transaction));
      return outcome.admissible
        ? { admissible: true, refusal: null, receipt: receiptView(outcome.receipt), height }
        : {
            admissible: false,
            refusal: { reason: outcome.reason, message: outcome.message },
            receipt: null,
            height,
          };
    },

    tx_status: ({ txId }) => transactionStatus(ports, txId),
  };
}
