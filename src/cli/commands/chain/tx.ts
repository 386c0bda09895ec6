import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { LEDGERS, type LedgerName } from '../../../types/names.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { usageError } from '../../exit-code.ts';
import { printOrWrite, proofWritten, show } from '../../json-answers.ts';
import { renderTable, toJsonText } from '../../output.ts';
import { decimal } from '../../parse.ts';
import { withSendOptions } from '../../sending/send-options.ts';
import type { SendOptions } from '../../sending/send-transaction.ts';
import { registerDemo } from './demo.ts';

export function registerTx(program: Command, cliProcess: CliProcess): void {
  const tx = program.command('tx').description('send and follow transactions');
  withSendOptions(
    tx
      .command('send <operation> [data]')
      .description('sign and send one operation; data is JSON, or - to read it from standard input'),
  )
    .addOption(new Option('--ledger <ledger>', 'ledger of the operation').choices(LEDGERS).default('economy'))
    .action(action(cliProcess, send));
  tx.command('get <tx-id>').description('a transaction and where it is').action(action(cliProcess, get));
  tx.command('receipt <tx-id>')
    .description('the receipt of a transaction')
    .action(action(cliProcess, receipt));
  tx.command('pool').description('how many transactions wait').action(action(cliProcess, pool));
  tx.command('proof <tx-id>')
    .description('the finality proof of a transaction, for `metanode verify`')
    .option('--out <file>', 'write to this file, not to standard output')
    .option(
      '--trusted-height <height>',
      'start at this block, which the reader trusts, not at genesis',
      decimal,
    )
    .action(action(cliProcess, proof));
  registerDemo(tx, cliProcess);
}

async function send(
  context: CliContext,
  options: SendOptions & { ledger: LedgerName },
  operation: string,
  data?: string,
): Promise<void> {
  const { operationNamed } = await import('../../../client/transaction-builder.ts');
  const { sendOperations } = await import('../../sending/send-transaction.ts');
  const json = parseData(data === '-' ? await readFile('/dev/stdin', 'utf8') : (data ?? '{}'));
  const built = operationNamed(options.ledger, operation, json);
  await sendOperations(context, options, options.ledger, () => built);
}

function parseData(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw usageError(`the data of the operation is no JSON: ${(cause as Error).message}`);
  }
}

async function get(context: CliContext, _options: unknown, txId: string): Promise<void> {
  await show(context, (client) => client.call('tx_get', { txId }));
}

async function receipt(context: CliContext, _options: unknown, txId: string): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const { renderReceipt } = await import('../../sending/send-transaction.ts');
  const answer = await (await clientOf(context)).call('tx_getReceipt', { txId });
  context.output.result(answer, renderReceipt(answer));
}

async function pool(context: CliContext): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('txpool_status');
  const rows = Object.entries(answer).map(([name, value]) => [
    name,
    typeof value === 'object' ? toJsonText(value, 0) : String(value),
  ]);
  context.output.result(answer, renderTable(['', ''], rows).trimStart());
}

interface ProofOptions {
  out?: string;
  trustedHeight?: number;
}

async function proof(context: CliContext, { trustedHeight, out }: ProofOptions, txId: string): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('chain_getTransactionProof', {
    txId,
    ...(trustedHeight === undefined ? {} : { trustedHeight }),
  });
  await printOrWrite(context, answer, out, (file) => proofWritten(txId, file));
}
