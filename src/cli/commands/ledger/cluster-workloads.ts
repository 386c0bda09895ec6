import type { Command } from 'commander';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { renderTable } from '../../output.ts';
import { decimal, listOf } from '../../parse.ts';
import { sendNamed } from '../../sending/send-named.ts';
import { withSendOptions } from '../../sending/send-options.ts';
import type { SendOptions } from '../../sending/send-transaction.ts';

type SubmitOptions = SendOptions & {
  replicas: number;
  cpu: number;
  memory: number;
  disk: number;
  region?: string[];
  priority: number;
  generation: number;
};

export function registerClusterWorkloads(cluster: Command, cliProcess: CliProcess): void {
  const workload = cluster.command('workload').description('what shall be placed, and where it stands');
  withSendOptions(workload.command('submit <app>').description('ask for places for the replicas of an app'))
    .option('--replicas <count>', 'how many', decimal, 1)
    .option('--cpu <milli>', 'thousandths of a core for each', decimal, 100)
    .option('--memory <mib>', 'MiB of memory for each', decimal, 64)
    .option('--disk <mib>', 'MiB of disk for each', decimal, 0)
    .option('--region <label>', 'where they may stand; may be repeated; everywhere if not given', listOf)
    .option('--priority <ppm>', 'millionths; grows with the time that the work waits', decimal, 500_000)
    .option('--generation <number>', 'generation of the app', decimal, 1)
    .action(action(cliProcess, submit));
  withSendOptions(workload.command('cancel <app>').description('give all places back')).action(
    action(cliProcess, async (context, options: SendOptions, app: string) => {
      await sendNamed(context, options, 'cluster', 'WorkloadCancel', { app });
    }),
  );
  workload
    .command('placement <app>')
    .description('where the replicas of an app stand; with --replica, why there')
    .requiredOption('--owner <address>', 'account that submitted it')
    .option('--replica <number>', 'compare all nodes for this replica', decimal)
    .action(action(cliProcess, placement));
}

async function submit(context: CliContext, options: SubmitOptions, app: string): Promise<void> {
  const { replicas, cpu, memory, disk, region, priority, generation } = options;
  await sendNamed(context, options, 'cluster', 'WorkloadSubmit', {
    app,
    generation,
    replicas,
    request: { cpuMilli: cpu, memoryMib: memory, diskMib: disk },
    regions: region ?? [],
    priorityPpm: priority,
  });
}

async function placement(
  context: CliContext,
  { owner, replica }: { owner: string; replica?: number },
  app: string,
): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('cluster_placement', {
    owner,
    app,
    ...(replica === undefined ? {} : { replica }),
  });
  const places = answer.replicas.map((place) => [
    String(place.replica),
    place.node ?? 'nowhere',
    place.region ?? '',
    place.nodeStatus ?? '',
    place.container ?? '',
  ]);
  const lines = [renderTable(['replica', 'node', 'region', 'status', 'container'], places)];
  if (answer.why !== null) {
    const { choice, nodes } = answer.why;
    const compared = nodes.map(({ node, region, verdict, score }) => [
      node === choice ? '→' : '',
      node,
      region,
      verdict,
      score,
    ]);
    lines.push('', `replica ${replica}, if it were placed now:`);
    lines.push(renderTable(['', 'node', 'region', 'verdict', 'score'], compared));
  }
  context.output.result(answer, [...lines, `at height ${answer.height}`].join('\n'));
}
