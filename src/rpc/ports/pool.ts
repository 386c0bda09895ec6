import type { DroppedTransaction } from '../../types/dropped-transaction.ts';
import type { LedgerName } from '../../types/names.ts';
import type { Address, Hash } from '../../types/ssz-bytes.ts';
import type { EncodedTransaction } from '../../types/transaction.ts';
import type { Awaitable } from './awaitable.ts';

export interface PoolEntry {
  readonly transaction: EncodedTransaction;
  /** `queued` waits for an earlier nonce of its sender. */
  readonly state: 'pooled' | 'queued';
  readonly origin: 'local' | 'peer';
  readonly receivedAtMs: number;
}

export interface PoolPort {
  /**
   * Admits untrusted bytes and keeps them on disk before it answers.
   * @throws NodeError with the reason of the refusal
   */
  submit(bytes: Uint8Array): Promise<Hash>;
  /** The same for several, each with its own answer; where the chain is busy for one, it is for those behind it. */
  submitMany(many: readonly Uint8Array[]): readonly Promise<Hash>[];
  get(txId: Hash): PoolEntry | undefined;
  /** Gives a transaction up, on this node alone; whether it was there. */
  remove(txId: Hash): boolean;
  /** In pool order. */
  entries(): readonly PoolEntry[];
  /** Next nonce after what the pool holds without a gap. */
  pendingNonce(sender: Address, ledger: LedgerName): bigint;
  dropped(txId: Hash): Awaitable<DroppedTransaction | undefined>;
  /** Newest first. */
  recentDrops(): readonly DroppedTransaction[];
  status(): {
    readonly transactions: number;
    readonly bytes: number;
    readonly maxTransactions: number;
    readonly maxBytes: number;
    /** Of transactions, since the start of the node. */
    readonly verifiedSignatures: number;
    readonly ledgers: readonly {
      readonly ledger: LedgerName;
      readonly pooled: number;
      readonly queued: number;
    }[];
  };
  /** Calls back for each transaction that came in; returns the way to stop it. */
  onAdmitted(listener: (transaction: EncodedTransaction, origin: PoolEntry['origin']) => void): () => void;
  /** Calls back for each drop, after it was recorded; returns the way to stop it. */
  onDrop(listener: (drop: DroppedTransaction) => void): () => void;
}
