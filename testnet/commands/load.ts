import type { CliContext } from '../../src/cli/context.ts';
import { renderTable } from '../../src/cli/output.ts';
import { NodeError } from '../../src/util/errors.ts';
import { TestnetDirectory, type TestnetErrorCode } from '../directory.ts';
import type { LoadReport } from '../load/tracker.ts';
import { FOREGROUND_LANE, load as loadStage } from '../stages/load.ts';
import { supervisorOf } from './supervisor-of.ts';

export interface LoadCommandOptions {
  rate: number;
  seconds: number;
  only?: string[];
  validatorChanges: boolean;
  impatient?: boolean;
}

/** `metanode testnet load`: fails if a transaction was lost or ended in another way than planned. */
export async function load(context: CliContext, path: string, options: LoadCommandOptions): Promise<void> {
  const { output } = context;
  const directory = new TestnetDirectory(path);
  const manifest = await directory.loadManifest();
  const supervisor = await supervisorOf(directory);
  output.progress('planning and sending');
  const report = await loadStage(supervisor, manifest, {
    rate: options.rate,
    seconds: options.seconds,
    only: options.only,
    lane: FOREGROUND_LANE,
    validatorChanges: options.validatorChanges,
    impatient: options.impatient,
    onProgress: ({ height, sent, final, open }) =>
      output.note(`height ${height}  sent ${sent}  final ${final}  open ${open}`),
  });
  output.result(report, renderLoadReport(report));
  const problem = loadProblem(report);
  if (problem !== undefined) throw new NodeError<TestnetErrorCode>('NOT_HEALTHY', problem);
}

/** One sentence if a load did not end as planned. */
export function loadProblem(report: LoadReport): string | undefined {
  if (report.lost > 0)
    return `${report.lost} accepted transactions have neither a receipt nor a recorded drop`;
  if (report.pooled > 0)
    return `${report.pooled} accepted transactions still wait in the pool; a refused one may stand before them`;
  if (report.repeated > 0) return `${report.repeated} transactions have more than one receipt`;
  if (report.unexpected > 0)
    return `${report.unexpected} receipts have another status than planned: ${report.unexpectedStatuses[0]}`;
  if (report.refused > 0)
    return `${report.refused} transactions were refused: ${Object.keys(report.refusals).join(', ')}`;
  return undefined;
}

export function renderLoadReport(report: LoadReport): string {
  const { latencyMs } = report;
  return [
    renderTable(
      ['ledger', 'operation', 'ok', 'failed'],
      report.operations.map(({ ledger, operation, ok, failed }) => [
        ledger,
        operation,
        String(ok),
        String(failed),
      ]),
    ),
    `planned ${report.planned}, accepted ${report.accepted}, refused ${report.refused}, final ${report.final}, dropped ${report.dropped}, still pooled ${report.pooled}, lost ${report.lost}`,
    `failed ${(100 * report.failedShare).toFixed(1)} %, not as planned ${report.unexpected}, ${report.finalPerSecond.toFixed(1)} final a second`,
    `submit to final: p50 ${latencyMs.p50} ms, p90 ${latencyMs.p90} ms, p99 ${latencyMs.p99} ms, max ${latencyMs.max} ms`,
  ].join('\n');
}
