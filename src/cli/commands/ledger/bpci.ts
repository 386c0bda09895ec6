import type { Command } from 'commander';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { usageError } from '../../exit-code.ts';
import { decimal, hash0x } from '../../parse.ts';
import { nonce, withSendOptions } from '../../sending/send-options.ts';
import type { SendOptions } from '../../sending/send-transaction.ts';
import { registerBpciClients } from './bpci-clients.ts';
import { registerBpciReading } from './bpci-reading.ts';
import { registerBpciValidators } from './bpci-validators.ts';

type AnchorOptions = SendOptions & { height?: number };
type MessageOptions = SendOptions & {
  nodeKey: string;
  frame?: string;
  frameHash?: string;
  messageNonce?: bigint;
};

/** Finality, validators, other chains, and records between nodes and systems. */
export function registerBpci(program: Command, cliProcess: CliProcess): void {
  const bpci = program
    .command('bpci')
    .description('finality and validators, clients of other chains, anchors, messages between nodes');
  const sending = (name: string, description: string) =>
    withSendOptions(bpci.command(name).description(description));

  sending(
    'anchor <target> <reference>',
    'record where a header of this chain was written in a system outside',
  )
    .option('--height <height>', 'height of the header (default: the last that may be anchored)', decimal)
    .action(action(cliProcess, anchor));
  sending('message', 'record a message that a node sent to a service of another')
    .argument('<destination>', 'key of the other node', hash0x)
    .argument('<service>', 'its name')
    .requiredOption('--node-key <key>', 'key of the node that sent it, which signs')
    .option('--frame <file>', 'the frame as it was sent; its sha256 is recorded')
    .option('--frame-hash <hash>', 'or its sha256', hash0x)
    .option('--message-nonce <nonce>', 'number on the channel (default: the next one)', nonce)
    .action(action(cliProcess, message));
  registerBpciValidators(bpci, cliProcess);
  registerBpciClients(bpci, cliProcess);
  registerBpciReading(bpci, cliProcess);
}

async function anchor(
  context: CliContext,
  options: AnchorOptions,
  target: string,
  reference: string,
): Promise<void> {
  const { operationNamed } = await import('../../../client/transaction-builder.ts');
  const { sendOperations } = await import('../../sending/send-transaction.ts');
  await sendOperations(context, options, 'bpci', async ({ client }) => {
    // The certificate of a header counts in the block after it, and is known to the one after that.
    const head = await client.call('chain_getFinalizedHead');
    const height = options.height ?? Math.max(1, head.height - 1);
    const { hash } = await client.call('chain_getBlockHash', { height });
    return operationNamed('bpci', 'Anchor', { height, blockHash: hash, target, reference });
  });
}

async function frameHashOf({ frame, frameHash }: MessageOptions): Promise<string> {
  if ((frame === undefined) === (frameHash === undefined))
    throw usageError('say what was sent: --frame or --frame-hash');
  if (frameHash !== undefined) return frameHash.slice(2);
  const { readFile } = await import('node:fs/promises');
  const { sha256Hex } = await import('../../../crypto/hash.ts');
  return sha256Hex(await readFile(frame as string));
}

async function message(
  context: CliContext,
  options: MessageOptions,
  destination: string,
  service: string,
): Promise<void> {
  const { signNodeMessage } = await import('../../../client/bpci-operations.ts');
  const { BPCI } = await import('../../../types/operations/bpci.ts');
  const { encodeOperation } = await import('../../../types/operations/catalog.ts');
  const { KeyDirectory } = await import('../../key-directory.ts');
  const { nextMessageNonce, serviceHash } = await import('../../sending/bpci-operations.ts');
  const { sendOperations } = await import('../../sending/send-transaction.ts');
  const source = await new KeyDirectory(context).loadKeyPair(options.nodeKey, options);
  const frameHash = await frameHashOf(options);
  await sendOperations(context, options, 'bpci', async ({ client, genesisHash }) => {
    const channel = { source: `0x${source.publicKey}`, service: serviceHash(service) };
    const signed = signNodeMessage(genesisHash, source, {
      destination: destination.slice(2),
      service: channel.service.slice(2),
      nonce: options.messageNonce ?? (await nextMessageNonce(client, channel)),
      frameHash,
    });
    return encodeOperation(BPCI.operations.NodeMsg, signed);
  });
}
