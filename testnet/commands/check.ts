import type { CliContext } from '../../src/cli/context.ts';
import { NodeError } from '../../src/util/errors.ts';
import { TestnetDirectory, type TestnetErrorCode } from '../directory.ts';
import { type CheckReport, check as checkStage } from '../stages/check.ts';
import { supervisorOf } from './supervisor-of.ts';

/** `metanode testnet check`; `coverage` also asks for a success and a failure of every operation. */
export async function check(
  context: CliContext,
  path: string,
  options: { coverage?: boolean },
): Promise<void> {
  const supervisor = await supervisorOf(new TestnetDirectory(path));
  if (supervisor.running.length === 0)
    throw new NodeError<TestnetErrorCode>('NOT_HEALTHY', 'no node runs', { hint: 'metanode testnet resume' });
  context.output.progress('comparing all nodes at every height, and replaying the chain');
  const report = await checkStage(supervisor, { coverage: options.coverage ?? false });
  context.output.result(report, renderCheckReport(report));
  if (!report.ok)
    throw new NodeError<TestnetErrorCode>('NOT_HEALTHY', 'the testnet does not agree with itself');
}

export function renderCheckReport({ invariants, secondChecker, sent }: CheckReport): string {
  const { supply } = secondChecker;
  return [
    `invariants      ${invariants.ok ? 'ok' : 'BROKEN'}: ${invariants.nodes} nodes, heights 1 to ${invariants.heights}`,
    ...invariants.findings.map(({ invariant, message }) => `  ${invariant}: ${message}`),
    `second checker  ${secondChecker.ok ? 'ok' : 'DIFFERS'}: ${secondChecker.blocks} blocks, ${secondChecker.transactions} transactions, ${secondChecker.balancesCompared} balances`,
    ...secondChecker.findings.map(({ height, what }) => `  height ${height}: ${what}`),
    ...(sent === null
      ? []
      : [
          `signatures      ${sent.ok ? 'ok' : 'CONTRADICTING'}: ${sent.statements} statements in ${sent.messages} messages that were sent`,
          ...sent.contradictions.map((finding) => `  ${finding}`),
        ]),
    `supply          ${Object.entries(supply)
      .map(([token, amount]) => `${token} ${amount}`)
      .join(', ')} (micro-units)`,
  ].join('\n');
}
