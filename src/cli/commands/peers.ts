import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { ChainName } from '../../node/probe-peer.ts';
import { action, type CliContext, type CliProcess } from '../context.ts';
import { renderTable } from '../output.ts';
import { showStep } from '../probe-lines.ts';

interface TestOptions {
  genesis?: string;
  swarmKey?: string;
  keyPasswordFile?: string;
}

export function registerPeers(program: Command, cliProcess: CliProcess): void {
  const peers = program.command('peers').description('the peers of a node, and why one cannot be reached');
  peers.command('list').description('who is connected with the node').action(action(cliProcess, list));
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
  const { clientOf } = await import('../rpc.ts');
  const answer = await (await clientOf(context)).call('admin_peers', { limit: 500 });
  const rows = answer.items.map((peer) => [
    peer.peerId,
    peer.role ?? '-',
    peer.direction,
    peer.height === null ? '-' : String(peer.height),
    peer.address,
  ]);
  context.output.result(answer, renderTable(['peer', 'role', 'direction', 'height', 'address'], rows));
}

async function test(context: CliContext, options: TestOptions, address: string): Promise<void> {
  const { output, dataDir } = context;
  const { probe, withNodeKey } = await import('../../node/probe-peer.ts');
  const { failureOf } = await import('../../node/join-chain.ts');
  const chain = await chainOf(context, options);
  const swarmKey = options.swarmKey === undefined ? undefined : await readFile(options.swarmKey);
  const result = await withNodeKey(dataDir, options.keyPasswordFile, async (nodeKeySeed, isOwn) => {
    if (!isOwn) output.note('with a key made for this test: an allow-list will not know it');
    return await probe(address, {
      chain,
      nodeKeySeed,
      swarmKey,
      wantsGenesis: false,
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
  const { chainOfDataDir, chainOfFile } = await import('../../node/probe-peer.ts');
  if (genesis !== undefined) return await chainOfFile(genesis);
  const own = await chainOfDataDir(context.dataDir);
  if (own !== undefined) return own;
  const { clientOf } = await import('../rpc.ts');
  const status = await (await clientOf(context)).call('net_status');
  return { chainId: status.chainId, genesisHash: status.genesisHash.slice(2) };
}
