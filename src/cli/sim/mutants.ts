import { cpus } from 'node:os';
import type { CheckName } from '../../sim/mutants/mutant-checks.ts';
import type { MutantVerdict } from '../../sim/mutants/mutant-worker.ts';
import type { Mutant } from '../../sim/mutants/mutants.ts';
import { NodeError } from '../../util/errors.ts';
import type { CliContext } from '../context.ts';
import { renderTable } from '../output.ts';
import { type MutantErrorCode, type MutantRun, openSourceTree, runMutant } from './mutant-runs.ts';

/**
 * The checker checks itself: the code as it is must pass every check, and of each mutant the stated check must notice
 * what is wrong with it. The others are run as well, to show who else does.
 * @throws NodeError CHECK_UNSOUND, MUTANT_SURVIVED
 */
export async function huntMutants(context: CliContext, jobs: number = cpus().length): Promise<void> {
  const { CHECKS } = await import('../../sim/mutants/mutant-checks.ts');
  const { MUTANTS } = await import('../../sim/mutants/mutants.ts');
  const tree = await openSourceTree();
  const started = performance.now();
  const waiting: (Mutant | undefined)[] = [undefined, ...MUTANTS];
  const runs: MutantRun[] = [];
  const work = async () => {
    for (let next = waiting.length; next > 0; next = waiting.length) {
      const run = await runMutant(tree, waiting.shift(), CHECKS);
      runs.push(run);
      context.output.note(`${runs.length} of ${MUTANTS.length + 1}: ${summaryOf(run)}`);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, work));
  const seconds = (performance.now() - started) / 1000;
  report(context, runs, CHECKS, seconds);
}

function report(
  context: CliContext,
  runs: readonly MutantRun[],
  checks: readonly CheckName[],
  seconds: number,
): void {
  const original = runs.find(({ mutant }) => mutant === undefined);
  const mutants = runs.flatMap(({ mutant, verdicts }) =>
    mutant === undefined ? [] : [{ ...mutant, verdicts }],
  );
  mutants.sort((a, b) => (a.name < b.name ? -1 : 1));
  const survivors = mutants.filter((run) => killOf(run.killer, run.verdicts) === undefined);
  const rows = mutants.map(({ name, killer, verdicts }) => [
    name,
    killer,
    ...checks.map((check) => (killOf(check, verdicts) === undefined ? '-' : 'killed')),
    killOf(killer, verdicts)?.message.slice(0, 60) ?? 'SURVIVED',
  ]);
  const unsound = original?.verdicts.find(({ error }) => error !== undefined);
  const header = ['mutant', 'killer', ...checks, 'what the killer found'];
  const lines = [
    renderTable(header, rows),
    '',
    `${mutants.length - survivors.length} of ${mutants.length} mutants killed by their checks in ${seconds.toFixed(1)} s; the code as it is ${unsound === undefined ? 'passes' : 'does not pass'}`,
  ];
  context.output.result({ mutants, original: original?.verdicts, seconds }, lines.join('\n'));
  if (unsound !== undefined)
    throw new NodeError<MutantErrorCode>('CHECK_UNSOUND', `${unsound.check}: ${unsound.error?.message}`, {
      data: { ...unsound },
      hint: 'the code without any mutation breaks a property: see to that first',
    });
  if (survivors.length > 0)
    throw new NodeError<MutantErrorCode>(
      'MUTANT_SURVIVED',
      survivors.map(({ name, killer }) => `${name} (${killer})`).join(', '),
      {
        data: { survivors: survivors.map(({ name }) => name) },
        hint: 'its check does not check what it should',
      },
    );
}

function killOf(check: CheckName, verdicts: readonly MutantVerdict[]): MutantVerdict['error'] {
  return verdicts.find((verdict) => verdict.check === check)?.error;
}

function summaryOf({ mutant, verdicts }: MutantRun): string {
  const killers = verdicts.filter(({ error }) => error !== undefined).map(({ check }) => check);
  return `${mutant?.name ?? 'the code as it is'}: ${killers.length === 0 ? 'passes' : `killed by ${killers.join(', ')}`}`;
}
