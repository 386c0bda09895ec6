import { ECONOMY } from '../../types/operations/economy.ts';
import type { AurBurn, AurMint } from '../../types/operations/economy-gold.ts';
import { OPERATION_GAS } from '../gas-table.ts';
import type { OperationContext, OperationHandler } from '../seam.ts';
import { balanceAccount, ISSUE } from './account.ts';
import { bankOfAccount, MAX_MINTING_TIER, requireOwnBank } from './banks.ts';
import { moveInTransaction, requirePositive, supplyOf } from './books.ts';
import {
  bankReserve,
  coverageState,
  isSuspended,
  ratioPpm,
  readCoverage,
  refreshCoverage,
  totalReserve,
} from './coverage.ts';
import { fail } from './failure.ts';
import { type GoldPrice, goldPrice } from './gold-price.ts';
import { journal } from './journal.ts';
import { isExpired, outstandingOf, type Reserve, readReserve, setOutstanding } from './reserves.ts';

const FULL_PAYOUT_PPM = 1_000_000;

/** A price that may back new AUR: enough fresh oracles that agree. */
function requireUsablePrice(context: OperationContext): GoldPrice {
  const price = goldPrice(context.own, context);
  if (price.state === 'stale') fail('PRICE_STALE', `${price.signers.length} fresh prices are too few`);
  if (price.state === 'dispersed') fail('PRICE_DISPERSED', 'the oracles’ prices lie too far apart');
  return price;
}

function requireReserve(context: OperationContext, lei: string): Reserve {
  const reserve = readReserve(context.own, lei);
  if (reserve === undefined) fail('RESERVE_UNATTESTED', `${lei} has no attested reserve`);
  if (isExpired(reserve, context.timeMs)) fail('RESERVE_UNATTESTED', `the attestation of ${lei} has expired`);
  return reserve;
}

/** New AUR of a bank, never more than its reserve covers, nor all banks together more than all reserves. */
export const aurMintHandler: OperationHandler<AurMint> = {
  name: 'AurMint',
  spec: ECONOMY.operations.AurMint,
  gas: OPERATION_GAS.economy.AurMint,
  execute({ bank: lei, amount }, context) {
    const { own } = context;
    requirePositive(amount);
    const bank = requireOwnBank(context, lei);
    if (bank.tier > MAX_MINTING_TIER) fail('TIER_NOT_ALLOWED', 'a bank of tier 3 mints nothing');
    if (isSuspended(own, context.timeMs, lei))
      fail('BANK_SUSPENDED', `${lei} has been under-covered for too long`);
    const attestation = requireReserve(context, lei);
    const price = requireUsablePrice(context);

    const reserve = bankReserve(own, context, price, lei);
    const total = totalReserve(own, context, price);
    const outstanding = outstandingOf(own, lei);
    const supply = supplyOf(own, 'AUR');
    for (const ratio of [ratioPpm(reserve, outstanding), ratioPpm(total, supply)])
      if (coverageState(ratio) !== 'OK') fail('COVERAGE_NOT_OK', `coverage is ${coverageState(ratio)}`);
    if (outstanding + amount > reserve)
      fail('BANK_RESERVE_EXCEEDED', `the reserve of ${lei} covers ${reserve}`);
    if (supply + amount > total) fail('TOTAL_RESERVE_EXCEEDED', `all reserves together cover ${total}`);

    moveInTransaction(own, { debit: ISSUE, credit: balanceAccount(bank.account), token: 'AUR', amount });
    setOutstanding(own, lei, outstanding + amount);
    journal.base('AUR', amount, attestation.id);
    context.emit(ECONOMY.events.AurMinted, {
      bank: lei,
      to: bank.account,
      amount,
      outstanding: outstanding + amount,
      reserve,
      price: price.median,
    });
    refreshCoverage(context, price, lei);
  },
};

/**
 * Redeems AUR. AUR carries no name of its issuer, so a bank redeems only as much as it has outstanding itself, and
 * returns what others minted by BankTransfer.
 */
export const aurBurnHandler: OperationHandler<AurBurn> = {
  name: 'AurBurn',
  spec: ECONOMY.operations.AurBurn,
  gas: OPERATION_GAS.economy.AurBurn,
  execute({ amount }, context) {
    const { own, sender } = context;
    requirePositive(amount);
    const lei = bankOfAccount(own, sender);
    if (lei === undefined) fail('NOT_BANK_ACCOUNT', 'the sender is no bank’s account');
    const outstanding = outstandingOf(own, lei);
    if (amount > outstanding) fail('NOT_OUTSTANDING', `${lei} has ${outstanding} outstanding`);
    const price = goldPrice(own, context);
    // Without a price the ratio recorded last is the best that is known.
    const ratio =
      price.state === 'usable'
        ? ratioPpm(bankReserve(own, context, price, lei), outstanding)
        : readCoverage(own, lei).ratioPpm;
    moveInTransaction(own, { debit: balanceAccount(sender), credit: ISSUE, token: 'AUR', amount });
    setOutstanding(own, lei, outstanding - amount);
    context.emit(ECONOMY.events.AurBurned, {
      bank: lei,
      from: sender,
      amount,
      outstanding: outstanding - amount,
      payoutPpm: Math.min(ratio, FULL_PAYOUT_PPM),
    });
    refreshCoverage(context, price, lei);
  },
};
