import { type Command, Option } from 'commander';
import { NODE_STATUSES, type NodeStatus } from '../../../types/operations/cluster.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { renderTable } from '../../output.ts';
import { decimal, listOf } from '../../parse.ts';
import { sendNamed } from '../../sending/send-named.ts';
import { withSendOptions } from '../../sending/send-options.ts';
import type { SendOptions } from '../../sending/send-transaction.ts';
import { registerClusterServices } from './cluster-services.ts';
import { registerClusterWorkloads } from './cluster-workloads.ts';

type JoinOptions = SendOptions & {
  region: string;
  asn: number;
  implementation: string;
  cpu: number;
  memory: number;
  disk: number;
  bondRef?: string;
};

/** How wide keys stand in tables; `--json` has all of them. */
const SHORT_KEY = 18;
const DEFAULT_MOVES = 16;

/** The nodes of the cluster; services and workloads have groups of their own. */
export function registerCluster(program: Command, cliProcess: CliProcess): void {
  const cluster = program.command('cluster').description('nodes, services and where workloads stand');
  const sending = (name: string, description: string) =>
    withSendOptions(cluster.command(name).description(description));

  cluster
    .command('members')
    .description('the nodes and their leases')
    .addOption(new Option('--status <status>', 'only these').choices(NODE_STATUSES))
    .action(action(cliProcess, members));
  cluster.command('load').description('what is reserved of the cluster').action(action(cliProcess, load));
  sending('join <node-key>', 'a node joins, named by its own key; the sender becomes its operator')
    .requiredOption('--region <label>', 'where it stands, as a DNS label')
    .option('--asn <number>', 'number of the autonomous system it is in', decimal, 0)
    .option('--implementation <name>', 'what it runs', 'metanode')
    .option('--cpu <milli>', 'thousandths of a core that replicas may reserve', decimal, 1_000)
    .option('--memory <mib>', 'MiB of memory', decimal, 1_024)
    .option('--disk <mib>', 'MiB of disk', decimal, 1_024)
    .option('--bond-ref <hash>', 'lock of GEN for this ledger, purpose bond, that gives it weight')
    .action(action(cliProcess, join));
  sending('leave <node>', 'the node takes no more replicas and leaves once it is empty').action(
    action(cliProcess, async (context, options: SendOptions, node: string) => {
      await sendNamed(context, options, 'cluster', 'NodeLeave', { node });
    }),
  );
  sending('heartbeat <node-key>', 'renew the lease of a node')
    .option('--suspect <node>', 'a node that it does not reach; may be repeated', listOf)
    .action(action(cliProcess, heartbeat));
  sending('suspect <node>', 'report that own nodes do not reach a node').action(
    action(cliProcess, async (context, options: SendOptions, node: string) => {
      const { suspectOperation } = await import('../../sending/cluster-operations.ts');
      const { sendOperations } = await import('../../sending/send-transaction.ts');
      await sendOperations(context, options, 'cluster', (situation) => suspectOperation(situation, node));
    }),
  );
  sending('refute <node-key>', 'a suspected node shows that it lives').action(
    action(cliProcess, async (context, options: SendOptions, key: string) => {
      const { KeyDirectory } = await import('../../key-directory.ts');
      const { refuteOperation } = await import('../../sending/cluster-operations.ts');
      const { sendOperations } = await import('../../sending/send-transaction.ts');
      const node = await new KeyDirectory(context).loadKeyPair(key, options);
      await sendOperations(context, options, 'cluster', (situation) => refuteOperation(node, situation));
    }),
  );
  sending('rebalance [moves]', 'move replicas from the most loaded nodes in the next block').action(
    action(cliProcess, async (context, options: SendOptions, moves?: string) => {
      await sendNamed(context, options, 'cluster', 'Rebalance', {
        maxMoves: decimal(moves ?? String(DEFAULT_MOVES)),
      });
    }),
  );
  registerClusterServices(cluster, cliProcess);
  registerClusterWorkloads(cluster, cliProcess);
}

async function members(context: CliContext, { status }: { status?: NodeStatus }): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const { LIMITS } = await import('../../../util/limits.ts');
  const answer = await (await clientOf(context)).call('cluster_members', {
    limit: LIMITS.maxPageItems,
    ...(status === undefined ? {} : { status }),
  });
  const rows = answer.items.map((member) => [
    member.node.slice(0, SHORT_KEY),
    member.status,
    member.region,
    String(member.incarnation),
    String(member.weight),
    String(member.replicas),
    `${member.used.cpuMilli}/${member.capacity.cpuMilli}`,
    `${member.used.memoryMib}/${member.capacity.memoryMib}`,
    member.leaseUntil,
  ]);
  const header = ['node', 'status', 'region', 'inc', 'weight', 'replicas', 'cpu', 'memory', 'lease until'];
  const shown = answer.nextCursor === null ? '' : `, ${answer.items.length} of ${answer.total}`;
  context.output.result(answer, `${renderTable(header, rows)}\nat height ${answer.height}${shown}`);
}

async function load(context: CliContext): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('cluster_load');
  const rows = answer.nodes.map(({ node, region, status, replicas, loadPpm }) => [
    node.slice(0, SHORT_KEY),
    region,
    status,
    String(replicas),
    percent(loadPpm),
  ]);
  const { alive, healthPpm, workloads, pending, height } = answer;
  context.output.result(
    answer,
    [
      renderTable(['node', 'region', 'status', 'replicas', 'reserved'], rows),
      `${alive} alive (${percent(healthPpm)}), ${workloads} workloads, ${pending} not fully placed`,
      `at height ${height}`,
    ].join('\n'),
  );
}

function percent(ppm: number): string {
  return `${(ppm / 10_000).toFixed(1)} %`;
}

async function join(context: CliContext, options: JoinOptions, key: string): Promise<void> {
  const { KeyDirectory } = await import('../../key-directory.ts');
  const { joinOperation } = await import('../../sending/cluster-operations.ts');
  const { sendOperations } = await import('../../sending/send-transaction.ts');
  const node = await new KeyDirectory(context).loadKeyPair(key, options);
  const { region, asn, implementation, cpu, memory, disk, bondRef } = options;
  const capacity = { cpuMilli: cpu, memoryMib: memory, diskMib: disk };
  await sendOperations(context, options, 'cluster', (situation) =>
    joinOperation(node, situation, { region, asn, implementation, capacity, bondRef }),
  );
}

async function heartbeat(
  context: CliContext,
  options: SendOptions & { suspect?: string[] },
  key: string,
): Promise<void> {
  const { KeyDirectory } = await import('../../key-directory.ts');
  const { heartbeatOperation } = await import('../../sending/cluster-operations.ts');
  const { sendOperations } = await import('../../sending/send-transaction.ts');
  const node = await new KeyDirectory(context).loadKeyPair(key, options);
  await sendOperations(context, options, 'cluster', (situation) =>
    heartbeatOperation(node, situation, options.suspect ?? []),
  );
}
