import { blockRate, ratio } from '../arithmetic.ts';
import type { BenchRun } from '../context.ts';
import { LoadedNet, loadMetrics } from './load.ts';

const LIMIT_MS = 800_000;
const SETTLE_MS = 5_000;
const VALIDATORS = 21;

/** Of the best rate: what the latency of a chain that is not pushed to its limit is measured at. */
const CALM_SHARE = 0.5;
/** Of the best rate: what a chain is offered that has to refuse most of it. */
const FLOOD_FACTOR = 5;
/** Signed for a flood, of the best rate: what is refused is sent again, so only what is admitted is used up. */
const FLOOD_SIGNED_FACTOR = 2;

function shareRun(
  name: string,
  summary: string,
  share: { readonly offered: number; readonly signed: number },
): BenchRun {
  return {
    name,
    summary,
    validators: VALIDATORS,
    limitMs: LIMIT_MS,
    measure: async (context) => {
      const validators = context.options.validators ?? VALIDATORS;
      const loaded = await LoadedNet.boot(context, { validators, operationsPerTransaction: 1 }, 1);
      const best = blockRate((await loaded.fastest()).report.blocks).transactionsPerSecond;
      context.note(`${best.toFixed(0)} transactions a second are final in time`);
      await loaded.rest(SETTLE_MS);
      const rate = share.offered * best;
      const measured = await loaded.load({ kind: 'fixed', rate }, share.signed * best);
      const { transactionsPerSecond } = blockRate(measured.report.blocks);
      return {
        bestPerSecond: best,
        shareOfBest: ratio(transactionsPerSecond, best),
        ...loadMetrics(measured, validators),
      };
    },
  };
}

/** What a transaction waits for on a chain that is half as busy as it could be. */
export const finality = shareRun('finality', '21 validators at half of the best rate: submit to final', {
  offered: CALM_SHARE,
  signed: CALM_SHARE,
});

/** A chain that is offered far more than it can take: what it still commits, and how long what it admits waits. */
export const overload = shareRun('overload', '21 validators, offered five times what they can take', {
  offered: FLOOD_FACTOR,
  signed: FLOOD_SIGNED_FACTOR,
});
