import type { Command } from 'commander';
import type { Client } from '../../../client/client.ts';
import type { MethodResult } from '../../../rpc/schema/methods.ts';
import { LIMITS } from '../../../util/limits.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { renderTable } from '../../output.ts';
import { clientOf } from '../../rpc.ts';

type Roots = MethodResult<'debug_diffState'>['subtrees'];
type Subtree = Roots[number]['subtree'];
type Leaves = MethodResult<'debug_getStateLeaves'>;
type Leaf = Leaves['items'][number];

/** The first path at which two states part; null where a node has nothing there. */
interface Difference {
  readonly subtree: Subtree;
  readonly path: string;
  readonly here: string | null;
  readonly there: string | null;
}

/** The states of two nodes, compared. */
export function registerDebugDiff(debug: Command, cliProcess: CliProcess): void {
  debug
    .command('diff-state')
    .description(
      'compare the state of the node with that of another one at the same height, and name the first path that differs; exit code 6 if one does',
    )
    .argument('<rpc>', 'the other node: http://…, https://… or unix:/path')
    .action(action(cliProcess, diffState));
}

async function diffState(context: CliContext, _options: unknown, address: string): Promise<void> {
  const here = await clientOf(context);
  const there = await clientOf({ ...context, global: { ...context.global, rpc: address } });
  const { height, roots } = await compareRoots(here, there);
  const subtree = roots.find(({ same }) => !same)?.subtree;
  const first = subtree === undefined ? null : await firstDifference(here, there, subtree, height);
  const ok = subtree === undefined;
  context.output.result(
    {
      height,
      ok,
      roots: roots.map(({ own, other, ...rest }) => ({ ...rest, here: own, there: other })),
      first,
    },
    [
      `height  ${height}`,
      renderTable(
        ['sub-tree', 'here', 'there', ''],
        roots.map((one) => [one.subtree, one.own, one.other, one.same ? '' : 'differs']),
      ),
      ...(first === null
        ? []
        : [`first   ${first.path}: ${first.here ?? 'nothing'}, there ${first.there ?? 'nothing'}`]),
    ].join('\n'),
  );
  if (ok) return;
  const { NodeError } = await import('../../../util/errors.ts');
  throw new NodeError('NOT_HEALTHY', `the two nodes have another state of ${subtree} at height ${height}`);
}

/** The one that is ahead compares, because it still knows what it had at the height of the other. */
async function compareRoots(
  here: Client,
  there: Client,
): Promise<{ readonly height: number; readonly roots: Roots }> {
  const [own, other] = await Promise.all([
    here.call('state_getLedgerRoots'),
    there.call('state_getLedgerRoots'),
  ]);
  if (own.height >= other.height) {
    const { height, roots } = other;
    return { height, roots: (await here.call('debug_diffState', { height, roots })).subtrees };
  }
  const { height, roots } = own;
  const { subtrees } = await there.call('debug_diffState', { height, roots });
  return { height, roots: subtrees.map((one) => ({ ...one, own: one.other, other: one.own })) };
}

/** Reads the leaves of both in step; as long as they agree, their pages begin behind the same path. */
async function firstDifference(
  here: Client,
  there: Client,
  subtree: Subtree,
  height: number,
): Promise<Difference | null> {
  const pageOf = (client: Client, cursor: string | null): Promise<Leaves> =>
    client.call('debug_getStateLeaves', { subtree, height, limit: LIMITS.maxPageItems, cursor });
  for (let cursor: string | null = null; ; ) {
    const own: Leaves = await pageOf(here, cursor);
    const other: Leaves = await pageOf(there, cursor);
    const at = own.items.findIndex((leaf, i) => !isSame(leaf, other.items[i]));
    const place = at < 0 ? own.items.length : at;
    const [mine, theirs]: (Leaf | undefined)[] = [own.items[place], other.items[place]];
    if (mine !== undefined || theirs !== undefined) return parting(subtree, mine, theirs);
    if (own.nextCursor === null) return null;
    cursor = own.nextCursor;
  }
}

function isSame(a: Leaf, b: Leaf | undefined): boolean {
  return a.path === b?.path && a.valueHash === b.valueHash;
}

/** Of two leaves at the same place, one of which may not be there, the one with the lower path is what only one has. */
function parting(subtree: Subtree, mine: Leaf | undefined, theirs: Leaf | undefined): Difference {
  const path = [mine?.path, theirs?.path].filter((one) => one !== undefined).sort()[0] as string;
  return {
    subtree,
    path,
    here: mine?.path === path ? mine.valueHash : null,
    there: theirs?.path === path ? theirs.valueHash : null,
  };
}
