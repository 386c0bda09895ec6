import type { Command } from 'commander';
import type { AppState } from '../../containers/container-app.ts';
import { type LimitOptions, limitsOf, withLimitOptions } from '../../containers/limit-options.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { show } from '../../json-answers.ts';
import { decimal, duration, hash0x, listOf } from '../../parse.ts';
import { sendNamed } from '../../sending/send-named.ts';
import { withSendOptions } from '../../sending/send-options.ts';
import type { SendOptions } from '../../sending/send-transaction.ts';

type DeployOptions = SendOptions &
  LimitOptions & { replicas: number; allowHost?: string[]; deterministic?: boolean };
type UpdateOptions = SendOptions & LimitOptions & { image?: string };

/** The operations of owners: images and what their apps should be. */
export function registerDocklockApps(docklock: Command, cliProcess: CliProcess): void {
  const image = docklock.command('image').description('images that somebody vouches for');
  image
    .command('show')
    .argument('<digest>', 'digest of its manifest', hash0x)
    .description('a registered image')
    .action(action(cliProcess, showImage));
  withSendOptions(
    image
      .command('register')
      .description('register the image that a root file system is')
      .requiredOption('--rootfs <dir>', 'the root file system')
      .option('--name <name>', 'name of the image in its provenance', 'rootfs')
      .requiredOption('--signer <key>', 'key of somebody who vouches for images; may be repeated', listOf),
  ).action(action(cliProcess, register));
  withLimitOptions(
    withSendOptions(
      docklock
        .command('deploy')
        .argument('<name>')
        .argument('<image>', 'digest of a registered image', hash0x)
        .description('deploy an app'),
    ),
    'default',
  )
    .option('--replicas <count>', 'how many of it', decimal, 1)
    .option('--allow-host <host>', 'host that it may reach; may be repeated (default: no network)', listOf)
    .option('--deterministic', 'its results are to be the same everywhere')
    .action(action(cliProcess, deploy));
  registerChanges(docklock, cliProcess);
}

/** Changes of an app name it and build on its present generation. */
function registerChanges(docklock: Command, cliProcess: CliProcess): void {
  const changing = (name: string, description: string) =>
    withSendOptions(docklock.command(name).argument('<name>').description(description));
  changing('start', 'have an app run; also restarts it').action(
    action(cliProcess, (context, options: SendOptions, name: string) =>
      change(context, options, name, 'Start', () => ({})),
    ),
  );
  changing('stop', 'have an app stopped')
    .option('--grace <duration>', 'time to end by itself', duration, 10_000)
    .action(
      action(cliProcess, (context, options: SendOptions & { grace: number }, name: string) =>
        change(context, options, name, 'Stop', () => ({ graceMs: options.grace })),
      ),
    );
  changing('scale', 'change how many of an app there are')
    .argument('<replicas>', 'how many', decimal)
    .action(
      action(cliProcess, (context, options: SendOptions, name: string, replicas: number) =>
        change(context, options, name, 'Scale', () => ({ replicas })),
      ),
    );
  withLimitOptions(changing('update', 'give an app another image, other limits, or both'), 'unchanged')
    .option('--image <digest>', 'digest of a registered image', hash0x)
    .action(action(cliProcess, update));
  changing('delete', 'delete an app for good').action(
    action(cliProcess, (context, options: SendOptions, name: string) =>
      change(context, options, name, 'Delete', () => ({})),
    ),
  );
}

async function showImage(context: CliContext, _options: unknown, digest: string): Promise<void> {
  await show(context, (client) => client.call('docklock_getImage', { digest }));
}

async function register(
  context: CliContext,
  options: SendOptions & { rootfs: string; name: string; signer: string[] },
): Promise<void> {
  const { imageOfRootfs } = await import('../../../runtime/rootfs-image.ts');
  const { registrationOf } = await import('../../containers/container-app.ts');
  const { KeyDirectory } = await import('../../key-directory.ts');
  const { sendOperations } = await import('../../sending/send-transaction.ts');
  const signers = await new KeyDirectory(context).loadKeyPairs(options.signer, options);
  const image = await imageOfRootfs(options.rootfs);
  await sendOperations(context, options, 'docklock', () => registrationOf(image, options.name, signers));
}

async function deploy(
  context: CliContext,
  options: DeployOptions,
  name: string,
  image: string,
): Promise<void> {
  const { SECCOMP_PROFILE_HASH } = await import('../../../runtime/seccomp-profile.ts');
  const { NO_DOCUMENT } = await import('../../../types/operations/docklock.ts');
  const { replicas, allowHost = [], deterministic = false } = options;
  await sendNamed(context, options, 'docklock', 'Deploy', {
    name,
    image,
    replicas,
    limits: limitsOf(options),
    policy: `0x${NO_DOCUMENT}`,
    seccomp: `0x${SECCOMP_PROFILE_HASH}`,
    network: allowHost.length === 0 ? 'none' : 'allowlist',
    allowlist: allowHost,
    readOnlyRoot: true,
    deterministic,
  });
}

async function update(context: CliContext, options: UpdateOptions, name: string): Promise<void> {
  const { image } = options;
  const changesLimits = [options.cpus, options.memory, options.disk, options.pids].some(
    (limit) => limit !== undefined,
  );
  await change(context, options, name, 'Update', ({ limits }) => ({
    image: image === undefined ? [] : [image],
    limits: changesLimits ? [limitsOf(options, limits)] : [],
  }));
}

/** Sends a change of the sender's app of this name, made for the generation in which the app is now. */
async function change(
  context: CliContext,
  options: SendOptions,
  name: string,
  operation: string,
  restOf: (app: AppState) => object,
): Promise<void> {
  const { operationNamed } = await import('../../../client/transaction-builder.ts');
  const { appId } = await import('../../../types/operations/cluster.ts');
  const { sendOperations } = await import('../../sending/send-transaction.ts');
  await sendOperations(context, options, 'docklock', async ({ client, sender }) => {
    const id = `0x${appId(sender, name)}`;
    const { app } = await client.call('docklock_getApp', { app: id });
    const data = { app: id, expectedGeneration: app.generation, ...restOf(app) };
    return operationNamed('docklock', operation, data);
  });
}
