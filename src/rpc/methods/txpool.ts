import type { Handlers } from '../dispatcher.ts';
import { dumpOf } from '../dump.ts';
import { rpcError } from '../errors.ts';
import { pageOf } from '../paging.ts';
import type { PoolEntry } from '../ports/pool.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { txpoolMethods } from '../schema/txpool.ts';
import { hash0x, rfc3339 } from '../text-forms.ts';
import { transactionLine, transactionView } from '../transaction-views.ts';

function entryView({ transaction, state, origin, receivedAtMs }: PoolEntry) {
  return { transaction: transactionView(transaction), state, origin, receivedAt: rfc3339(receivedAtMs) };
}

export function txpoolHandlers(ports: RpcPorts): Handlers<typeof txpoolMethods> {
  const { pool } = ports;

  /** Entries whose fields equal those of `wanted` that are given. */
  const entries = (wanted: {
    readonly ledger?: string | undefined;
    readonly state?: string | undefined;
    readonly sender?: string | undefined;
  }) =>
    pool.entries().filter(({ transaction, state }) => {
      const { ledger, sender } = transaction.value.body;
      return (
        (wanted.ledger ?? ledger) === ledger &&
        (wanted.state ?? state) === state &&
        (wanted.sender ?? sender) === sender
      );
    });

  return {
    txpool_status: () => {
      const { transactions, bytes, maxTransactions, maxBytes, verifiedSignatures, ledgers } = pool.status();
      const counts = ledgers.map((count) => ({ ...count }));
      const size = { transactions, bytes, maxTransactions, maxBytes, ledgers: counts };
      return { ...dumpOf(ports, 'txpool_status'), ...size, verifiedSignatures };
    },

    txpool_content: ({ ledger, state, ...page }) => ({
      ...dumpOf(ports, 'txpool_content'),
      ...pageOf(entries({ ledger, state }), page, entryView),
    }),

    txpool_inspect: ({ ledger, ...page }) => ({
      ...dumpOf(ports, 'txpool_inspect'),
      ...pageOf(entries({ ledger }), page, ({ transaction, state }) => ({
        ...transactionLine(transaction),
        state,
      })),
    }),

    txpool_contentFrom: ({ address, ledger, ...page }) => ({
      ...dumpOf(ports, 'txpool_contentFrom'),
      ...pageOf(entries({ sender: address, ledger }), page, entryView),
    }),

    txpool_getTransaction: ({ txId }) => {
      const entry = pool.get(txId);
      if (entry === undefined)
        throw rpcError('TX_NOT_FOUND', `the mempool does not hold ${hash0x(txId)}`, {
          data: { txId },
          hint: 'tx_status says where the transaction is',
        });
      return entryView(entry);
    },

    txpool_dropped: (page) => ({
      ...dumpOf(ports, 'txpool_dropped'),
      ...pageOf(pool.recentDrops(), page, ({ txId, reason, atMs }) => ({
        txId: hash0x(txId),
        reason,
        at: rfc3339(atMs),
      })),
    }),

    txpool_remove: ({ txId }) => ({ txId: hash0x(txId), removed: pool.remove(txId) }),

    txpool_flush: ({ ledger }) => ({
      removed: entries({ ledger }).filter(({ transaction }) => pool.remove(transaction.id)).length,
    }),
  };
}
