import type { SubtreeName } from './names.ts';

/** One value of the state, as it stands on disk and in snapshots. */
export interface StateLeaf {
  readonly subtree: SubtreeName;
  readonly path: string;
  readonly value: Uint8Array;
}

/** A change of one value; `value` undefined deletes. */
export interface StateChange {
  readonly subtree: SubtreeName;
  readonly path: string;
  readonly value: Uint8Array | undefined;
}
