import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { ChainName } from '../../../node/probe-peer.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { renderTable } from '../../output.ts';
import { decimal, duration } from '../../parse.ts';
import { showStep } from '../../probe-lines.ts';

interface TestOptions {
  genesis?: string;
  swarmKey?: string;
  keyPasswordFile?: string;
}

export function registerPeers(program: Command, cliProcess: CliProcess): void {
  const peers = program.command('peers').description('the peers of a node, and why one cannot be reached');
  peers
    .command('list')
    .description('who is connected with the node, and who is banned')
    .action(action(cliProcess, list));
  peers
    .command('history')
    .description('who connected, left or was refused, and why, newest first')
    .option('--peer <peerId>', 'only this peer')
    .option('--limit <count>', 'at most so many', decimal, 50)
    .action(action(cliProcess, history));
  peers
    .command('add <multiaddr>')
    .description('have the node dial an address, and wait for the handshake (needs the scope admin)')
    .option('--timeout <duration>', 'for how long', duration, 15_000)
    .action(action(cliProcess, add));
  peers
    .command('remove <peerId>')
    .description(
      'end the connection with a peer and dial it no more until it is added again; it may come by itself (needs the scope admin)',
    )
    .action(action(cliProcess, remove));
  peers
    .command('ban <peerId>')
    .description(
      'end the connection with a peer and let it in no more, also after a restart (needs the scope admin)',
    )
    .option('--reason <text>', 'a note for `peers list`')
    .action(action(cliProcess, ban));
  peers
    .command('unban <peerId>')
    .description('let a banned peer connect again (needs the scope admin)')
    .action(action(cliProcess, unban));
  peers
    .command('test <multiaddr>')
    .description(
      'go the way to a peer step by step and say where it ends: name, TCP, swarm key, noise, identify, handshake; exit code 3 if it cannot be reached, 4 if it refuses',
    )
    .option(
      '--genesis <file>',
      'genesis of the chain (default: that of --data-dir, or of the node that --rpc names)',
    )
    .option('--swarm-key <file>', 'key of a private network')
    .option('--key-password-file <file>', 'password of the node key in --data-dir')
    .action(action(cliProcess, test));
}

async function list(context: CliContext): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const client = await clientOf(context);
  const [answer, bans] = await Promise.all([
    client.call('admin_peers', { limit: 500 }),
    client.call('admin_bannedPeers', { limit: 500 }),
  ]);
  const rows = answer.items.map((peer) => [
    peer.peerId,
    peer.role ?? '-',
    peer.direction,
    peer.height === null ? '-' : String(peer.height),
    peer.address,
  ]);
  const banned = bans.items.map(({ peerId, at, reason, refusals }) => [
    peerId,
    at,
    String(refusals),
    reason ?? '-',
  ]);
  context.output.result(
    { ...answer, banned: bans.items },
    [
      renderTable(['peer', 'role', 'direction', 'height', 'address'], rows),
      ...(banned.length === 0 ? [] : ['', renderTable(['banned', 'since', 'refused', 'reason'], banned)]),
    ].join('\n'),
  );
}

async function remove(context: CliContext, _options: unknown, peerId: string): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('admin_removePeer', { peerId });
  const before = answer.wasConnected ? 'the connection is ended' : 'there was no connection';
  context.output.result(answer, `${before}; the node dials it no more before \`peers add\` or a restart`);
}

async function ban(context: CliContext, options: { reason?: string }, peerId: string): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('admin_banPeer', { peerId, ...options });
  context.output.result(answer, answer.banned ? `${peerId} is banned` : `${peerId} was banned already`);
}

async function unban(context: CliContext, _options: unknown, peerId: string): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('admin_unbanPeer', { peerId });
  context.output.result(answer, answer.unbanned ? `${peerId} may connect again` : `${peerId} was not banned`);
}

async function history(context: CliContext, options: { peer?: string; limit: number }): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const { peer, limit } = options;
  const params = { limit, ...(peer === undefined ? {} : { peerId: peer }) };
  const answer = await (await clientOf(context)).call('admin_peerHistory', params);
  const rows = answer.items.map((event) => [
    event.at,
    event.kind,
    event.peerId,
    event.address ?? '-',
    event.reason ?? '-',
  ]);
  context.output.result(answer, renderTable(['at', 'what', 'peer', 'address', 'reason'], rows));
}

async function add(context: CliContext, options: { timeout: number }, address: string): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const client = await clientOf(context);
  context.output.progress(`dialling ${address}`);
  const answer = await client.call('admin_addPeer', { address, timeoutMs: options.timeout });
  context.output.result({ address, ...answer }, `connected with ${answer.peerId}`);
}

async function test(context: CliContext, options: TestOptions, address: string): Promise<void> {
  const { output, dataDir } = context;
  const { probe, withNodeKey } = await import('../../../node/probe-peer.ts');
  const { failureOf } = await import('../../../node/join-chain.ts');
  const chain = await chainOf(context, options);
  const swarmKey = options.swarmKey === undefined ? undefined : await readFile(options.swarmKey);
  output.progress(`on the way to ${address}`);
  const result = await withNodeKey(dataDir, options.keyPasswordFile, async (nodeKeySeed, isOwn) => {
    if (!isOwn) output.note('with a key made for this test: an allow-list will not know it');
    return await probe(address, {
      chain,
      nodeKeySeed,
      swarmKey,
      upTo: 'handshake',
      onStep: (step) => showStep(output, step),
    });
  });
  const { ok, peerId, self, steps } = result;
  output.result(
    { address, ok, peerId: peerId ?? null, self: self ?? null, steps },
    ok ? 'reachable' : 'stopped',
  );
  if (!ok) throw failureOf(result);
}

/** The chain that the peer must belong to: of the file, the data directory, or the node that is asked. */
async function chainOf(context: CliContext, { genesis }: TestOptions): Promise<ChainName> {
  const { chainOfDataDir, chainOfFile } = await import('../../../node/probe-peer.ts');
  if (genesis !== undefined) return await chainOfFile(genesis);
  const own = await chainOfDataDir(context.dataDir);
  if (own !== undefined) return own;
  const { clientOf } = await import('../../rpc.ts');
  const status = await (await clientOf(context)).call('net_status');
  return { chainId: status.chainId, genesisHash: status.genesisHash.slice(2) };
}
