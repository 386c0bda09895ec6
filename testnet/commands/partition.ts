import type { CliContext } from '../../src/cli/context.ts';
import { NodeError } from '../../src/util/errors.ts';
import { TestnetDirectory, type TestnetErrorCode } from '../directory.ts';
import { partition } from '../stages/partition.ts';
import { namedNodes } from './chosen-nodes.ts';
import { supervisorOf } from './supervisor-of.ts';

const GROUP_SEPARATOR = /[|/]/;

/**
 * The groups that a text such as `v1,v2|v3..v4` splits all nodes into, in which `/` serves as well as `|`. Nodes that it
 * does not name are one more group, so that nobody is a bridge between the others.
 * @throws NodeError BAD_PARTITION, UNKNOWN_NODE
 */
export function groupsOf(text: string, known: readonly string[]): string[][] {
  const groups = text.split(GROUP_SEPARATOR).map((part) => namedNodes([part.trim()], known));
  const named = groups.flat();
  const twice = named.find((name, index) => named.indexOf(name) !== index);
  if (twice !== undefined) throw badPartition(`${twice} stands on two sides`);
  if (groups.some((group) => group.length === 0)) throw badPartition('one side has no nodes');
  const rest = known.filter((name) => !named.includes(name));
  const all = rest.length === 0 ? groups : [...groups, rest];
  if (all.length < 2) throw badPartition('all nodes are on one side');
  return all;
}

function badPartition(message: string): NodeError<TestnetErrorCode> {
  return new NodeError<TestnetErrorCode>('BAD_PARTITION', message, {
    hint: "for example 'v1,v2|v3,v4'; nodes that are not named are a side of their own",
  });
}

/** `metanode testnet partition`. @throws NodeError BAD_PARTITION, UNKNOWN_NODE, NO_TESTNET, NOT_REACHABLE */
export async function split({ output }: CliContext, path: string, text: string): Promise<void> {
  const supervisor = await supervisorOf(new TestnetDirectory(path));
  const groups = groupsOf(
    text,
    supervisor.nodes.map(({ name }) => name),
  );
  await partition(supervisor, groups);
  output.result({ groups }, `split  ${groups.map((group) => group.join(' ')).join('  |  ')}`);
}

/** `metanode testnet heal`: every node may talk to every other again. */
export async function heal({ output }: CliContext, path: string): Promise<void> {
  const supervisor = await supervisorOf(new TestnetDirectory(path));
  await partition(supervisor, []);
  const names = supervisor.running.map(({ name }) => name);
  output.result({ healed: names }, `healed ${names.join(' ')}`);
}
