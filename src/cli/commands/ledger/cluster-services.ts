import { type Command, Option } from 'commander';
import { SERVICE_PROTOCOLS } from '../../../types/operations/cluster.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { renderTable } from '../../output.ts';
import { decimal, listOf } from '../../parse.ts';
import { sendNamed } from '../../sending/send-named.ts';
import { withSendOptions } from '../../sending/send-options.ts';
import type { SendOptions } from '../../sending/send-transaction.ts';

type ServiceOptions = SendOptions & { port: number; protocol: string; endpoint?: string[] };

const withServiceOptions = (command: Command) =>
  withSendOptions(command)
    .requiredOption('--port <port>', 'port of the service', decimal)
    .addOption(new Option('--protocol <protocol>').choices(SERVICE_PROTOCOLS).default('tcp'))
    .option(
      '--endpoint <app/replica[:weight]>',
      'a running replica of an own app, and its share of the load; may be repeated',
      listOf,
    );

export function registerClusterServices(cluster: Command, cliProcess: CliProcess): void {
  const service = cluster.command('service').description('services by name, and who serves whom');
  withServiceOptions(service.command('register <name>').description('take a name')).action(
    action(cliProcess, async (context, options: ServiceOptions, name: string) => {
      const { registerServiceOperation } = await import('../../sending/cluster-operations.ts');
      const { sendOperations } = await import('../../sending/send-transaction.ts');
      await sendOperations(context, options, 'cluster', (situation) =>
        registerServiceOperation(situation, name, options),
      );
    }),
  );
  withServiceOptions(
    service.command('update <name>').description('replace port, protocol and endpoints'),
  ).action(
    action(cliProcess, async (context, options: ServiceOptions, name: string) => {
      const { updateServiceOperation } = await import('../../sending/cluster-operations.ts');
      const { sendOperations } = await import('../../sending/send-transaction.ts');
      await sendOperations(context, options, 'cluster', (situation) =>
        updateServiceOperation(situation, name, options),
      );
    }),
  );
  withSendOptions(service.command('deregister <name>').description('give the name up')).action(
    action(cliProcess, async (context, options: SendOptions, name: string) => {
      await sendNamed(context, options, 'cluster', 'SvcDeregister', { name });
    }),
  );
  service
    .command('list')
    .description('the services and their endpoints')
    .option('--owner <address>', 'only those of an account')
    .action(action(cliProcess, list));
  service
    .command('resolve <name> <key>')
    .description('which endpoints a client with this key tries, in order')
    .action(action(cliProcess, resolve));
}

async function list(context: CliContext, { owner }: { owner?: string }): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const { LIMITS } = await import('../../../util/limits.ts');
  const answer = await (await clientOf(context)).call('cluster_services', {
    limit: LIMITS.maxPageItems,
    ...(owner === undefined ? {} : { owner }),
  });
  const rows = answer.items.map(({ service, protocol, port, version, endpoints }) => [
    service,
    `${protocol}/${port}`,
    String(version),
    `${endpoints.filter(({ healthy }) => healthy).length} of ${endpoints.length}`,
  ]);
  context.output.result(
    answer,
    `${renderTable(['service', 'port', 'version', 'healthy'], rows)}\nat height ${answer.height}`,
  );
}

async function resolve(context: CliContext, _options: unknown, service: string, key: string): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('cluster_resolve', { service, key });
  const rows = answer.endpoints.map(({ node, app, replica, weight }) => [
    node,
    `${app.slice(0, 18)}/${replica}`,
    String(weight),
  ]);
  context.output.result(
    answer,
    `${renderTable(['node', 'app/replica', 'weight'], rows)}\nat height ${answer.height}`,
  );
}
