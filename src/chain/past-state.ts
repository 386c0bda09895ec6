import { hashStateValue } from '../crypto/state-proof.ts';
import type { State, StateView } from '../ledger/state/state.ts';
import { SUBTREES, type SubtreeName } from '../types/names.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { toHex } from '../util/bytes.ts';
import { NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';

export type PastStateErrorCode = 'STATE_TOO_LARGE';

/** A leaf of the state, by the hash of its value. */
export interface ListedLeaf {
  readonly path: string;
  readonly valueHash: Hash;
}

/** The root of each sub-tree. */
export function rootsOf(view: StateView): Record<SubtreeName, Hash> {
  return Object.fromEntries(SUBTREES.map((subtree) => [subtree, view.root(subtree)])) as Record<
    SubtreeName,
    Hash
  >;
}

/**
 * Leaves of one sub-tree in the order of their paths, from behind `after` on, and one more than `limit` where there are
 * more. `view` stands on the committed state `state`.
 * @throws NodeError STATE_TOO_LARGE, because all paths are looked at for it
 */
export function leavesBehind(
  state: State,
  view: StateView,
  subtree: SubtreeName,
  after: string,
  limit: number,
): ListedLeaf[] {
  const changed = new Map(
    view
      .changes()
      .filter((change) => change.subtree === subtree)
      .map(({ path, value }) => [path, value]),
  );
  const paths: string[] = [];
  let looked = 0;
  for (const { path } of state.scan(subtree, '')) {
    if (++looked > LIMITS.maxListedLeaves)
      throw new NodeError<PastStateErrorCode>(
        'STATE_TOO_LARGE',
        `${subtree} has too many leaves to list them`,
        {
          data: { subtree, max: LIMITS.maxListedLeaves },
          hint: 'compare snapshots of the two nodes (state_snapshotCreate)',
        },
      );
    if (path > after && !changed.has(path)) paths.push(path);
  }
  for (const [path, value] of changed) if (value !== undefined && path > after) paths.push(path);
  const reader = view.reader(subtree);
  return paths
    .sort()
    .slice(0, limit + 1)
    .map((path) => ({ path, valueHash: toHex(hashStateValue(reader.get(path) as Uint8Array)) }));
}
