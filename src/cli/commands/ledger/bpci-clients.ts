import type { Command } from 'commander';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { usageError } from '../../exit-code.ts';
import { printOrWrite } from '../../json-answers.ts';
import { renderTable } from '../../output.ts';
import { decimal, duration, hash0x } from '../../parse.ts';
import { sendNamed } from '../../sending/send-named.ts';
import { withSendOptions } from '../../sending/send-options.ts';
import type { SendOptions } from '../../sending/send-transaction.ts';

type CreateOptions = SendOptions & { height?: number; trustingPeriod: number; genesis?: string };
type UpdateOptions = SendOptions & { height?: number };

const DEFAULT_TRUSTING_PERIOD_MS = 14 * 24 * 3_600_000;
/** Sets of the greatest size fit so often into one transaction. */
const MAX_UPDATES_PER_TRANSACTION = 4;
const SOURCE_HELP = `
<source> is the JSON-RPC URL of a node of the other chain, or a file that \`metanode bpci light-blocks\` wrote there.`;

/** Clients of other chains: this chain follows their headers. */
export function registerBpciClients(bpci: Command, cliProcess: CliProcess): void {
  bpci
    .command('light-blocks')
    .description('what a client of this chain elsewhere is made or updated with')
    .argument('[height]', 'default: the head', decimal)
    .option('--from-height <height>', 'with every change of the validators after this height', decimal)
    .option('--out <file>', 'write to this file, not to standard output')
    .action(action(cliProcess, lightBlocks));
  const client = bpci.command('client').description('clients of other chains');
  const sending = (name: string, description: string) =>
    withSendOptions(client.command(name).description(description));

  sending('create <source>', 'begin to follow another chain at one of its blocks, which you vouch for')
    .option('--height <height>', 'height of the block (default: the head of the other chain)', decimal)
    .option(
      '--genesis <file>',
      'genesis file of the other chain: check that its validators lead to the block',
    )
    .option(
      '--trusting-period <duration>',
      'how long a header is a ground for the next; less than the unbonding time of the other chain',
      duration,
      DEFAULT_TRUSTING_PERIOD_MS,
    )
    .addHelpText('after', SOURCE_HELP)
    .action(action(cliProcess, create));
  sending('update', 'lead a client to a later block, over every change of the validators')
    .argument('<client>', 'id of the client', hash0x)
    .argument('<source>')
    .option('--height <height>', 'height of the block (default: the head of the other chain)', decimal)
    .addHelpText('after', SOURCE_HELP)
    .action(action(cliProcess, update));
  sending('misbehaviour', 'freeze a client by two final headers of one height')
    .argument('<client>', 'id of the client', hash0x)
    .argument('<first>', 'a file that `metanode bpci light-blocks` wrote')
    .argument('<second>', 'another one')
    .action(action(cliProcess, misbehaviour));
  client
    .command('show')
    .description('a client and its headers')
    .argument('<client>', 'id of the client', hash0x)
    .action(action(cliProcess, show));
  client
    .command('list')
    .description('the clients')
    .option('--chain <genesis-hash>', 'only those of this chain', hash0x)
    .action(action(cliProcess, list));
}

async function lightBlocks(
  context: CliContext,
  options: { fromHeight?: number; out?: string },
  height?: number,
): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const { askForLightBlocks } = await import('../../light-blocks.ts');
  const answer = await askForLightBlocks(await clientOf(context), {
    fromHeight: options.fromHeight,
    height,
  });
  const heights = answer.blocks.map(({ header }) => header.height);
  await printOrWrite(context, answer, options.out, (file) => ({
    value: { file, blocks: heights.length },
    text: `blocks ${heights.join(', ')} in ${file}`,
  }));
}

async function create(context: CliContext, options: CreateOptions, source: string): Promise<void> {
  const { assertFromGenesis, lastBlock, readLightBlocks } = await import('../../light-blocks.ts');
  const { genesis, height } = options;
  const answer = await readLightBlocks(source, { height, fromHeight: genesis === undefined ? undefined : 0 });
  const block = lastBlock(answer);
  if (genesis !== undefined) await assertFromGenesis(answer, genesis);
  const ground = genesis === undefined ? 'as you say' : 'as its genesis says';
  context.output.note(`trusting block ${block.header.height} of chain ${answer.genesisHash}, ${ground}`);
  const { genesisHash } = answer;
  const data = { genesisHash, trustingPeriodMs: options.trustingPeriod, block };
  await sendNamed(context, options, 'bpci', 'ClientCreate', data);
}

async function update(
  context: CliContext,
  options: UpdateOptions,
  client: string,
  source: string,
): Promise<void> {
  const { operationNamed } = await import('../../../client/transaction-builder.ts');
  const { sendOperations } = await import('../../sending/send-transaction.ts');
  const { readLightBlocks } = await import('../../light-blocks.ts');
  let isComplete = true;
  await sendOperations(context, options, 'bpci', async (situation) => {
    const { latest } = await situation.client.call('bpci_getClient', { client });
    const answer = await readLightBlocks(source, { fromHeight: latest.height, height: options.height });
    const newer = answer.blocks.filter(({ header }) => header.height > latest.height);
    if (newer.length === 0) throw usageError(`the client is at height ${latest.height} already`);
    const blocks = newer.slice(0, MAX_UPDATES_PER_TRANSACTION);
    isComplete = answer.complete && blocks.length === newer.length;
    return blocks.map((block) => operationNamed('bpci', 'ClientUpdate', { client, block }));
  });
  if (!isComplete) context.output.note('the client is on its way: update it again to lead it further');
}

async function misbehaviour(
  context: CliContext,
  options: SendOptions,
  client: string,
  firstFile: string,
  secondFile: string,
): Promise<void> {
  const { lastBlock, readLightBlocks } = await import('../../light-blocks.ts');
  const first = lastBlock(await readLightBlocks(firstFile));
  const second = lastBlock(await readLightBlocks(secondFile));
  await sendNamed(context, options, 'bpci', 'ClientMisbehaviour', {
    client,
    validators: first.validators,
    first: { header: first.header, certificate: first.certificate },
    second: { header: second.header, certificate: second.certificate },
  });
}

async function show(context: CliContext, _options: unknown, client: string): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('bpci_getClient', { client });
  const { conflict } = answer;
  const rows = answer.headers.map(({ height, time, blockHash }) => [String(height), time, blockHash]);
  context.output.result(
    answer,
    [
      `client    ${answer.client}`,
      `status    ${answer.status}`,
      `chain     ${answer.chainId}, genesis ${answer.genesisHash}`,
      `trusting  ${answer.trustingPeriodMs / 1_000} s`,
      `creator   ${answer.creator}`,
      ...(conflict === null
        ? []
        : [`conflict  at height ${conflict.height}: ${conflict.first} and ${conflict.second}`]),
      renderTable(['height', 'time', 'block'], rows),
    ].join('\n'),
  );
}

async function list(context: CliContext, { chain }: { chain?: string }): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call(
    'bpci_listClients',
    chain === undefined ? {} : { genesisHash: chain },
  );
  const rows = answer.items.map(({ client, status, chainId, latest }) => [
    client,
    status,
    String(chainId),
    String(latest.height),
    latest.time,
  ]);
  const shown = answer.nextCursor === null ? '' : `\n${answer.items.length} of ${answer.total}`;
  const header = ['client', 'status', 'chain', 'height', 'time'];
  context.output.result(answer, `${renderTable(header, rows)}${shown}`);
}
