import type { TransactionPool } from '../../chain/transaction-pool.ts';
import type { PoolItem } from '../../mempool/contract.ts';
import type { PoolEntry, PoolPort } from '../../rpc/ports/pool.ts';
import type { BlockStore } from '../../storage/block-store.ts';
import { LIMITS } from '../../util/limits.ts';

function entryOf({ transaction, state, origin, arrivedMs }: PoolItem): PoolEntry {
  return { transaction, state, origin: origin === 'local' ? 'local' : 'peer', receivedAtMs: arrivedMs };
}

/** What the RPC reads of the pool, and the way in. Recorded drops of own transactions outlive a restart. */
export function poolPort(pool: TransactionPool, store: BlockStore): PoolPort {
  const { mempool } = pool;
  const admissionListeners = new Set<Parameters<PoolPort['onAdmitted']>[0]>();
  pool.onAdmitted((transaction, origin) => {
    for (const listener of admissionListeners) listener(transaction, origin === 'local' ? 'local' : 'peer');
  });
  return {
    submit: (bytes) => pool.submit(bytes),
    submitMany: (many) => pool.submitMany(many),
    get: (txId) => {
      const item = mempool.item(txId);
      return item === undefined ? undefined : entryOf(item);
    },
    remove: (txId) => mempool.drop(txId, 'REMOVED'),
    entries: () => mempool.content({}, { limit: LIMITS.maxPoolTransactions }).items.map(entryOf),
    pendingNonce: (sender, ledger) => mempool.nextNonce(ledger, sender),
    dropped: (txId) => mempool.findDrop(txId) ?? store.findDrop(txId),
    recentDrops: () => mempool.dropped(),
    status: () => ({ ...mempool.status(), verifiedSignatures: pool.verifiedSignatures }),
    onAdmitted: (listener) => {
      admissionListeners.add(listener);
      return () => admissionListeners.delete(listener);
    },
    onDrop: (listener) => pool.onDropped(listener),
  };
}
