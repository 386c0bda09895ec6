import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Client } from '../../../client/client.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { renderTable } from '../../output.ts';
import { decimal, duration } from '../../parse.ts';

interface ProposeOptions {
  wait?: boolean;
  timeout: number;
}

interface MetricsOptions {
  fromHeight?: number;
  toHeight?: number;
}

const POLL_MS = 500;

/** Who decides blocks, and votes of the node's own validator on who shall. */
export function registerValidators(program: Command, cliProcess: CliProcess): void {
  const validators = program.command('validators').description('who decides blocks, and votes on who shall');
  validators
    .command('list')
    .description('the validators of the next block, or of a height')
    .option('--height <height>', 'of this block', decimal)
    .action(action(cliProcess, list));
  const proposing = (name: string, description: string, add: boolean) =>
    validators
      .command(`${name} <address>`)
      .description(`${description} (needs the scope admin)`)
      .option('--wait', 'until it has taken effect')
      .option('--timeout <duration>', 'for how long at most', duration, 300_000)
      .action(
        action(cliProcess, async (context, options: ProposeOptions, address: string) => {
          await propose(context, options, address, add);
        }),
      );
  proposing('propose-add', 'have the validator of the node vote to admit a candidate', true);
  proposing('propose-remove', 'have the validator of the node vote to remove a validator', false);
  validators
    .command('discard <address>')
    .description('have the validator of the node vote no more on this member (needs the scope admin)')
    .action(action(cliProcess, discard));
  validators
    .command('votes')
    .description('votes that have neither taken effect nor expired, and what the node goes on voting for')
    .action(action(cliProcess, votes));
  validators
    .command('metrics')
    .description('how many blocks each has proposed, and when the last')
    .option('--from-height <height>', 'count from this block (default: the last 100)', decimal)
    .option('--to-height <height>', 'up to this block', decimal)
    .action(action(cliProcess, metrics));
}

async function connect(context: CliContext): Promise<Client> {
  const { clientOf } = await import('../../rpc.ts');
  return await clientOf(context);
}

async function list(context: CliContext, { height }: { height?: number }): Promise<void> {
  const client = await connect(context);
  const params = height === undefined ? {} : { height };
  const answer = await client.call('ibft_getValidatorsByBlockNumber', params);
  const rows = answer.validators.map(({ id, consensusKey, vrfKey }) => [id, consensusKey, vrfKey]);
  const table = renderTable(['validator', 'consensus key', 'VRF key'], rows);
  const count = `${rows.length} validators, quorum ${answer.quorum}, height ${answer.height}`;
  context.output.result(answer, `${table}\n${count}`);
}

async function propose(
  context: CliContext,
  { wait, timeout }: ProposeOptions,
  address: string,
  add: boolean,
): Promise<void> {
  const client = await connect(context);
  const answer = await client.call('ibft_proposeValidatorVote', { address, add });
  if (wait === true) await untilEffective(context, client, address, { add, timeoutMs: timeout });
  const effect = wait === true ? (add ? '; it is a validator now' : '; it is no validator any more') : '';
  context.output.result(
    { ...answer, effective: wait === true },
    `vote to ${answer.decision} ${answer.member}: ${answer.txId}${effect}`,
  );
}

async function untilEffective(
  { output }: CliContext,
  client: Client,
  address: string,
  { add, timeoutMs }: { readonly add: boolean; readonly timeoutMs: number },
): Promise<void> {
  const { NodeError } = await import('../../../util/errors.ts');
  for (const endMs = performance.now() + timeoutMs; performance.now() < endMs; await sleep(POLL_MS)) {
    const { validators, quorum, height } = await client.call('ibft_getValidatorsByBlockNumber');
    if (validators.some(({ id }) => id === address) === add) return;
    output.progress(`height ${height}: ${quorum} of ${validators.length} votes are needed`);
  }
  throw new NodeError('TIMED_OUT', 'the vote has not taken effect', {
    hint: 'metanode validators votes: the node goes on voting until it does',
  });
}

async function discard(context: CliContext, _options: unknown, address: string): Promise<void> {
  const answer = await (await connect(context)).call('ibft_discardValidatorVote', { address });
  context.output.result(answer, answer.discarded ? `no more votes on ${address}` : 'there was no such vote');
}

async function votes(context: CliContext): Promise<void> {
  const answer = await (await connect(context)).call('ibft_getPendingVotes');
  const rows = answer.votes.map(({ member, decision, voter, expires }) => [member, decision, voter, expires]);
  const own = answer.proposed.map(({ member, decision, renews }) => [member, decision, renews]);
  const parts = [
    rows.length === 0 ? 'no votes' : renderTable(['member', 'decision', 'voter', 'expires'], rows),
    ...(own.length === 0 ? [] : ['', renderTable(['this node votes on', 'decision', 'again at'], own)]),
  ];
  context.output.result(answer, parts.join('\n'));
}

async function metrics(context: CliContext, options: MetricsOptions): Promise<void> {
  const answer = await (await connect(context)).call('ibft_getSignerMetrics', options);
  const rows = answer.signers.map(({ validator, proposedBlocks, lastProposedHeight }) => [
    validator,
    String(proposedBlocks),
    lastProposedHeight === null ? '-' : String(lastProposedHeight),
  ]);
  const range = `heights ${answer.fromHeight} to ${answer.toHeight}`;
  context.output.result(answer, `${renderTable(['validator', 'proposed', 'last'], rows)}\n${range}`);
}
