import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { Hash32 } from './ssz-bytes.ts';
import { NameOf, SafeU64 } from './ssz-numbers.ts';

/**
 * Why a transaction left the pool without a receipt. NONCE_USED: another transaction of the sender took the nonce;
 * REPLACED: by one with a higher maxFee; EXPIRED: its validUntilMs is over; POOL_AGE: it waited too long, as a rule
 * for an earlier nonce or a meter; REFUSED: it stood in the pool before a restart and is inadmissible now;
 * INADMISSIBLE: no block may contain it; REMOVED: by the admin.
 */
export const DROP_REASONS = [
  'NONCE_USED',
  'REPLACED',
  'EXPIRED',
  'POOL_AGE',
  'REFUSED',
  'INADMISSIBLE',
  'REMOVED',
] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** The record that a transaction which this node had accepted will never have a receipt. `atMs` is rule time. */
export const DroppedTransactionType = new ContainerType({
  txId: Hash32,
  reason: NameOf(DROP_REASONS),
  atMs: SafeU64,
});
export type DroppedTransaction = ValueOf<typeof DroppedTransactionType>;
