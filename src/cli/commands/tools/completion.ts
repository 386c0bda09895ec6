import { Argument, type Command } from 'commander';
import { completionScript, SHELLS, type Shell } from '../../completion-scripts.ts';
import { completionTable } from '../../completion-table.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';

/** `completion`: made from the commands themselves, so it knows every command and option that there is. */
export function registerCompletion(program: Command, cliProcess: CliProcess): void {
  program
    .command('completion')
    .description('print a script that completes metanode commands in a shell')
    .addArgument(new Argument('<shell>', 'source <(metanode completion bash)').choices(SHELLS))
    .action(
      action(cliProcess, ({ output }: CliContext, _options: unknown, shell: Shell) => {
        const script = completionScript(shell, completionTable(program));
        output.result({ shell, script }, script.trimEnd());
      }),
    );
}
