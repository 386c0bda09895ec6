import type { Command } from 'commander';
import { VERSION } from '../../../util/version.ts';
import { action, type CliProcess } from '../../context.ts';

export function registerVersion(program: Command, cliProcess: CliProcess): void {
  program
    .command('version')
    .description('print the versions of metanode and Node.js')
    .action(
      action(cliProcess, ({ output }) => {
        const node = process.versions.node;
        output.result(
          { metanode: VERSION, node, platform: `${process.platform}-${process.arch}` },
          `metanode ${VERSION}, Node ${node}`,
        );
      }),
    );
}
