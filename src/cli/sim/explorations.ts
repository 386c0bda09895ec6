import type { SearchReport } from '../../sim/exploration/search.ts';
import type { TwinsReport } from '../../sim/exploration/twins.ts';
import { faultTolerance } from '../../types/quorum.ts';
import type { CliContext } from '../context.ts';
import { usageError } from '../exit-code.ts';
import { renderTable } from '../output.ts';

/** Options of `metanode sim --twins` and `metanode sim --search`. */
export interface ExplorationOptions {
  readonly validators: number;
  readonly seed: string;
  readonly twins?: number;
  readonly rounds?: number;
  readonly parts?: number;
  readonly samples?: number;
  readonly maxStates?: number;
}

/** Samples between two lines of progress. */
const SAMPLES_AT_ONCE = 2000;

/** Twins: all schedules, or with `--samples` random ones. Throws at the first broken property. */
export async function playTwins(context: CliContext, options: ExplorationOptions): Promise<void> {
  const { validators: n, seed, twins = 1, rounds = 3, parts = 3, samples } = options;
  if (twins < 1 || twins > faultTolerance(n))
    throw usageError(`${n} validators bear ${faultTolerance(n)} faulty ones, not ${twins} twins`);
  if (rounds < 1 || parts < 1) throw usageError('at least one round, and one part of the network');
  const { addTwins, NO_TWINS, roundsToHeal, tryAllTwins } = await import('../../sim/exploration/twins.ts');
  const started = performance.now();
  const shared = { n, twins, rounds, parts };
  let report = NO_TWINS;
  if (samples === undefined)
    report = tryAllTwins(shared, (done) => {
      context.output.note(`${done.schedules} schedules, ${done.states} states`);
    });
  else {
    const { sampleTwins } = await import('../../sim/exploration/twins-samples.ts');
    for (let from = 0; from < samples; from += SAMPLES_AT_ONCE) {
      const share = { ...shared, seed, from, samples: Math.min(SAMPLES_AT_ONCE, samples - from) };
      report = addTwins(report, sampleTwins(share));
      if (report.schedules < samples) context.output.note(`${report.schedules} of ${samples} schedules`);
    }
  }
  const seconds = (performance.now() - started) / 1000;
  const value = { validators: n, twins, rounds, parts, ...report, roundsToHeal: roundsToHeal(n), seconds };
  context.output.result(value, twinsText(value, context));
}

function twinsText(
  report: TwinsReport & {
    validators: number;
    twins: number;
    rounds: number;
    roundsToHeal: number;
    seconds: number;
  },
  { output }: CliContext,
): string {
  const { validators, twins, rounds, schedules, states, decidedBefore, roundsAfterHealing } = report;
  const healed = Object.entries(roundsAfterHealing).map(([count, cases]) => `${count} rounds: ${cases}`);
  return [
    `cores          ${validators + twins}: ${validators} validators, ${twins} of them twice`,
    `schedules      ${schedules} of ${rounds} rounds${states === 0 ? '' : `, ${states} different states`}`,
    `decided        ${decidedBefore} before the network was whole`,
    `after healing  ${healed.join(', ') || 'none'}; the bound is ${report.roundsToHeal}`,
    `time           ${report.seconds.toFixed(1)} s`,
    `${output.green('✔')} no property broken`,
  ].join('\n');
}

/** Every state of four validators with one liar. Throws at the first broken property. */
export async function playSearch(context: CliContext, options: ExplorationOptions): Promise<void> {
  const { validators, rounds = 2, maxStates = rounds > 2 ? 300_000 : Number.POSITIVE_INFINITY } = options;
  if (validators !== 4) throw usageError('the search is for four validators');
  if (rounds < 1 || maxStates < 1) throw usageError('at least one round, and one state');
  const { searchSmall } = await import('../../sim/exploration/search.ts');
  const started = performance.now();
  const positions = searchSmall({ rounds, maxStates }, (done) => {
    const last = done.at(-1) as SearchReport;
    context.output.note(`the liar is v${last.liar}: ${last.states} states`);
  });
  const seconds = (performance.now() - started) / 1000;
  const frontier = positions.reduce((sum, position) => sum + position.frontier, 0);
  context.output.result(
    { rounds, positions, frontier, seconds },
    searchText(positions, rounds, seconds, context),
  );
}

function searchText(
  positions: readonly SearchReport[],
  rounds: number,
  seconds: number,
  { output }: CliContext,
): string {
  const rows = positions.map((position) => [
    `v${position.liar}${position.liar < rounds ? ', leads' : ''}`,
    ...[position.states, position.transitions, position.decided, position.messages, position.depth].map(
      String,
    ),
    position.frontier === 0 ? 'complete' : String(position.frontier),
  ]);
  const header = ['liar', 'states', 'steps', 'with a decision', 'messages', 'depth', 'frontier'];
  return [
    renderTable(header, rows),
    '',
    `4 validators, one of them lies, ${rounds} rounds of one height, ${seconds.toFixed(1)} s`,
    `${output.green('✔')} no property broken`,
  ].join('\n');
}
