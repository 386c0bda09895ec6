import { ContainerType } from '@chainsafe/ssz';
import { BillingCommitmentType } from '../billing.ts';
import { AddressType, Text } from '../ssz-bytes.ts';
import { U128 } from '../ssz-numbers.ts';

/** Events and system receipts of billing, which are of the economy ledger. */

/** AUR of `from` that was burned as a fee, and had been outstanding of `bank`, which owes its shares in US dollars. */
export const CROSS_BORDER_CHARGED = {
  kind: 21,
  type: new ContainerType({
    /** The payment that it is a fee of. */
    uetr: Text(36),
    from: AddressType,
    /** LEI. */
    bank: Text(20),
    amount: U128,
    minerLocked: U128,
    minerSpendable: U128,
    owner: U128,
    treasury: U128,
  }),
} as const;

/** In the first block after a window. */
export const BILLING_COMMITMENT = { kind: 5020, type: BillingCommitmentType } as const;
