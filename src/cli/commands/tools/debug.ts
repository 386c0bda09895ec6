import type { Command } from 'commander';
import { SUBSCRIPTION_TOPICS, type SubscriptionTopic } from '../../../rpc/schema/meta.ts';
import type { MethodName, MethodResult } from '../../../rpc/schema/methods.ts';
import { errorMessage } from '../../../util/errors.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { usageError } from '../../exit-code.ts';
import { show } from '../../json-answers.ts';
import { renderTable } from '../../output.ts';
import { decimal } from '../../parse.ts';
import { clientOf } from '../../rpc.ts';
import { watch } from '../../watch.ts';
import { registerDebugDiff } from './debug-diff.ts';
import { registerDebugGossip } from './debug-gossip.ts';
import { registerDebugMempool } from './debug-mempool.ts';

type Diagnosis = MethodResult<'ibft_diagnose'>;

/** What looks inside a running node. */
export function registerDebug(program: Command, cliProcess: CliProcess): void {
  const debug = program.command('debug').description('look inside a running node');
  debug
    .command('consensus')
    .description('why the chain does not move: who is missing, why, and what to do; exit code 6 if it cannot')
    .option('-w, --watch', 'ask again every second until Ctrl-C')
    .action(action(cliProcess, consensus));
  registerDebugGossip(debug, cliProcess);
  registerDebugMempool(debug, cliProcess);
  registerDebugDiff(debug, cliProcess);
  debug
    .command('rpc')
    .description('call any method of the node and print its result')
    .argument('<method>', 'such as chain_getBlock; rpc_modules lists them')
    .argument('[params]', 'JSON: an object by name, or an array in order')
    .action(action(cliProcess, callMethod));
  debug
    .command('tail')
    .description('print what happens as it happens, a line of JSON each, until Ctrl-C')
    .argument('<topics...>', SUBSCRIPTION_TOPICS.join(', '))
    .option('--count <events>', 'end after so many', decimal)
    .option('--filter <json>', 'of one topic: what of it is wanted, such as {"kinds":["vote"]}')
    .action(action(cliProcess, tailTopics));
}

async function callMethod(
  context: CliContext,
  _options: unknown,
  method: string,
  params: string | undefined,
): Promise<void> {
  await show(context, (client) => client.call(method as MethodName, paramsOf(params) as never));
}

/** The node checks method and parameters; here they only have to be JSON. */
function paramsOf(text: string | undefined): unknown {
  return text === undefined ? {} : jsonOf(text, 'the parameters are');
}

function jsonOf(text: string, what: string) {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw usageError(`${what} not JSON: ${errorMessage(cause)}`);
  }
}

async function tailTopics(
  context: CliContext,
  { count, filter }: { count?: number; filter?: string },
  names: string[],
): Promise<void> {
  const topics = names.map(topicOf);
  if (filter !== undefined && topics.length > 1) throw usageError('--filter is for one topic');
  const wanted = filter === undefined ? {} : { filter: jsonOf(filter, 'the filter is') };
  const client = await clientOf(context, {
    onState: ({ kind }) => {
      if (kind === 'disconnected') context.output.warn('no connection with the node; trying again');
    },
  });
  // A connection that is lost later comes back; a node that is not there, or refuses the token, ends the command.
  await client.call('net_version');
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal);
  try {
    await new Promise<void>((resolve, reject) => {
      stop.signal.addEventListener('abort', () => resolve());
      let left = count ?? Number.POSITIVE_INFINITY;
      const print = (value: object) => {
        if (left <= 0) return;
        context.output.line(value);
        if (--left <= 0) resolve();
      };
      for (const topic of topics)
        client.subscribe(topic, {
          ...wanted,
          onData: (data) => print({ topic, data }),
          onLagged: (lagged) => print({ topic, lagged }),
          onRefused: reject,
        });
    });
  } finally {
    process.off('SIGINT', onSignal);
    client.close();
  }
}

function topicOf(name: string): SubscriptionTopic {
  const topic = SUBSCRIPTION_TOPICS.find((one) => one === name);
  if (topic === undefined)
    throw usageError(`there is no topic ${name}`, `topics: ${SUBSCRIPTION_TOPICS.join(', ')}`);
  return topic;
}

async function consensus(context: CliContext, options: { watch?: boolean }): Promise<void> {
  const { NodeError } = await import('../../../util/errors.ts');
  const client = await clientOf(context);
  if (options.watch === true) return await watch(context, () => client.call('ibft_diagnose'), diagnosisText);
  const diagnosis = await client.call('ibft_diagnose');
  context.output.result(diagnosis, diagnosisText(diagnosis));
  if (!diagnosis.ok) throw new NodeError('NOT_HEALTHY', diagnosis.verdict);
}

function diagnosisText(diagnosis: Diagnosis): string {
  const { height, round, step, stuckForMs, nextRoundInMs, quorum, missing, proposer } = diagnosis;
  const next = nextRoundInMs === null ? 'no timer runs' : `next round in ${seconds(nextRoundInMs)}`;
  const by = proposer[`round${round}`];
  const lines = [
    diagnosis.verdict,
    `height ${height}, round ${round}, ${step}, for ${seconds(stuckForMs)}; ${next}`,
    `quorum ${quorum.need} of ${quorum.validators}, here ${quorum.have}`,
    ...(by === undefined ? [] : [`proposer ${String(by)}${proposer.online ? '' : ', which is missing'}`]),
  ];
  if (missing.length > 0) {
    const rows = missing.map((one) => [
      one.validator,
      one.state,
      one.peer ?? '-',
      one.since ?? (one.height === undefined ? '-' : `height ${one.height}`),
      one.reason ?? '',
    ]);
    lines.push('', renderTable(['missing', 'state', 'peer', 'since', 'reason'], rows));
  }
  if (diagnosis.hints.length > 0) lines.push('', ...diagnosis.hints.map((hint) => `- ${hint}`));
  return lines.join('\n');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
