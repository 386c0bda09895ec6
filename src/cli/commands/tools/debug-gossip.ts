import type { Command } from 'commander';
import type { Client } from '../../../client/client.ts';
import type { MethodResult } from '../../../rpc/schema/methods.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { renderTable } from '../../output.ts';
import { watch } from '../../watch.ts';

interface GossipOptions {
  watch?: boolean;
  topic?: string;
  peer?: string;
  message?: string;
}

/** How messages spread, as one node sees it. */
export function registerDebugGossip(debug: Command, cliProcess: CliProcess): void {
  debug
    .command('gossip')
    .description('topics, peers, scores and the last bad messages, as the node sees them')
    .option('-w, --watch', 'ask again every second until Ctrl-C')
    .option('--topic <text>', 'only topics whose name contains this')
    .option('--peer <peerId>', 'only this peer')
    .option('--message <id>', 'instead: from whom one message came, first and again')
    .action(action(cliProcess, gossip));
}

async function gossip(context: CliContext, options: GossipOptions): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const client = await clientOf(context);
  const { message } = options;
  if (message !== undefined) {
    const answer = await client.call('gossip_message', { messageId: message });
    context.output.result(answer, messageText(answer));
    return;
  }
  const ask = () => viewOf(client, options);
  if (options.watch === true) return await watch(context, ask, viewText);
  const view = await ask();
  context.output.result(view, viewText(view));
}

type View = Awaited<ReturnType<typeof viewOf>>;

async function viewOf(client: Client, { topic: part = '', peer }: GossipOptions) {
  const [stats, mesh, scores, queue, rejected] = await Promise.all([
    client.call('gossip_stats'),
    client.call('gossip_mesh'),
    client.call('gossip_scores', peer === undefined ? {} : { peerId: peer }),
    client.call('gossip_queue'),
    client.call('gossip_rejected', { limit: 10 }),
  ]);
  const isWanted = ({ topic }: { topic: string }) => topic.includes(part);
  const isAsked = (peerId: string) => peer === undefined || peerId === peer;
  return {
    nodeId: stats.nodeId,
    height: stats.height,
    takenAt: stats.takenAt,
    stats: stats.topics.filter(isWanted),
    mesh: mesh.topics
      .filter(isWanted)
      .map(({ topic, peers }) => ({ topic, peers: peers.filter(({ peerId }) => isAsked(peerId)) })),
    peers: scores.peers
      .filter(({ peerId }) => isAsked(peerId))
      .map((one) => ({
        ...one,
        topics: one.topics.filter(isWanted),
        queuedBytes: queue.peers.find(({ peerId }) => peerId === one.peerId)?.bytes ?? 0,
      })),
    unweighted: scores.unweighted,
    rejected: rejected.items.filter((item) => isWanted(item) && isAsked(item.from)),
  };
}

/** `/metanode/5ac1…/vote/1` is `vote` for people. */
const shortTopic = (topic: string) => topic.split('/')[3] ?? topic;

function sumOf<Item>(items: readonly Item[], pointsOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + pointsOf(item), 0);
}

function viewText({ nodeId, height, stats, mesh, peers, unweighted, rejected }: View): string {
  const traffic = stats.map((one) => [
    shortTopic(one.topic),
    one.carrier,
    ...[
      mesh.find(({ topic }) => topic === one.topic)?.peers.length ?? 0,
      one.sentMessages,
      one.receivedMessages,
      one.duplicates,
      one.accepted,
      one.ignored,
      one.rejected,
    ].map(String),
  ]);
  const header = ['topic', 'carrier', 'mesh', 'sent', 'received', 'again', 'accepted', 'ignored', 'rejected'];
  const scored = peers.map(({ peerId, queuedBytes, ...score }) => [
    peerId,
    ...[
      score.total,
      sumOf(score.topics, ({ timeInMesh }) => timeInMesh),
      sumOf(score.topics, ({ firstDeliveries }) => firstDeliveries),
      sumOf(score.topics, ({ deliveryDeficit, meshFailures }) => deliveryDeficit + meshFailures),
      sumOf(score.topics, ({ invalidMessages }) => invalidMessages),
      score.ipColocation,
      score.behaviourPenalty,
    ].map((points) => points.toFixed(2)),
    String(queuedBytes),
  ]);
  const bad = rejected.map(({ at, topic, from, reason }) => [at, shortTopic(topic), reason ?? '', from]);
  return [
    `seen from ${nodeId} at height ${height}`,
    '',
    renderTable(header, traffic),
    '',
    renderTable(
      ['peer', 'score', 'mesh', 'first', 'deficit', 'invalid', 'address', 'behaviour', 'bytes that wait'],
      scored,
    ),
    ...unweighted.map(({ name, field, reason }) => `${name} ${field} is always 0: ${reason}`),
    ...(bad.length === 0 ? [] : ['', renderTable(['at', 'topic', 'rejected for', 'from'], bad)]),
  ].join('\n');
}

function messageText({ messageId, topic, own, arrivals }: MethodResult<'gossip_message'>): string {
  const rows = arrivals.map(({ at, from, carrier, verdict, reason }) => [
    at,
    carrier,
    verdict ?? '-',
    reason ?? '',
    from,
  ]);
  const made =
    own === null ? '' : `\nmade by this node, first sent at ${own.firstAt}, ${own.sends} times in all`;
  return `${messageId} on ${topic}${made}\n${renderTable(['at', 'carrier', 'verdict', 'reason', 'from'], rows)}`;
}
