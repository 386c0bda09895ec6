import { type Command, Option } from 'commander';
import { CONTAINER_STATES } from '../../../types/step-receipt.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { show } from '../../json-answers.ts';
import { renderTable } from '../../output.ts';
import { decimal, hash0x } from '../../parse.ts';
import { registerDocklockApps } from './docklock-apps.ts';
import { registerDocklockRun } from './docklock-run.ts';

/** `run` and `rootfs`, the operations of owners, and what the chain knows. */
export function registerDocklock(program: Command, cliProcess: CliProcess): void {
  const docklock = program.command('docklock').description('images, apps, and containers on real machines');
  registerDocklockRun(docklock, cliProcess);
  registerDocklockApps(docklock, cliProcess);
  docklock
    .command('app')
    .argument('<id>', 'id of the app', hash0x)
    .description('an app as its owner wants it')
    .action(
      action(cliProcess, async (context, _options, app: string) => {
        await show(context, (client) => client.call('docklock_getApp', { app }));
      }),
    );
  docklock
    .command('container')
    .argument('<app>', 'id of the app', hash0x)
    .argument('[replica]', 'number of the replica', decimal, 0)
    .description('a container as its node reported it, and where its chain of steps stands')
    .action(
      action(cliProcess, async (context, _options, app: string, replica: number) => {
        await show(context, (client) => client.call('docklock_getContainer', { app, replica }));
      }),
    );
  docklock
    .command('containers')
    .description('containers as nodes reported them')
    .option('--app <id>', 'only of this app', hash0x)
    .option('--node <key>', 'only of this node', hash0x)
    .addOption(new Option('--state <state>', 'only in this state').choices(CONTAINER_STATES))
    .action(action(cliProcess, containers));
  docklock
    .command('proof')
    .argument('<tx-id>', 'a docklock transaction', hash0x)
    .description('the Proof-of-Action of the section that holds a transaction')
    .action(
      action(cliProcess, async (context, _options, txId: string) => {
        await show(context, (client) => client.call('docklock_getProofOfAction', { txId }));
      }),
    );
  docklock
    .command('runtimes')
    .description('the container runtimes on the machine of the node that is asked')
    .action(action(cliProcess, runtimes));
}

interface ContainersOptions {
  app?: string;
  node?: string;
  state?: (typeof CONTAINER_STATES)[number];
}

async function containers(context: CliContext, { app, node, state }: ContainersOptions): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('docklock_listContainers', {
    ...(app === undefined ? {} : { app }),
    ...(node === undefined ? {} : { node }),
    ...(state === undefined ? {} : { state }),
  });
  const rows = answer.items.map(({ app, replica, state, exitCode, node, sequence, usage }) => [
    app,
    String(replica),
    state,
    exitCode === null ? '' : String(exitCode),
    (node ?? '').slice(0, 18),
    String(sequence),
    String(usage.cpuMs),
  ]);
  const header = ['app', 'replica', 'state', 'exit', 'node', 'steps', 'CPU ms'];
  const count = `${answer.items.length} of ${answer.total}`;
  context.output.result(answer, `${renderTable(header, rows)}\n${count} at height ${answer.height}`);
}

async function runtimes(context: CliContext): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('docklock_runtimes');
  const rows = answer.runtimes.map(({ name, version, message }) => [name, version ?? '', message ?? 'ready']);
  context.output.result(answer, renderTable(['runtime', 'version', ''], rows));
}
