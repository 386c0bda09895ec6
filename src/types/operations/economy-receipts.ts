import { ContainerType, ListCompositeType } from '@chainsafe/ssz';
import { LedgerNameType, TokenNameType } from '../names.ts';
import { AddressType, Hash32 } from '../ssz-bytes.ts';
import { SafeU64, U16, U32, U128 } from '../ssz-numbers.ts';
import type { LedgerCatalog } from './catalog.ts';
import { BILLING_COMMITMENT } from './economy-billing.ts';
import { REWARD_SYSTEM_RECEIPTS } from './economy-rewards.ts';

/** Outcomes of what Unlock and MeterWithdraw queued; `status` is 0 or a status of this catalog. */
export const UnlockOutcomeType = new ContainerType({
  position: SafeU64,
  status: U16,
  owner: AddressType,
  ledger: LedgerNameType,
  ref: Hash32,
  token: TokenNameType,
  amount: U128,
});

/** `amount` is what the meter still held, up to what was asked. */
export const MeterWithdrawOutcomeType = new ContainerType({
  position: SafeU64,
  payer: AddressType,
  ledger: LedgerNameType,
  token: TokenNameType,
  amount: U128,
});

/**
 * The end of an epoch, with the first block after it, which begins epoch `next`; those between were idle. Φ and Γ are
 * the network's, in millionths, Φ per active node. `work` is what fees for jobs brought the chain for good, in
 * micro-NEX, by `workers` operators. `fees` are all of the epoch, in micro-FLX. New NEX, at most `nexCap`, waits to be
 * shared among the workers; new FLX went to the reserve account.
 */
export const EpochClosedType = new ContainerType({
  epoch: SafeU64,
  next: SafeU64,
  phi: U128,
  gamma: U128,
  activeNodes: U32,
  workers: U32,
  work: U128,
  fees: U128,
  nexCap: U128,
  nexMinted: U128,
  flxMinted: U128,
});

/** An operator's part of the NEX of an epoch is paid: `amount` less `fee`, which the operator's pool gets. */
export const EpochSharePaidType = new ContainerType({
  epoch: SafeU64,
  operator: AddressType,
  amount: U128,
  pool: new ListCompositeType(AddressType, 1),
  fee: U128,
});

/** What gas costs from the next block on, in micro-FLX, and the gas that fees of this one paid for. */
const GasPriceChangedType = new ContainerType({ gasPrice: U128, gasSold: SafeU64 });

/** System receipts of the economy ledger, by name. */
export const ECONOMY_SYSTEM_RECEIPTS = {
  UnlockOutcome: { kind: 5001, type: UnlockOutcomeType },
  MeterWithdrawOutcome: { kind: 5002, type: MeterWithdrawOutcomeType },
  BillingCommitment: BILLING_COMMITMENT,
  EpochClosed: { kind: 5041, type: EpochClosedType },
  EpochSharePaid: { kind: 5042, type: EpochSharePaidType },
  GasPriceChanged: { kind: 5040, type: GasPriceChangedType },
  ...REWARD_SYSTEM_RECEIPTS,
} as const satisfies LedgerCatalog['operations'];
