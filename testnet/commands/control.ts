import { createReadStream, unwatchFile, watchFile } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { CliContext } from '../../src/cli/context.ts';
import { renderTable } from '../../src/cli/output.ts';
import { NodeError } from '../../src/util/errors.ts';
import { TestnetDirectory, type TestnetErrorCode, type TestnetNode } from '../directory.ts';
import { expandNodeNames } from '../manifest.ts';
import { connectNode } from '../rpc.ts';
import { start } from '../stages/start.ts';
import type { Supervisor } from '../supervisor.ts';
import { supervisorOf } from './supervisor-of.ts';

export interface LogsOptions {
  node?: string[];
  grep?: string;
  follow?: boolean;
}

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

export async function status({ output }: CliContext, path: string): Promise<void> {
  const supervisor = await supervisorOf(new TestnetDirectory(path));
  const dead = new Set(await supervisor.deadNodes());
  const nodes = await Promise.all(supervisor.nodes.map((node) => statusOf(node, dead.has(node.name))));
  const head = Math.max(0, ...nodes.map(({ height }) => height ?? 0));
  const ok = nodes.every(({ state, height }) => state === 'running' && (height ?? 0) >= head - BEHIND_BLOCKS);
  const cell = (value: number | null) => String(value ?? '–');
  const rows = nodes.map((node) => [
    node.name,
    node.state,
    cell(node.pid),
    cell(node.height),
    cell(node.peers),
    node.rpc,
  ]);
  output.result(
    { ok, height: head, genesisHash: supervisor.testnet.genesisHash, nodes },
    renderTable(['node', 'state', 'pid', 'height', 'peers', 'rpc'], rows),
  );
  if (!ok)
    throw new NodeError<TestnetErrorCode>('NOT_HEALTHY', 'not every node runs and is at the head', {
      hint: 'start stopped nodes with: metanode testnet resume',
    });
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

function choose(supervisor: Supervisor, selection: readonly string[]): string[] {
  const known = supervisor.nodes.map(({ name }) => name);
  try {
    return selection.length === 0 ? known : expandNodeNames(selection, known);
  } catch (cause) {
    throw new NodeError<TestnetErrorCode>('UNKNOWN_NODE', (cause as Error).message, { cause });
  }
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
  const names = choose(supervisor, selection).filter((name) => supervisor.node(name).pid !== null);
  await supervisor[how](names);
  printNodes(context, how === 'stop' ? 'stopped' : 'killed', names);
}

export async function resumeNodes(
  context: CliContext,
  path: string,
  selection: readonly string[],
): Promise<void> {
  const directory = new TestnetDirectory(path);
  const supervisor = await supervisorOf(directory);
  const dead = new Set(await supervisor.deadNodes());
  const names = choose(supervisor, selection).filter(
    (name) => supervisor.node(name).pid === null || dead.has(name),
  );
  await start(supervisor, names, await directory.loadManifest());
  printNodes(context, 'resumed', names);
}

export async function logs(context: CliContext, path: string, options: LogsOptions): Promise<void> {
  const directory = new TestnetDirectory(path);
  const supervisor = await supervisorOf(directory);
  const names = choose(supervisor, options.node ?? []);
  const prefix = (name: string) => (names.length > 1 ? `${name.padEnd(4)} ` : '');
  const ends = new Map<string, number>();
  const print = async (name: string) => {
    const file = directory.logPath(name);
    const from = ends.get(name) ?? 0;
    const size = (await stat(file).catch(() => undefined))?.size ?? 0;
    if (size <= from) return;
    ends.set(name, size);
    for await (const line of createInterface({
      input: createReadStream(file, { start: from, end: size - 1 }),
    }))
      if (options.grep === undefined || line.includes(options.grep))
        context.process.stdout.write(`${prefix(name)}${line}\n`);
  };
  for (const name of names) await print(name);
  if (options.follow !== true) return;
  for (const name of names) watchFile(directory.logPath(name), { interval: 500 }, () => void print(name));
  await new Promise((resolve) => process.once('SIGINT', resolve));
  for (const name of names) unwatchFile(directory.logPath(name));
}
