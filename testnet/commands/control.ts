import type { CliContext } from '../../src/cli/context.ts';
import { renderTable } from '../../src/cli/output.ts';
import { watch } from '../../src/cli/watch.ts';
import { NodeError } from '../../src/util/errors.ts';
import { loadContinuable } from '../continuation.ts';
import { TestnetDirectory, type TestnetErrorCode, type TestnetNode } from '../directory.ts';
import { connectNode } from '../rpc.ts';
import { start } from '../stages/start.ts';
import { chosenNodes } from './chosen-nodes.ts';
import { supervisorOf } from './supervisor-of.ts';

interface NodeStatus {
  readonly name: string;
  readonly pid: number | null;
  readonly state: 'running' | 'stopped' | 'dead' | 'silent';
  readonly height: number | null;
  readonly peers: number | null;
  readonly rpc: string;
}

/** A node may be this many blocks behind the highest while a block is on its way. */
const BEHIND_BLOCKS = 2;

interface TestnetStatus {
  readonly ok: boolean;
  readonly height: number;
  readonly genesisHash: string;
  readonly nodes: readonly NodeStatus[];
}

export async function status(context: CliContext, path: string, options: { watch?: boolean }): Promise<void> {
  if (options.watch === true) return await watch(context, () => lookAt(path), statusText);
  const found = await lookAt(path);
  context.output.result(found, statusText(found));
  if (!found.ok)
    throw new NodeError<TestnetErrorCode>('NOT_HEALTHY', 'not every node runs and is at the head', {
      hint: 'start stopped nodes with: metanode testnet resume',
    });
}

async function lookAt(path: string): Promise<TestnetStatus> {
  const supervisor = await supervisorOf(new TestnetDirectory(path));
  const dead = new Set(await supervisor.deadNodes());
  const nodes = await Promise.all(supervisor.nodes.map((node) => statusOf(node, dead.has(node.name))));
  const head = Math.max(0, ...nodes.map(({ height }) => height ?? 0));
  const ok = nodes.every(({ state, height }) => state === 'running' && (height ?? 0) >= head - BEHIND_BLOCKS);
  return { ok, height: head, genesisHash: supervisor.testnet.genesisHash, nodes };
}

function statusText({ nodes }: TestnetStatus): string {
  const cell = (value: number | null) => String(value ?? '–');
  const rows = nodes.map((node) => [
    node.name,
    node.state,
    cell(node.pid),
    cell(node.height),
    cell(node.peers),
    node.rpc,
  ]);
  return renderTable(['node', 'state', 'pid', 'height', 'peers', 'rpc'], rows);
}

async function statusOf(node: TestnetNode, dead: boolean): Promise<NodeStatus> {
  const { name, pid, rpc } = node;
  if (pid === null || dead)
    return { name, pid, state: pid === null ? 'stopped' : 'dead', height: null, peers: null, rpc };
  const client = connectNode(node);
  const [head, peers] = await Promise.all([
    client.call('chain_getFinalizedHead').catch(() => undefined),
    client.call('net_peerCount').catch(() => undefined),
  ]);
  const state = head === undefined ? 'silent' : 'running';
  return { name, pid, state, height: head?.height ?? null, peers: peers?.connected ?? null, rpc };
}

function printNodes({ output }: CliContext, verb: string, names: readonly string[]): void {
  output.result(
    { [verb]: names },
    names.length === 0 ? `nothing to be ${verb}` : `${verb} ${names.join(' ')}`,
  );
}

export async function endNodes(
  context: CliContext,
  path: string,
  selection: readonly string[],
  how: 'stop' | 'kill',
): Promise<void> {
  const supervisor = await supervisorOf(new TestnetDirectory(path));
  const names = chosenNodes(supervisor, selection).filter((name) => supervisor.node(name).pid !== null);
  context.output.progress(`ending ${names.join(' ')}`);
  await supervisor[how](names);
  printNodes(context, how === 'stop' ? 'stopped' : 'killed', names);
}

export async function resumeNodes(
  context: CliContext,
  path: string,
  selection: readonly string[],
): Promise<void> {
  const directory = new TestnetDirectory(path);
  const { manifest } = await loadContinuable(directory);
  const supervisor = await supervisorOf(directory);
  const dead = new Set(await supervisor.deadNodes());
  const names = chosenNodes(supervisor, selection).filter(
    (name) => supervisor.node(name).pid === null || dead.has(name),
  );
  context.output.progress(`starting ${names.join(' ')}`);
  await start(supervisor, names, manifest);
  printNodes(context, 'resumed', names);
}
