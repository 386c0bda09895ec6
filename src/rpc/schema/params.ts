import * as z from 'zod';
import { addressFromText } from '../../types/address.ts';
import { LEDGERS, SUBTREES, TOKENS } from '../../types/names.ts';
import { fromHex } from '../../util/bytes.ts';
import { LIMITS } from '../../util/limits.ts';

/** The building blocks of parameters. What travels is text a person can read; handlers get the in-memory form. */

/** `0x` and 64 lowercase digits; the handler gets the digits. */
export const HashParam = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/, 'expected 0x and 64 lowercase hex digits')
  .transform((text) => text.slice(2));

/** `meta1…`; the handler gets 64 hex digits. */
export const AddressParam = z
  .string()
  .max(90)
  .transform((text, context) => {
    try {
      return addressFromText(text);
    } catch {
      context.addIssue({
        code: 'custom',
        message: 'expected an address: bech32m text that begins with meta1',
      });
      return z.NEVER;
    }
  });

/** Node keys are Ed25519 keys, so their peer ids all begin alike and are of one length. */
export const PeerIdParam = z
  .string()
  .regex(/^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/, 'expected a peer id such as 12D3KooW…');

/** `0x…` of at most `maxBytes`; the handler gets bytes. */
export function BytesParam(maxBytes: number) {
  return z
    .string()
    .max(2 + 2 * maxBytes, `expected at most ${maxBytes} bytes`)
    .regex(/^0x(?:[0-9a-f]{2})*$/, 'expected 0x and an even number of lowercase hex digits')
    .transform((text) => fromHex(text.slice(2)));
}

/** The bytes of one signed transaction. One byte more than allowed passes, so that the refusal names the real limit. */
export const TransactionParam = BytesParam(LIMITS.maxTransactionBytes + 1);

export const HeightParam = z.int().min(0);

/** A block by height, by hash or by word; `latest` and `finalized` are the same here, because a block is final at once. */
export const BlockParam = z.union([HeightParam, HashParam, z.enum(['latest', 'earliest', 'finalized'])], {
  error: 'expected a height, a block hash 0x…, or latest, earliest or finalized',
});
export type BlockSelector = z.output<typeof BlockParam>;

export const LedgerParam = z.enum(LEDGERS);
export const SubtreeParam = z.enum(SUBTREES);
export const TokenParam = z.enum(TOKENS);

/** Spread into the params of every list. A cursor is the `nextCursor` of the page before. */
export const pageParams = {
  limit: z.int().min(1).max(LIMITS.maxPageItems).default(LIMITS.defaultPageItems),
  cursor: z.string().max(128).nullish(),
};

export const noParams = z.strictObject({});
