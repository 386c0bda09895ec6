import * as z from 'zod';
import { POSTING_SIDES } from '../../types/proofs/gold.ts';
import { method } from './method.ts';
import { AddressParam, HashParam, LedgerParam, noParams, pageParams, TokenParam } from './params.ts';
import { ClosedEpoch, RunningEpoch } from './poe.ts';
import { Address, Count, Decimal, Hash, Height, Ledger, page, Time, Token } from './results.ts';
import { sectionProof } from './section-proof.ts';

/** Both halves of every movement of a transaction, and what its new coins are based on. */
const GoldItem = z.object({
  sender: Address,
  status: z.string(),
  postings: z.array(
    z.object({ account: z.string(), token: Token, side: z.enum(POSTING_SIDES), amount: Decimal }),
  ),
  bases: z.array(z.object({ token: Token, amount: Decimal, basis: Hash })),
});

/** Per token what the section did to the supply, and how AUR is covered after it. */
const GoldProof = z.object({
  version: Count,
  tokens: z.array(
    z.object({
      token: Token,
      supplyBefore: Decimal,
      supplyAfter: Decimal,
      debits: Decimal,
      credits: Decimal,
      issued: Decimal,
      retired: Decimal,
      fees: Decimal,
    }),
  ),
  basisRoot: Hash,
  basisCount: Count,
  coverage: z.object({
    outstanding: Decimal,
    reserve: Decimal,
    ratioPpm: Count,
    median: Decimal,
    signers: z.array(Hash),
    attestations: z.array(z.object({ id: Hash, ageMs: Count })),
  }),
  itemRoot: Hash,
  itemCount: Count,
});

export const economyMethods = {
  economy_getBalance: method({
    scope: 'read',
    summary: 'What an address can spend, per token, in micro-units.',
    params: z.strictObject({ address: AddressParam, token: TokenParam.optional() }),
    result: z.object({
      address: Address,
      height: Height,
      balances: z.array(z.object({ token: Token, amount: Decimal })),
    }),
  }),
  economy_getSupply: method({
    scope: 'read',
    summary:
      'Per token: what was issued, minted and redeemed, and whether all holdings add up to it; the fees that were burned, and what is the treasury’s, locked with miners and vesting; what gas costs, and the epoch whose end brings new coins.',
    params: noParams,
    result: z.object({
      height: Height,
      ok: z.boolean(),
      tokens: z.array(
        z.object({
          token: Token,
          issued: Decimal,
          minted: Decimal,
          redeemed: Decimal,
          supply: Decimal,
          held: Decimal,
          ok: z.boolean(),
          burned: Decimal,
          treasury: Decimal,
          locked: Decimal,
          vesting: Decimal,
        }),
      ),
      gas: z.object({ price: Decimal, floor: Decimal, targetPerBlock: Count }),
      epoch: RunningEpoch,
      lastEpoch: ClosedEpoch.nullable(),
    }),
  }),
  economy_getRewards: method({
    scope: 'read',
    summary:
      'What an address earned since genesis, by what it did; what is locked with it; and of the owner, what waits.',
    params: z.strictObject({ address: AddressParam }),
    result: z.object({
      address: Address,
      height: Height,
      tokens: z.array(
        z.object({
          token: Token,
          miner: Decimal,
          provider: Decimal,
          proposer: Decimal,
          signer: Decimal,
          earned: Decimal,
          locked: Decimal,
        }),
      ),
      owner: z
        .object({
          held: z.boolean(),
          month: Count,
          tokens: z.array(z.object({ token: Token, accrued: Decimal, vesting: Decimal, escrow: Decimal })),
        })
        .nullable(),
    }),
  }),
  economy_getReserves: method({
    scope: 'read',
    summary: 'The attested reserves behind AUR, the price of gold, and what is outstanding.',
    params: noParams,
    result: z.object({
      height: Height,
      outstanding: Decimal,
      price: z.object({ median: Decimal, reports: z.int(), at: Time }).nullable(),
      reserves: z.array(
        z.object({
          custodian: z.string(),
          fineMilligrams: Decimal,
          cash: Decimal,
          asOf: Time,
          expires: Time,
        }),
      ),
    }),
  }),
  economy_getMeter: method({
    scope: 'read',
    summary: 'The prepaid fee balance of a payer on a ledger, per token.',
    params: z.strictObject({ payer: AddressParam, ledger: LedgerParam, token: TokenParam.optional() }),
    result: z.object({
      payer: Address,
      ledger: Ledger,
      height: Height,
      balances: z.array(z.object({ token: Token, amount: Decimal })),
    }),
  }),
  economy_getLocks: method({
    scope: 'read',
    summary: 'Value that an address has reserved for use on other ledgers.',
    params: z.strictObject({ address: AddressParam, ...pageParams }),
    result: z.object({
      height: Height,
      ...page(z.object({ ledger: Ledger, purpose: z.string(), ref: Hash, token: Token, amount: Decimal }))
        .shape,
    }),
  }),
  economy_getProofOfGold: method({
    scope: 'read',
    summary:
      'What proves an economy transaction in its section: every posting, supplies before and after, coverage.',
    params: z.strictObject({ txId: HashParam }),
    result: sectionProof(GoldItem, GoldProof),
  }),
};
