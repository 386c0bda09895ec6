import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { LIMITS } from '../util/limits.ts';
import { LedgerNameType, TokenNameType } from './names.ts';
import { AddressType, Bytes } from './ssz-bytes.ts';
import { Height, NameOf, U16, U32, U128 } from './ssz-numbers.ts';

/** The leaves of a section's `outboxRoot`: an effect on another ledger, in the order in which it was sent. */
export const SentMessageType = new ContainerType({
  from: LedgerNameType,
  to: LedgerNameType,
  kind: U16,
  data: Bytes(LIMITS.maxOutboxMessageBytes),
});
export type SentMessage = ValueOf<typeof SentMessageType>;

/** A message in the queue of the `system` sub-tree, with the height of the block that sent it. */
export const QueuedMessageType = new ContainerType({ height: Height, message: SentMessageType });
export type QueuedMessage = ValueOf<typeof QueuedMessageType>;

/** What a charge is for: executing a transaction, a job that one reports, or a payment across a border. */
export const CHARGE_REASONS = ['transaction', 'job', 'cross-border'] as const;
export type ChargeReason = (typeof CHARGE_REASONS)[number];

/** The leaves of a section's `chargeRoot`; `receipt` is the index of the transaction in the section. */
export const SectionChargeType = new ContainerType({
  reason: NameOf(CHARGE_REASONS),
  payer: AddressType,
  receipt: U32,
  token: TokenNameType,
  amount: U128,
});
