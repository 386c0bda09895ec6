import * as z from 'zod';
import { CHARGE_CLASSES, CLAIMANTS } from '../../types/billing.ts';
import { method } from './method.ts';
import { AddressParam, pageParams } from './params.ts';
import { Address, Count, Decimal, Hash, Height, Ledger, page, Token } from './results.ts';

const Class = z.enum(CHARGE_CLASSES);

/** One charge; `receipt` is the place of the transaction in the ledger's section at `height`. */
const BillLine = z.object({
  payer: Address,
  ledger: Ledger,
  class: Class,
  token: Token,
  amount: Decimal,
  height: Height,
  receipt: Count,
});

/** How a line leads to the root of its window: its place in its block, and the block's among the billed ones. */
const BillLinePath = z.object({
  index: Count,
  lines: Count,
  linePath: z.array(Hash),
  block: Count,
  blockPath: z.array(Hash),
});

/** A page of a bill. `sums` are those of the lines on this page. */
export const Bill = z.object({
  payer: Address,
  window: Count,
  closed: z.boolean(),
  fromHeight: Height,
  /** The last height of a closed window; of the open one the head. */
  toHeight: Height,
  /** Null while the window is open. `proof` shows that the commitment to its root is final. */
  commitment: z.object({ height: Height, proof: z.record(z.string(), z.unknown()) }).nullable(),
  items: z.array(z.object({ line: BillLine, txId: Hash.nullable(), path: BillLinePath.nullable() })),
  sums: z.array(z.object({ class: Class, token: Token, amount: Decimal })),
  nextCursor: z.string().nullable(),
});

export const billingMethods = {
  economy_getBill: method({
    scope: 'read',
    summary: 'What an address was charged in a window of billing, each line of a closed one with its proof.',
    params: z.strictObject({ payer: AddressParam, window: z.int().min(0).optional(), ...pageParams }),
    result: Bill,
  }),
  economy_getClaims: method({
    scope: 'read',
    summary: 'What banks owe in micro-US-dollars for AUR burned as fees; no operation settles a claim yet.',
    params: z.strictObject({ bank: z.string().max(20).optional(), ...pageParams }),
    result: z.object({
      height: Height,
      ...page(z.object({ bank: z.string(), claimant: z.enum(CLAIMANTS), amount: Decimal })).shape,
    }),
  }),
};
