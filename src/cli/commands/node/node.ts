import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { ValidatorIdentity } from '../../../node/init-node.ts';
import type { RunningNode } from '../../../node/node.ts';
import { MICRO } from '../../../types/names.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { EXIT, usageError } from '../../exit-code.ts';
import { addNodeFlags, nodeOptionsOf } from '../../node-flags.ts';
import { toJsonText } from '../../output.ts';
import { coins } from '../../parse.ts';
import { registerNodeToken } from './node-token.ts';

const SHOW_SYNC_MS = 500;

interface InitOptions {
  genesis?: string;
  validator?: boolean;
  keysOnly?: boolean;
  bond: bigint;
  insecureKeys?: boolean;
  keyPasswordFile?: string;
}

export function registerNode(program: Command, cliProcess: CliProcess): void {
  const node = program.command('node').description('set up and run one node');
  node
    .command('init')
    .description('make the data directory of a new node')
    .option('--genesis <file>', 'genesis file of the chain')
    .option('--validator', 'make validator keys and a vote journal, too')
    .option('--keys-only', 'make the keys of a validator for a genesis that is still to be made')
    .addOption(
      new Option('--bond <GEN>', 'with --keys-only: the bond that the genesis shall give this validator')
        .argParser(coins)
        .default(MICRO, '1'),
    )
    .option('--key-password-file <file>', 'encrypt the key files with the password in this file')
    .option('--insecure-keys', 'write the key files in the clear (test networks only)')
    .action(action(cliProcess, initNodeCommand));
  registerNodeToken(node, cliProcess);
  const start = node.command('start').description('run the node until it is told to stop (SIGINT, SIGTERM)');
  addNodeFlags(start, 'node').action(action(cliProcess, startNodeCommand));
}

async function initNodeCommand(context: CliContext, options: InitOptions): Promise<void> {
  const { output } = context;
  if ((options.insecureKeys === true) === (options.keyPasswordFile !== undefined))
    throw usageError(
      'how shall the keys be kept?',
      'give either --key-password-file <file> or --insecure-keys',
    );
  if (options.keysOnly === true) {
    await initKeysCommand(context, options);
    return;
  }
  if (options.genesis === undefined)
    throw usageError(
      'of which chain shall the node be?',
      'give --genesis <file>, or --keys-only to make keys for a genesis that is still to be made',
    );
  const { initNode } = await import('../../../node/init-node.ts');
  const { loadGenesisFile } = await import('../../../node/genesis-file.ts');
  const { addressToText } = await import('../../../types/address.ts');
  const { readPasswordFile } = await import('../../../node/password-file.ts');
  const genesis = await loadGenesisFile(options.genesis);
  const password =
    options.keyPasswordFile === undefined ? undefined : await readPasswordFile(options.keyPasswordFile);
  const { dataDir } = context;
  const made = await initNode({
    dataDir,
    genesis,
    password,
    ...(options.validator === true ? { validator: 'new' } : {}),
  });
  const validator = made.validator && {
    id: addressToText(made.validator.id),
    consensusKey: `0x${made.validator.consensusKey}`,
    vrfKey: `0x${made.validator.vrfKey}`,
  };
  output.result(
    {
      dataDir,
      genesisHash: `0x${made.genesisHash}`,
      nodeKey: `0x${made.nodeKey}`,
      validator: validator ?? null,
    },
    [
      `data directory ${dataDir}`,
      `genesis        0x${made.genesisHash}`,
      ...(validator === undefined
        ? ['role           observer']
        : [
            `validator      ${validator.id}`,
            `consensus key  ${validator.consensusKey}`,
            `VRF key        ${validator.vrfKey}`,
          ]),
    ].join('\n'),
  );
}

/** The entry is all that who makes the genesis has to know of a validator; it holds nothing secret. */
async function initKeysCommand(context: CliContext, options: InitOptions): Promise<void> {
  const { dataDir, output } = context;
  const { initKeys } = await import('../../../node/init-node.ts');
  const { readPasswordFile } = await import('../../../node/password-file.ts');
  const { GenesisValidatorType } = await import('../../../types/genesis.ts');
  const password =
    options.keyPasswordFile === undefined ? undefined : await readPasswordFile(options.keyPasswordFile);
  const identity = (await initKeys(dataDir, password, true)) as ValidatorIdentity;
  const entry = GenesisValidatorType.toJson({ ...identity, bond: options.bond });
  const text = toJsonText(entry);
  const file = join(dataDir, 'validator-entry.json');
  await writeFile(file, `${text}\n`, { flag: 'wx' });
  output.result(
    { dataDir, file, validator: entry },
    [text, `give ${file} to who makes the genesis; then: node init --genesis <file>`].join('\n'),
  );
}

/** On a terminal: how far the node has come, while it fetches blocks that others decided. */
function showSync({ output }: CliContext, running: RunningNode): void {
  const { syncing, height, targetHeight } = running.syncStatus();
  output.progress(syncing ? `block ${height} of ${targetHeight}` : undefined);
}

async function startNodeCommand(context: CliContext): Promise<void> {
  const { startNode } = await import('../../../node/node.ts');
  const { options, origins } = nodeOptionsOf(context);
  const stopping = new Promise<'stop'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('stop'));
  });
  context.output.progress('loading the chain');
  const running = await startNode(options, origins);
  context.output.progress(undefined);
  context.output.result(
    { peerId: running.peerId, addresses: running.addresses, rpc: running.rpcUrl },
    `peer ${running.peerId}\np2p  ${running.addresses.join(' ')}\nrpc  ${running.rpcUrl}`,
  );
  const showing = context.output.showsProgress
    ? setInterval(() => showSync(context, running), SHOW_SYNC_MS)
    : undefined;
  const end = await Promise.race([
    stopping,
    running.failed,
    running.stopRequested.then(() => 'stop' as const),
  ]);
  clearInterval(showing);
  await running.stop();
  if (end !== 'stop') throw end;
  process.exit(EXIT.ok); // some library may still hold a timer; everything of ours is closed
}
