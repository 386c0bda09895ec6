import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { ValidatorIdentity } from '../../node/init-node.ts';
import type { NodeOptions } from '../../node/options.ts';
import { MICRO } from '../../types/names.ts';
import { action, type CliContext, type CliProcess, type GlobalOptions } from '../context.ts';
import { EXIT, usageError } from '../exit-code.ts';
import { toJsonText } from '../output.ts';
import { coins, decimal, listOf } from '../parse.ts';
import { registerNodeToken } from './node-token.ts';

interface InitOptions {
  genesis?: string;
  validator?: boolean;
  keysOnly?: boolean;
  bond: bigint;
  insecureKeys?: boolean;
  keyPasswordFile?: string;
}

interface StartOptions {
  name: string;
  listen?: string[];
  advertise?: string[];
  bootnode?: string[];
  swarmKey?: string;
  allowlist?: string;
  maxPeers?: number;
  rpcListen: string;
  rpcHostAllowlist?: string[];
  rpcApi?: string[];
  rpcRateLimit?: number;
  rpcCors?: string[];
  rpcSocket?: string;
  rpcTlsCert?: string;
  rpcTlsKey?: string;
  keyPasswordFile?: string;
  insecureKeys?: boolean;
  loopbackTestnet?: boolean;
  mining: boolean;
  acceptLostJournal?: number;
  recordSent?: string;
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
  node
    .command('start')
    .description('run the node until it is told to stop (SIGINT, SIGTERM)')
    .option('--name <name>', 'name in logs', 'node')
    .option('--listen <multiaddr>', 'address for peers; may be repeated', listOf)
    .option('--advertise <multiaddr>', 'address that peers are told; may be repeated', listOf)
    .option('--bootnode <multiaddr>', 'peer to dial first; may be repeated', listOf)
    .option('--swarm-key <file>', 'key of a private network')
    .option('--allowlist <file>', 'let in only the peers in this YAML file (`nodes:` and a list of peer ids)')
    .option('--max-peers <count>', 'most connections', decimal)
    .option('--rpc-listen <host:port>', 'address of the JSON-RPC', '127.0.0.1:8545')
    .option('--rpc-host-allowlist <host>', 'further names in a Host header; may be repeated', listOf)
    .option(
      '--rpc-api <scope>',
      'scope without a token: read, write, debug; may be repeated (default: all three on loopback, else read)',
      listOf,
    )
    .option(
      '--rpc-rate-limit <calls>',
      'calls per second of each token, and of each address without one',
      decimal,
    )
    .option('--rpc-cors <origin>', 'origin whose pages may call the JSON-RPC; may be repeated', listOf)
    .option('--rpc-socket <path>', 'serve the JSON-RPC on a local socket, too: all scopes, this user only')
    .option('--rpc-tls-cert <file>', 'certificate chain, PEM: the JSON-RPC then speaks HTTPS')
    .option('--rpc-tls-key <file>', 'key of the certificate, PEM')
    .option('--key-password-file <file>', 'password of the key files')
    .option('--insecure-keys', 'accept key files in the clear')
    .option('--no-mining', 'mine no sections but those that a proposal of the own lacks')
    .option(
      '--accept-lost-journal <height>',
      'sign again from this height on although the vote journal is lost',
      decimal,
    )
    .addOption(
      new Option('--loopback-testnet', 'many nodes share this host: no limits per address').hideHelp(),
    )
    .addOption(
      new Option(
        '--record-sent <file>',
        'write down every consensus message before it is sent (test networks only: the file has no bound)',
      ).hideHelp(),
    )
    .action(action(cliProcess, startNodeCommand));
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
  const { initNode } = await import('../../node/init-node.ts');
  const { loadGenesisFile } = await import('../../node/genesis-file.ts');
  const { addressToText } = await import('../../types/address.ts');
  const { readPasswordFile } = await import('../../node/password-file.ts');
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
  const { initKeys } = await import('../../node/init-node.ts');
  const { readPasswordFile } = await import('../../node/password-file.ts');
  const { GenesisValidatorType } = await import('../../types/genesis.ts');
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

/** `host:port` of an address to listen on; an IPv6 host stands in brackets. */
export function parseHostPort(text: string): { host: string; port: number } {
  const separator = text.lastIndexOf(':');
  const host = text.slice(0, separator).replace(/^\[|\]$/g, '');
  const port = Number(text.slice(separator + 1));
  if (separator < 1 || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw usageError(`not an address to listen on: ${text}`, 'write it as 127.0.0.1:8545');
  return { host, port };
}

/** Of each option of a node the flag that sets it. Those without one have the default of the node. */
const FLAGS: Partial<Record<keyof NodeOptions, keyof StartOptions | keyof GlobalOptions>> = {
  dataDir: 'dataDir',
  name: 'name',
  listen: 'listen',
  advertise: 'advertise',
  bootnodes: 'bootnode',
  swarmKeyFile: 'swarmKey',
  maxPeers: 'maxPeers',
  rpcHost: 'rpcListen',
  rpcPort: 'rpcListen',
  rpcHostAllowlist: 'rpcHostAllowlist',
  rpcApi: 'rpcApi',
  rpcRateLimit: 'rpcRateLimit',
  rpcCors: 'rpcCors',
  rpcSocket: 'rpcSocket',
  rpcTlsCert: 'rpcTlsCert',
  rpcTlsKey: 'rpcTlsKey',
  keyPasswordFile: 'keyPasswordFile',
  insecureKeys: 'insecureKeys',
  loopbackTestnet: 'loopbackTestnet',
  mining: 'mining',
  acceptLostJournal: 'acceptLostJournal',
  recordSent: 'recordSent',
  logLevel: 'logLevel',
};

async function startNodeCommand(context: CliContext, options: StartOptions): Promise<void> {
  const { startNode } = await import('../../node/node.ts');
  const { NodeOptionsSchema } = await import('../../node/options.ts');
  const rpc = parseHostPort(options.rpcListen);
  const parsed = NodeOptionsSchema.safeParse({
    dataDir: context.dataDir,
    name: options.name,
    listen: options.listen,
    advertise: options.advertise,
    bootnodes: options.bootnode,
    swarmKeyFile: options.swarmKey,
    allowlistFile: options.allowlist,
    maxPeers: options.maxPeers,
    rpcHost: rpc.host,
    rpcPort: rpc.port,
    rpcHostAllowlist: options.rpcHostAllowlist,
    rpcApi: options.rpcApi,
    rpcRateLimit: options.rpcRateLimit,
    rpcCors: options.rpcCors,
    rpcSocket: options.rpcSocket,
    rpcTlsCert: options.rpcTlsCert,
    rpcTlsKey: options.rpcTlsKey,
    keyPasswordFile: options.keyPasswordFile,
    insecureKeys: options.insecureKeys,
    loopbackTestnet: options.loopbackTestnet,
    mining: options.mining,
    acceptLostJournal: options.acceptLostJournal,
    recordSent: options.recordSent,
    logLevel: context.global.logLevel,
  });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw usageError(`${issue?.path.join('.')}: ${issue?.message}`);
  }
  const stopping = new Promise<'stop'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('stop'));
  });
  const origins = Object.fromEntries(
    Object.entries(FLAGS).map(([name, flag]) => [name, context.originOf(flag)]),
  );
  const running = await startNode(parsed.data, origins);
  context.output.result(
    { peerId: running.peerId, addresses: running.addresses, rpc: running.rpcUrl },
    `peer ${running.peerId}\np2p  ${running.addresses.join(' ')}\nrpc  ${running.rpcUrl}`,
  );
  const end = await Promise.race([stopping, running.failed]);
  await running.stop();
  if (end !== 'stop') throw end;
  process.exit(EXIT.ok); // some library may still hold a timer; everything of ours is closed
}
