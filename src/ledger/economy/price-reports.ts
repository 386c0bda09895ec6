import { ECONOMY } from '../../types/operations/economy.ts';
import type { PriceReport } from '../../types/operations/economy-gold.ts';
import { OPERATION_GAS } from '../gas-table.ts';
import type { OperationHandler } from '../seam.ts';
import { findAuthority } from './approvals.ts';
import { refreshAllCoverage } from './coverage.ts';
import { fail } from './failure.ts';
import { goldPrice, readPrice, recordPrice } from './gold-price.ts';

/** A million US dollars per troy ounce: more is a mistake of the unit. */
const MAX_MICRO_USD_PER_OUNCE = 1_000_000_000_000n;

/** Instead of a fee: one report per oracle and interval. */
export const priceReportHandler: OperationHandler<PriceReport> = {
  name: 'PriceReport',
  spec: ECONOMY.operations.PriceReport,
  gas: OPERATION_GAS.economy.PriceReport,
  free: true,
  execute({ microUsdPerOunce }, context) {
    const { own, senderKey: oracle, timeMs, parameters } = context;
    if (!findAuthority(context, 'oracles')?.keys.includes(oracle))
      fail('NOT_AN_ORACLE', 'the sender’s key is no oracle');
    if (microUsdPerOunce === 0n || microUsdPerOunce > MAX_MICRO_USD_PER_OUNCE)
      fail('INVALID_PRICE', 'a price is above 0 and at most 1 000 000 USD per troy ounce');
    const last = readPrice(own, oracle);
    if (last !== undefined && timeMs < last.reportedMs + parameters.priceReportIntervalMs)
      fail('PRICE_TOO_SOON', `the oracle reported ${timeMs - last.reportedMs} ms ago`);
    recordPrice(own, oracle, { microUsdPerOunce, reportedMs: timeMs });
    context.emit(ECONOMY.events.PriceReported, { oracle, microUsdPerOunce });
    refreshAllCoverage(context, goldPrice(own, context));
  },
};
