import { merkleRoot } from '../../crypto/merkle.ts';
import { type Account, balanceAccount, FEE_POOL, ISSUE } from '../../ledger/economy/account.ts';
import { amountOf, supplyOf } from '../../ledger/economy/books.ts';
import { ratioPpm, totalReserve } from '../../ledger/economy/coverage.ts';
import { goldPrice } from '../../ledger/economy/gold-price.ts';
import { isExpired, listCustodians, readReserve } from '../../ledger/economy/reserves.ts';
import { TOKENS, type TokenName } from '../../types/names.ts';
import {
  decodeGoldItem,
  GOLD_PROOF_VERSION,
  type GoldBasis,
  GoldBasisType,
  type GoldCoverage,
  type GoldItem,
  type GoldPosting,
  type GoldProof,
  GoldProofType,
  type GoldTokenTotals,
} from '../../types/proofs/gold.ts';
import { encode } from '../../types/ssz.ts';
import { toHex } from '../../util/bytes.ts';
import { findWrongField } from './compare-fields.ts';
import type { ProofFault, ProofInput, ProofScheme } from './proof-scheme.ts';

function readItems(input: ProofInput): GoldItem[] {
  return input.result.proofItems.map(decodeGoldItem);
}

type JournalSums = Record<'debits' | 'credits' | 'issued' | 'retired', bigint>;

/** Of each token, in one pass. */
function sumJournal(postings: readonly GoldPosting[]): Record<TokenName, JournalSums> {
  const sums = Object.fromEntries(
    TOKENS.map((token) => [token, { debits: 0n, credits: 0n, issued: 0n, retired: 0n }]),
  ) as Record<TokenName, JournalSums>;
  for (const { token, side, account, amount } of postings) {
    const own = sums[token];
    if (side === 'debit') own.debits += amount;
    else own.credits += amount;
    if (account !== ISSUE) continue;
    if (side === 'debit') own.issued += amount;
    else own.retired += amount;
  }
  return sums;
}

function feesOf(input: ProofInput, token: TokenName): bigint {
  let sum = 0n;
  for (const { charges } of input.result.receipts)
    for (const charge of charges) if (charge.token === token) sum += charge.amount;
  return sum;
}

function tokenTotals(input: ProofInput, token: TokenName, sums: JournalSums): GoldTokenTotals {
  return {
    token,
    supplyBefore: supplyOf(input.before, token),
    supplyAfter: supplyOf(input.after, token),
    ...sums,
    fees: feesOf(input, token),
  };
}

function coverageAfter({ after, context }: ProofInput): GoldCoverage {
  const price = goldPrice(after, context);
  const outstanding = supplyOf(after, 'AUR');
  const reserve = totalReserve(after, context, price);
  const attestations = [];
  for (const lei of listCustodians(after)) {
    const attested = readReserve(after, lei);
    if (attested !== undefined && !isExpired(attested, context.timeMs))
      attestations.push({ id: attested.id, ageMs: context.timeMs - attested.asOfMs });
  }
  return {
    outstanding,
    reserve,
    ratioPpm: ratioPpm(reserve, outstanding),
    median: price.median,
    signers: [...price.signers],
    attestations,
  };
}

function expectedProof(input: ProofInput, items: readonly GoldItem[]): GoldProof {
  const sums = sumJournal(items.flatMap((item) => item.postings));
  const bases: GoldBasis[] = items.flatMap((item) => item.bases);
  return {
    version: GOLD_PROOF_VERSION,
    tokens: TOKENS.map((token) => tokenTotals(input, token, sums[token])),
    basisRoot: toHex(merkleRoot(bases.map((basis) => encode(GoldBasisType, basis)))),
    basisCount: bases.length,
    coverage: coverageAfter(input),
    itemRoot: toHex(merkleRoot(input.result.proofItems)),
    itemCount: input.result.proofItems.length,
  };
}

/** What each account gained by the journal and the fees, as `token account`. Fees in other tokens come from meters. */
function gainsOf(input: ProofInput, items: readonly GoldItem[]): Map<string, bigint> {
  const gained = new Map<string, bigint>();
  const add = (token: TokenName, account: string, amount: bigint) => {
    const key = `${token} ${account}`;
    gained.set(key, (gained.get(key) ?? 0n) + amount);
  };
  for (const [index, { sender, postings }] of items.entries()) {
    for (const { account, token, side, amount } of postings) {
      const grows = (side === 'credit') === (account !== ISSUE);
      add(token, account, grows ? amount : -amount);
    }
    for (const { token, amount } of input.result.receipts[index]?.charges ?? []) {
      if (token !== 'FLX') continue;
      add(token, balanceAccount(sender), -amount);
      add(token, FEE_POOL, amount);
    }
  }
  return gained;
}

/**
 * Whether the journal balances and explains the state: what each account that it names gained from before to after is
 * the sum of its postings, less the fees. It does not use the code that made the movements.
 */
function findJournalFault(
  input: ProofInput,
  items: readonly GoldItem[],
  tokens: readonly GoldTokenTotals[],
): ProofFault | undefined {
  for (const { token, debits, credits, supplyBefore, supplyAfter, issued, retired } of tokens) {
    if (debits !== credits) return { code: 'UNBALANCED_JOURNAL', field: token };
    if (supplyAfter - supplyBefore !== issued - retired)
      return { code: 'UNEXPLAINED_STATE', field: `${token} ${ISSUE}` };
  }
  for (const [key, amount] of gainsOf(input, items)) {
    const [token, account] = key.split(' ') as [TokenName, Account];
    if (amountOf(input.after, account, token) - amountOf(input.before, account, token) !== amount)
      return { code: 'UNEXPLAINED_STATE', field: key };
  }
  return undefined;
}

/** Proof-of-Gold of an economy section. */
export const goldScheme: ProofScheme = {
  type: 'gold',
  build: (input) => encode(GoldProofType, expectedProof(input, readItems(input))),
  verify(proof, input) {
    const items = readItems(input);
    const expected = expectedProof(input, items);
    return findWrongField(GoldProofType, proof, expected) ?? findJournalFault(input, items, expected.tokens);
  },
  work: ({ result }) => result.gas,
};
