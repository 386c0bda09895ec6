import { setTimeout as sleep } from 'node:timers/promises';
import { NodeError } from '../../src/util/errors.ts';
import type { TestnetErrorCode } from '../directory.ts';
import { connectNode, type NodeRpc } from '../rpc.ts';
import type { Supervisor } from '../supervisor.ts';

const POLL_MS = 250;

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
 * Waits until every running node has block `height`. `onHeight` hears of each new lowest height.
 * @throws NodeError TIMED_OUT naming who is behind, NODE_DIED
 */
export async function waitForHeight(
  supervisor: Supervisor,
  height: number,
  timeoutMs: number,
  onHeight?: (lowest: number) => void,
): Promise<void> {
  await supervisor.guard(pollHeights(supervisor, height, timeoutMs, onHeight));
}

async function pollHeights(
  supervisor: Supervisor,
  height: number,
  timeoutMs: number,
  onHeight?: (lowest: number) => void,
): Promise<void> {
  let behind: HeightStatus[] = [];
  let reported = -1;
  for (const deadline = performance.now() + timeoutMs; performance.now() < deadline; await sleep(POLL_MS)) {
    const heights = await heightsOf(supervisor.running.map(connectNode));
    behind = heights.filter((status) => (status.height ?? -1) < height);
    const lowest = Math.min(...heights.map((status) => status.height ?? 0));
    if (lowest > reported) onHeight?.(lowest);
    reported = Math.max(reported, lowest);
    if (behind.length === 0) return;
  }
  const names = behind.map((status) => `${status.name} at ${status.height ?? 'no answer'}`).join(', ');
  throw new NodeError<TestnetErrorCode>('TIMED_OUT', `height ${height} was not reached: ${names}`, {
    hint: 'see what they say with: metanode testnet logs',
  });
}
