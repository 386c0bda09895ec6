import { countryOfBic } from '../../../types/bank-identifiers.ts';
import type { Parameters } from '../../../types/genesis.ts';
import { ECONOMY } from '../../../types/operations/economy.ts';
import { InvariantViolation, type OperationContext, type StateReader } from '../../seam.ts';
import { balanceAccount, ISSUE } from '../account.ts';
import { moveInTransaction } from '../books.ts';
import { refreshCoverage } from '../coverage.ts';
import { goldPrice } from '../gold-price.ts';
import { listCustodians, outstandingOf, setOutstanding } from '../reserves.ts';
import { addClaims } from './claims.ts';

const PPM = 1_000_000n;

/** What a payment from one country to another costs its bank: a share, rounded down, and a fixed part; micro-AUR. */
export function crossBorderFee(
  amount: bigint,
  { crossBorderFeePpm, crossBorderFeeAur }: Pick<Parameters, 'crossBorderFeePpm' | 'crossBorderFeeAur'>,
): bigint {
  return (amount * BigInt(crossBorderFeePpm)) / PPM + crossBorderFeeAur;
}

/** A payment between two banks, of which the first pays. */
interface Payment {
  readonly uetr: string;
  readonly debtorBank: string;
  readonly debtor: { readonly bic: string; readonly account: string };
  readonly creditor: { readonly bic: string };
  readonly amount: bigint;
}

/**
 * Takes the fee of a payment whose banks are in different countries. Its AUR is burned, which lowers what some bank has
 * outstanding, and that bank owes the shares of the fee as claims in US dollars instead: so nobody but banks ever holds
 * AUR, and what an issuer owes altogether stays the same.
 */
export function chargeCrossBorder(context: OperationContext, payment: Payment): void {
  const { uetr, debtorBank, debtor, creditor, amount } = payment;
  if (countryOfBic(debtor.bic) === countryOfBic(creditor.bic)) return;
  const { own } = context;
  const fee = crossBorderFee(amount, context.parameters);
  if (fee === 0n) return;
  moveInTransaction(own, { debit: balanceAccount(debtor.account), credit: ISSUE, token: 'AUR', amount: fee });
  const price = goldPrice(own, context);
  for (const { lei, part } of issuersOf(own, debtorBank, fee)) {
    setOutstanding(own, lei, outstandingOf(own, lei) - part);
    const split = addClaims(own, lei, part);
    context.emit(ECONOMY.events.CrossBorderCharged, {
      uetr,
      from: debtor.account,
      bank: lei,
      amount: part,
      ...split,
    });
    refreshCoverage(context, price, lei);
  }
  context.chargeCrossBorder(fee);
}

/**
 * Whose AUR is burned. AUR carries no name of its issuer: it counts as the paying bank's own as far as that has any
 * outstanding, and beyond as that of the custodians in the order of their list.
 */
function issuersOf(state: StateReader, payer: string, fee: bigint): { lei: string; part: bigint }[] {
  const issuers: { lei: string; part: bigint }[] = [];
  let left = fee;
  for (const lei of [payer, ...listCustodians(state).filter((other) => other !== payer)]) {
    const outstanding = outstandingOf(state, lei);
    if (outstanding >= left) return [...issuers, { lei, part: left }];
    if (outstanding > 0n) issuers.push({ lei, part: outstanding });
    left -= outstanding;
  }
  throw new InvariantViolation(`${left} AUR were held that no bank has outstanding`);
}
