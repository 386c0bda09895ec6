import { setTimeout as sleep } from 'node:timers/promises';
import { NodeError } from '../../src/util/errors.ts';
import type { TestnetErrorCode, TestnetNode } from '../directory.ts';
import type { Manifest } from '../manifest.ts';
import { connectNode } from '../rpc.ts';
import type { Supervisor } from '../supervisor.ts';

/** What the manifest says of every node. */
export type StartSettings = Pick<Manifest, 'logLevel' | 'mining' | 'recordSent'>;

const POLL_MS = 500;
const READY_TIMEOUT_MS = 120_000;
/** Peers that every node knows from the start; it learns of all others from them. */
const BOOT_PEERS = 4;

/** The arguments of `metanode` that run one node of the testnet. */
export function nodeArguments(supervisor: Supervisor, node: TestnetNode, settings: StartSettings): string[] {
  const bootPeers = supervisor.nodes.filter(({ name }) => name !== node.name).slice(0, BOOT_PEERS);
  return [
    'node',
    'start',
    ...['--data-dir', supervisor.directory.nodePath(node.name)],
    ...['--name', node.name],
    ...['--listen', node.p2p.slice(0, node.p2p.indexOf('/p2p/'))],
    ...bootPeers.flatMap(({ p2p }) => ['--bootnode', p2p]),
    ...['--rpc-listen', new URL(node.rpc).host],
    ...['--log-level', settings.logLevel],
    ...(settings.mining ? [] : ['--no-mining']),
    ...(settings.recordSent ? ['--record-sent', supervisor.directory.sentPath(node.name)] : []),
    '--insecure-keys',
    '--loopback-testnet',
  ];
}

/**
 * Starts nodes and waits until each answers and has met its peers.
 * @throws NodeError NODE_DIED, TIMED_OUT
 */
export async function start(
  supervisor: Supervisor,
  names: readonly string[],
  settings: StartSettings,
): Promise<void> {
  await launch(supervisor, names, settings);
  await meet(supervisor, names);
}

/**
 * Starts nodes and waits until each has a peer, from which it can learn of the others.
 * @throws NodeError NODE_DIED, TIMED_OUT
 */
export async function launch(
  supervisor: Supervisor,
  names: readonly string[],
  settings: StartSettings,
): Promise<void> {
  await supervisor.start(names, (node) => nodeArguments(supervisor, node, settings));
  await waitForPeers(supervisor, names, 1);
}

/**
 * Waits until nodes have met: a validator all other validators that run, an observer one of them.
 * @throws NodeError NODE_DIED, TIMED_OUT
 */
export async function meet(supervisor: Supervisor, names: readonly string[]): Promise<void> {
  await waitForPeers(supervisor, names, Number.POSITIVE_INFINITY);
}

async function waitForPeers(supervisor: Supervisor, names: readonly string[], atMost: number): Promise<void> {
  const validators = supervisor.running.filter(({ validator }) => validator !== null);
  // One after the other: each answer costs a young node milliseconds that it needs for its peers.
  const wait = async () => {
    for (const name of names) {
      const node = supervisor.node(name);
      const others = validators.filter((validator) => validator.name !== name).length;
      await waitUntilConnected(node, Math.min(others, atMost, node.validator === null ? 1 : others));
    }
  };
  await supervisor.guard(wait());
}

async function waitUntilConnected(node: TestnetNode, needed: number): Promise<void> {
  const rpc = connectNode(node);
  let seen = -1;
  for (
    const deadline = performance.now() + READY_TIMEOUT_MS;
    performance.now() < deadline;
    await sleep(POLL_MS)
  ) {
    const count = await rpc.call('net_peerCount', {}).catch(() => undefined);
    if (count === undefined) continue;
    seen = node.validator === null ? count.connected : Math.max(count.connected, count.validators);
    if (seen >= needed) return;
  }
  throw new NodeError<TestnetErrorCode>(
    'TIMED_OUT',
    seen < 0 ? `${node.name} does not answer at ${node.rpc}` : `${node.name} has ${seen} of ${needed} peers`,
    { hint: 'see its log with: metanode testnet logs' },
  );
}
