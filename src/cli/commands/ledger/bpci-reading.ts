import type { Command } from 'commander';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { printOrWrite, proofWritten, show } from '../../json-answers.ts';
import { renderTable } from '../../output.ts';
import { decimal, hash0x } from '../../parse.ts';

/** Commands that send nothing. */
export function registerBpciReading(bpci: Command, cliProcess: CliProcess): void {
  bpci
    .command('finality')
    .description('who made a block final')
    .argument('[height]', 'default: the head', decimal)
    .action(action(cliProcess, finality));
  bpci
    .command('votes')
    .description('how often the seal of each validator counted and was missing')
    .action(action(cliProcess, votes));
  bpci
    .command('anchors')
    .description('where headers of this chain were anchored outside')
    .argument('[height]', 'only those of this header', decimal)
    .action(action(cliProcess, anchors));
  bpci
    .command('channel')
    .description('the last message that a node sent to a service')
    .argument('<node>', 'key of the node', hash0x)
    .argument('<service>', 'its name')
    .action(action(cliProcess, channel));
  bpci
    .command('transfer')
    .description('what a transaction moves from account to account, and how final that is')
    .argument('<tx-id>', 'id of the transaction', hash0x)
    .action(action(cliProcess, transfer));
  bpci
    .command('proof')
    .description('the Proof-of-Transact of a transaction of any ledger, for `metanode verify`')
    .argument('<tx-id>', 'id of the transaction', hash0x)
    .option('--out <file>', 'write to this file, not to standard output')
    .option('--trusted-height <height>', 'start at this block, not at genesis', decimal)
    .action(action(cliProcess, proof));
}

async function finality(context: CliContext, _options: unknown, height?: number): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const params = height === undefined ? {} : { height: height };
  const answer = await (await clientOf(context)).call('bpci_getFinality', params);
  const counted = answer.countedIn === null ? 'by no block yet' : `in block ${answer.countedIn}`;
  context.output.result(
    answer,
    [
      `block    ${answer.height} ${answer.hash}`,
      `time     ${answer.time}`,
      `round    ${answer.round}`,
      `seals    ${answer.seals} of ${answer.validators}, quorum ${answer.quorum}, counted ${counted}`,
      ...answer.missing.map((validator) => `missing  ${validator}`),
    ].join('\n'),
  );
}

async function votes(context: CliContext): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const { LIMITS } = await import('../../../util/limits.ts');
  const answer = await (await clientOf(context)).call('bpci_getVotes', { limit: LIMITS.maxPageItems });
  const rows = answer.items.map(({ validator, seals, missed, recent }) => [
    validator,
    String(seals),
    String(missed),
    `${recent.missed} of ${recent.blocks}`,
  ]);
  const header = ['validator', 'seals', 'missed', 'missed of late'];
  context.output.result(answer, `${renderTable(header, rows)}\nat height ${answer.height}`);
}

async function anchors(context: CliContext, _options: unknown, height?: number): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const { LIMITS } = await import('../../../util/limits.ts');
  const answer = await (await clientOf(context)).call('bpci_getAnchors', {
    limit: LIMITS.maxPageItems,
    ...(height === undefined ? {} : { height: height }),
  });
  const rows = answer.items.map((anchor) => [
    String(anchor.height),
    anchor.target,
    anchor.reference,
    `${anchor.seals} of ${anchor.validators}`,
    anchor.by,
  ]);
  context.output.result(answer, renderTable(['height', 'target', 'reference', 'seals', 'by'], rows));
}

async function channel(
  context: CliContext,
  _options: unknown,
  source: string,
  service: string,
): Promise<void> {
  const { serviceHash } = await import('../../sending/bpci-operations.ts');
  const selector = { source, service: serviceHash(service) };
  await show(context, (client) => client.call('bpci_getChannel', selector));
}

async function transfer(context: CliContext, _options: unknown, txId: string): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('bpci_getTransfer', { txId });
  const { finality } = answer;
  const rows = answer.movements.map((one) => [
    one.kind,
    `${one.amount} ${one.token}`,
    one.kind === 'Transfer' ? one.from : one.debtorBank,
    one.kind === 'Transfer' ? one.to : one.creditorBank,
  ]);
  const sealed =
    finality === null
      ? 'in no block yet'
      : `in block ${finality.height} by ${finality.seals} of ${finality.validators} seals`;
  context.output.result(
    answer,
    [
      `${answer.state}${answer.status === null ? '' : ` (${answer.status})`}, ${sealed}`,
      renderTable(['what', 'amount', 'from', 'to'], rows),
    ].join('\n'),
  );
}

async function proof(
  context: CliContext,
  options: { out?: string; trustedHeight?: number },
  txId: string,
): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const { trustedHeight, out } = options;
  const { finality: certificate } = await (await clientOf(context)).call('bpci_getProofOfTransact', {
    txId,
    ...(trustedHeight === undefined ? {} : { trustedHeight }),
  });
  await printOrWrite(context, certificate, out, (file) => proofWritten(txId, file));
}
