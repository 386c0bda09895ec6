import type { Command } from 'commander';
import type { MethodResult } from '../../rpc/schema/methods.ts';
import { action, type CliContext, type CliProcess } from '../context.ts';
import { renderTable } from '../output.ts';
import { watch } from '../watch.ts';

type Diagnosis = MethodResult<'ibft_diagnose'>;

/** What looks inside a running node. */
export function registerDebug(program: Command, cliProcess: CliProcess): void {
  const debug = program.command('debug').description('look inside a running node');
  debug
    .command('consensus')
    .description('why the chain does not move: who is missing, why, and what to do; exit code 6 if it cannot')
    .option('--watch', 'ask again every second until Ctrl-C')
    .action(action(cliProcess, consensus));
}

async function consensus(context: CliContext, options: { watch?: boolean }): Promise<void> {
  const { clientOf } = await import('../rpc.ts');
  const { NodeError } = await import('../../util/errors.ts');
  const client = await clientOf(context);
  if (options.watch === true) return await watch(context, () => client.call('ibft_diagnose'), diagnosisText);
  const diagnosis = await client.call('ibft_diagnose');
  context.output.result(diagnosis, diagnosisText(diagnosis));
  if (!diagnosis.ok) throw new NodeError('NOT_HEALTHY', diagnosis.verdict);
}

function diagnosisText(diagnosis: Diagnosis): string {
  const { height, round, step, stuckForMs, nextRoundInMs, quorum, missing, proposer } = diagnosis;
  const next = nextRoundInMs === null ? 'no timer runs' : `next round in ${seconds(nextRoundInMs)}`;
  const by = proposer[`round${round}`];
  const lines = [
    diagnosis.verdict,
    `height ${height}, round ${round}, ${step}, for ${seconds(stuckForMs)}; ${next}`,
    `quorum ${quorum.need} of ${quorum.validators}, here ${quorum.have}`,
    ...(by === undefined ? [] : [`proposer ${String(by)}${proposer.online ? '' : ', which is missing'}`]),
  ];
  if (missing.length > 0) {
    const rows = missing.map((one) => [
      one.validator,
      one.state,
      one.peer ?? '-',
      one.since ?? (one.height === undefined ? '-' : `height ${one.height}`),
      one.reason ?? '',
    ]);
    lines.push('', renderTable(['missing', 'state', 'peer', 'since', 'reason'], rows));
  }
  if (diagnosis.hints.length > 0) lines.push('', ...diagnosis.hints.map((hint) => `- ${hint}`));
  return lines.join('\n');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
