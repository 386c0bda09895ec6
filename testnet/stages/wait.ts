import { setTimeout as sleep } from 'node:timers/promises';
import { NodeError } from '../../src/util/errors.ts';
import type { TestnetErrorCode, TestnetNode } from '../directory.ts';
import { connectNode, type NodeRpc } from '../rpc.ts';
import type { Supervisor } from '../supervisor.ts';

const POLL_MS = 400;

export interface HeightStatus {
  readonly name: string;
  /** Undefined if the node does not answer. */
  readonly height: number | undefined;
}

/** The height of every node that is meant to run. */
export async function heightsOf(nodes: readonly NodeRpc[]): Promise<HeightStatus[]> {
  return await Promise.all(
    nodes.map(async (node) => {
      const head = await node.call('chain_getFinalizedHead', {}).catch(() => undefined);
      return { name: node.name, height: head?.height };
    }),
  );
}

/**
 * Waits until every running node has block `height`.
 * @throws NodeError TIMED_OUT naming who is behind, NODE_DIED
 */
export async function waitForHeight(
  supervisor: Supervisor,
  height: number,
  timeoutMs: number,
): Promise<void> {
  await supervisor.guard(pollHeights(() => supervisor.running, height, timeoutMs));
}

/** Waits until one node has block `height`. @throws NodeError TIMED_OUT, NODE_DIED */
export async function waitForNode(
  supervisor: Supervisor,
  name: string,
  height: number,
  timeoutMs: number,
): Promise<void> {
  await supervisor.guard(pollHeights(() => [supervisor.node(name)], height, timeoutMs));
}

async function pollHeights(
  nodes: () => readonly TestnetNode[],
  height: number,
  timeoutMs: number,
): Promise<void> {
  const isBehind = (status: HeightStatus) => (status.height ?? -1) < height;
  let behind: HeightStatus[] = [];
  for (const deadline = performance.now() + timeoutMs; performance.now() < deadline; await sleep(POLL_MS)) {
    // As long as the one that was last behind still is, nobody else is asked: answers cost the nodes time.
    const [first] = behind;
    if (first !== undefined) {
      const again = nodes().filter(({ name }) => name === first.name);
      if ((await heightsOf(again.map(connectNode))).some(isBehind)) continue;
    }
    behind = (await heightsOf(nodes().map(connectNode))).filter(isBehind);
    if (behind.length === 0) return;
  }
  behind = (await heightsOf(nodes().map(connectNode))).filter(isBehind);
  const names = behind.map((status) => `${status.name} at ${status.height ?? 'no answer'}`).join(', ');
  throw new NodeError<TestnetErrorCode>('TIMED_OUT', `height ${height} was not reached: ${names}`, {
    hint: 'see what they say with: metanode testnet logs',
  });
}
