import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Invite } from '../../types/invite.ts';
import { action, type CliContext, type CliProcess } from '../context.ts';
import { usageError } from '../exit-code.ts';
import { listOf } from '../parse.ts';
import { showStep } from '../probe-lines.ts';

interface CreateOptions {
  address?: string[];
  swarmKey?: string;
}

interface JoinCommandOptions {
  genesis?: string;
  validator?: boolean;
  keyPasswordFile?: string;
  insecureKeys?: boolean;
}

export function registerInvite(program: Command, cliProcess: CliProcess): void {
  const invite = program.command('invite').description('one line of text with which another machine joins');
  invite
    .command('create')
    .description('an invite to the chain of the running node that --rpc names')
    .option(
      '--address <multiaddr>',
      'where this node is reached from outside (default: what it announces); may be repeated',
      listOf,
    )
    .option('--swarm-key <file>', 'put the key of the private network in: the invite is a secret then')
    .action(action(cliProcess, create));
  invite.command('show <invite>').description('what an invite holds').action(action(cliProcess, show));
  program
    .command('join <invite>')
    .description('make the data directory of a node of the chain that an invite names')
    .option(
      '--genesis <file>',
      'genesis of the chain (default: a peer of the invite is asked, and its hash checked)',
    )
    .option('--validator', 'make validator keys and a vote journal, too')
    .option('--key-password-file <file>', 'encrypt the key files with the password in this file')
    .option('--insecure-keys', 'write the key files in the clear (test networks only)')
    .action(action(cliProcess, join));
}

async function create(context: CliContext, options: CreateOptions): Promise<void> {
  const { clientOf } = await import('../rpc.ts');
  const { inviteToText, swarmKeyFromFile } = await import('../../types/invite.ts');
  const client = await clientOf(context);
  const [status, identity] = [await client.call('net_status'), await client.call('net_identity')];
  const invite: Invite = {
    chainId: status.chainId,
    genesisHash: status.genesisHash.slice(2),
    addresses: invitedAddresses(options.address ?? identity.announcedAddresses, identity.peerId),
    swarmKey:
      options.swarmKey === undefined
        ? new Uint8Array()
        : swarmKeyFromFile(await readFile(options.swarmKey, 'utf8')),
  };
  const text = inviteToText(invite);
  context.output.result({ invite: text, ...viewOf(invite) }, text);
  if (invite.addresses.every((address) => address.startsWith('/ip4/127.')))
    context.output.warn(
      'this invite works on this machine only: start the node with --listen /ip4/0.0.0.0/tcp/<port>, or give --address',
    );
  if (invite.swarmKey.length > 0)
    context.output.warn('this invite holds the swarm key: treat it as a secret');
}

/** Addresses that others can use come first, and those of this machine count only if there are no others. */
function invitedAddresses(addresses: readonly string[], peerId: string): string[] {
  const complete = addresses.map((address) =>
    address.includes('/p2p/') ? address : `${address}/p2p/${peerId}`,
  );
  const outside = complete.filter((address) => !/^\/ip4\/127\.|^\/ip6\/::1\//.test(address));
  return (outside.length > 0 ? outside : complete).slice(0, 8);
}

/** Everything but the swarm key itself. */
function viewOf({ chainId, genesisHash, addresses, swarmKey }: Invite) {
  return { chainId, genesisHash: `0x${genesisHash}`, addresses, holdsSwarmKey: swarmKey.length > 0 };
}

async function show(context: CliContext, _options: unknown, text: string): Promise<void> {
  const { inviteFromText } = await import('../../types/invite.ts');
  const view = viewOf(inviteFromText(text));
  context.output.result(
    view,
    [
      `chain id   ${view.chainId}`,
      `genesis    ${view.genesisHash}`,
      ...view.addresses.map((address) => `address    ${address}`),
      `swarm key  ${view.holdsSwarmKey ? 'inside' : 'none'}`,
    ].join('\n'),
  );
}

async function join(context: CliContext, options: JoinCommandOptions, text: string): Promise<void> {
  const { output, dataDir } = context;
  if ((options.insecureKeys === true) === (options.keyPasswordFile !== undefined))
    throw usageError(
      'how shall the keys be kept?',
      'give either --key-password-file <file> or --insecure-keys',
    );
  const { inviteFromText } = await import('../../types/invite.ts');
  const { joinChain } = await import('../../node/join-chain.ts');
  const { loadGenesisFile } = await import('../../node/genesis-file.ts');
  const { readPasswordFile } = await import('../../node/password-file.ts');
  const { addressToText } = await import('../../types/address.ts');
  const invite = inviteFromText(text);
  const made = await joinChain({
    dataDir,
    invite,
    genesis: options.genesis === undefined ? undefined : await loadGenesisFile(options.genesis),
    isValidator: options.validator === true,
    password:
      options.keyPasswordFile === undefined ? undefined : await readPasswordFile(options.keyPasswordFile),
    onAddress: (address) => output.note(`trying ${address}`),
    onStep: (step) => showStep(output, step),
  });
  const start = startCommand(dataDir, invite, made.swarmKeyFile, options.keyPasswordFile);
  const validator = made.validator === undefined ? null : addressToText(made.validator.id);
  output.result(
    { dataDir, genesisHash: `0x${made.genesisHash}`, chainId: invite.chainId, validator, start },
    [
      `data directory ${dataDir}`,
      `genesis        0x${made.genesisHash} as the invite says`,
      ...(validator === null ? [] : [`validator      ${validator}`]),
    ].join('\n'),
  );
  output.note(`\nNext:  metanode ${start.join(' ')}`);
}

/** The arguments that start the node which was made. */
function startCommand(
  dataDir: string,
  invite: Invite,
  swarmKeyFile: string | undefined,
  keyPasswordFile: string | undefined,
): string[] {
  return [
    ...['node', 'start', '--data-dir', dataDir, '--listen', '/ip4/0.0.0.0/tcp/4101'],
    ...invite.addresses.flatMap((address) => ['--bootnode', address]),
    ...(swarmKeyFile === undefined ? [] : ['--swarm-key', swarmKeyFile]),
    ...(keyPasswordFile === undefined ? ['--insecure-keys'] : ['--key-password-file', keyPasswordFile]),
  ];
}
