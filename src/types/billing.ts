import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { LIMITS } from '../util/limits.ts';
import { LedgerNameType, TOKENS, type TokenName, TokenNameType } from './names.ts';
import { ChargeType } from './receipt.ts';
import { AddressType, Hash32 } from './ssz-bytes.ts';
import { Height, NameOf, SafeU64, U32, U128 } from './ssz-numbers.ts';

/**
 * Billing: every charge has a class, and a class is paid in one token. The charges of a window of rule time are
 * committed to by one root, so that a payer can prove each line of its bill.
 */
export const CHARGE_CLASSES = ['transaction', 'consensus', 'storage', 'cross-border'] as const;
/** What a charge is for: gas and work, changes of the validator set, storage, payments between countries. */
export type ChargeClass = (typeof CHARGE_CLASSES)[number];

/** The token in which each class is paid: the one table of the chain. No two classes share a token. */
export const CLASS_TOKENS = {
  transaction: 'FLX',
  consensus: 'GEN',
  storage: 'NEX',
  'cross-border': 'AUR',
} as const satisfies Record<ChargeClass, TokenName>;

const TOKEN_CLASSES = Object.fromEntries(
  CHARGE_CLASSES.map((name) => [CLASS_TOKENS[name], name]),
) as Readonly<Record<TokenName, ChargeClass>>;

/** The class of a charge in this token. */
export function chargeClass(token: TokenName): ChargeClass {
  return TOKEN_CLASSES[token];
}

/** Who has a share of a fee; of one in AUR as a claim in US dollars on a bank. */
export const CLAIMANTS = ['miner-locked', 'miner-spendable', 'owner', 'treasury'] as const;
export type Claimant = (typeof CLAIMANTS)[number];

/** One charge as it stands on a bill: `receipt` is the index of the transaction in the ledger's section at `height`. */
export const BillLineType = new ContainerType({
  payer: AddressType,
  ledger: LedgerNameType,
  class: NameOf(CHARGE_CLASSES),
  token: TokenNameType,
  amount: U128,
  height: Height,
  receipt: U32,
});
export type BillLine = ValueOf<typeof BillLineType>;

/**
 * A leaf of a window's tree: the charges of one block that has any. `root` is RFC 6962 over its encoded lines, ledger by
 * ledger in canonical order, and within a section as its `chargeRoot` has them.
 */
export const BilledBlockType = new ContainerType({ height: Height, lines: U32, root: Hash32 });

/**
 * What a window came to. Window n lasts from genesis time + n · billingWindowMs; a block belongs to the window of its
 * rule time, and one in which no block falls has no commitment. `root` is RFC 6962 over the `blocks` billed blocks.
 */
export const BillingCommitmentType = new ContainerType({
  window: SafeU64,
  fromHeight: Height,
  toHeight: Height,
  blocks: U32,
  lines: SafeU64,
  root: Hash32,
  /** What was charged, per token; one of which nothing was charged is left out. */
  totals: new ListCompositeType(ChargeType, TOKENS.length),
});
export type BillingCommitment = ValueOf<typeof BillingCommitmentType>;

/** What a node keeps of a billed block: its lines, and its place among the billed blocks of the window. */
export const BlockBillType = new ContainerType({
  window: SafeU64,
  index: U32,
  lines: new ListCompositeType(BillLineType, LIMITS.maxBillLinesPerBlock),
});
export type BlockBill = ValueOf<typeof BlockBillType>;

/** What the lines of one class come to. */
export interface ClassSum {
  readonly class: ChargeClass;
  readonly token: TokenName;
  readonly amount: bigint;
}

/** Sums of lines, per class in the order of the table of classes; classes without a line are left out. */
export function sumLines(
  lines: Iterable<{ readonly class: ChargeClass; readonly amount: bigint }>,
): ClassSum[] {
  const sums = new Map<ChargeClass, bigint>();
  for (const line of lines) sums.set(line.class, (sums.get(line.class) ?? 0n) + line.amount);
  return CHARGE_CLASSES.flatMap((name) => {
    const amount = sums.get(name);
    return amount === undefined ? [] : [{ class: name, token: CLASS_TOKENS[name], amount }];
  });
}
