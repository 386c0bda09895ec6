import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { ProbeStep } from '../../../node/probe-peer.ts';
import type { Invite } from '../../../types/invite.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { usageError } from '../../exit-code.ts';
import { duration, listOf } from '../../parse.ts';
import { showStep } from '../../probe-lines.ts';

const DEFAULT_TTL_MS = 24 * 3_600_000;

interface CreateOptions {
  address?: string[];
  swarmKey?: string;
  passphraseFile?: string;
  ttl: number;
}

interface JoinCommandOptions {
  passphraseFile?: string;
  dryRun?: boolean;
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
    .option('--passphrase-file <file>', 'with --swarm-key: put the key under the passphrase in this file')
    .option('--ttl <duration>', 'how long it can be used', duration, DEFAULT_TTL_MS)
    .action(action(cliProcess, create));
  invite.command('show <invite>').description('what an invite holds').action(action(cliProcess, show));
  program
    .command('join <invite>')
    .description('make the data directory of a node of the chain that an invite names')
    .option(
      '--genesis <file>',
      'genesis of the chain (default: a peer of the invite is asked, and its hash checked)',
    )
    .option('--passphrase-file <file>', 'the passphrase of an invite whose swarm key is under one')
    .option(
      '--dry-run',
      'go the way to a peer with a key of the moment, check the genesis, and write nothing',
    )
    .option('--validator', 'make validator keys and a vote journal, too')
    .option('--key-password-file <file>', 'encrypt the key files with the password in this file')
    .option('--insecure-keys', 'write the key files in the clear (test networks only)')
    .action(action(cliProcess, join));
}

async function create(context: CliContext, options: CreateOptions): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const { inviteToText, swarmKeyFromFile } = await import('../../../types/invite.ts');
  const { sealInvite } = await import('../../../node/sealed-invite.ts');
  const { readPasswordFile } = await import('../../../node/password-file.ts');
  if (options.passphraseFile !== undefined && options.swarmKey === undefined)
    throw usageError('there is nothing to put under a passphrase', 'give --swarm-key <file>, too');
  const client = await clientOf(context);
  const [status, identity] = [await client.call('net_status'), await client.call('net_identity')];
  const open: Invite = {
    chainId: status.chainId,
    expiresMs: Date.now() + options.ttl,
    sealedSwarmKey: new Uint8Array(),
    genesisHash: status.genesisHash.slice(2),
    addresses: invitedAddresses(options.address ?? identity.announcedAddresses, identity.peerId),
    swarmKey:
      options.swarmKey === undefined
        ? new Uint8Array()
        : swarmKeyFromFile(await readFile(options.swarmKey, 'utf8')),
  };
  const invite =
    options.passphraseFile === undefined
      ? open
      : await sealInvite(open, await readPasswordFile(options.passphraseFile));
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
function viewOf({ chainId, genesisHash, expiresMs, addresses, swarmKey, sealedSwarmKey }: Invite) {
  const isSealed = sealedSwarmKey.length > 0;
  return {
    chainId,
    genesisHash: `0x${genesisHash}`,
    expires: new Date(expiresMs).toISOString(),
    addresses,
    swarmKey: isSealed ? 'sealed' : swarmKey.length > 0 ? 'inside' : 'none',
  };
}

async function show(context: CliContext, _options: unknown, text: string): Promise<void> {
  const { inviteFromText } = await import('../../../types/invite.ts');
  const view = viewOf(inviteFromText(text));
  context.output.result(
    view,
    [
      `chain id   ${view.chainId}`,
      `genesis    ${view.genesisHash}`,
      ...view.addresses.map((address) => `address    ${address}`),
      `expires    ${view.expires}`,
      `swarm key  ${view.swarmKey === 'sealed' ? 'under a passphrase' : view.swarmKey}`,
    ].join('\n'),
  );
}

async function join(context: CliContext, options: JoinCommandOptions, text: string): Promise<void> {
  const { output, dataDir } = context;
  const isDryRun = options.dryRun === true;
  if (!isDryRun && (options.insecureKeys === true) === (options.keyPasswordFile !== undefined))
    throw usageError(
      'how shall the keys be kept?',
      'give either --key-password-file <file> or --insecure-keys',
    );
  const { assertFresh, inviteFromText } = await import('../../../types/invite.ts');
  const { openInvite } = await import('../../../node/sealed-invite.ts');
  const { joinChain, tryToJoin } = await import('../../../node/join-chain.ts');
  const { loadGenesisFile } = await import('../../../node/genesis-file.ts');
  const { readPasswordFile } = await import('../../../node/password-file.ts');
  const { addressToText } = await import('../../../types/address.ts');
  const sealed = inviteFromText(text);
  assertFresh(sealed, Date.now());
  const passphrase =
    options.passphraseFile === undefined ? undefined : await readPasswordFile(options.passphraseFile);
  const invite = await openInvite(sealed, passphrase);
  output.progress('looking for a peer of the chain');
  const way = {
    invite,
    genesis: options.genesis === undefined ? undefined : await loadGenesisFile(options.genesis),
    onAddress: (address: string) => output.note(`trying ${address}`),
    onStep: (step: ProbeStep) => showStep(output, step),
  };
  if (isDryRun) {
    const genesisHash = await tryToJoin(way);
    output.result(
      { genesisHash: `0x${genesisHash}`, chainId: invite.chainId, dryRun: true },
      `genesis        0x${genesisHash} as the invite says; nothing was written`,
    );
    return;
  }
  const made = await joinChain({
    ...way,
    dataDir,
    isValidator: options.validator === true,
    password:
      options.keyPasswordFile === undefined ? undefined : await readPasswordFile(options.keyPasswordFile),
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
