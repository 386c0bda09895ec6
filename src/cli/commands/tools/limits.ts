import type { Command } from 'commander';
import { LIMITS } from '../../../util/limits.ts';
import { action, type CliProcess } from '../../context.ts';
import { renderTable } from '../../output.ts';

export function registerLimits(program: Command, cliProcess: CliProcess): void {
  program
    .command('limits')
    .description('print every bound that the node enforces')
    .action(
      action(cliProcess, ({ output }) => {
        const rows = Object.entries(LIMITS).map(([name, value]) => [name, String(value)]);
        output.result(LIMITS, renderTable(['limit', 'value'], rows));
      }),
    );
}
