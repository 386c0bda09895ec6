import type { State, StateView } from '../ledger/state/state.ts';
import type { StateChange } from '../types/state-leaf.ts';
import { LIMITS } from '../util/limits.ts';
import type { ParentFacts } from './parent-facts.ts';

interface Undo {
  /** What the block was checked against. */
  readonly parent: ParentFacts;
  /** Each value that the block changed, as it was before. */
  readonly overwritten: readonly StateChange[];
  readonly bytes: number;
}

/** Of a path, an array header and a map entry, roughly. */
const BYTES_PER_CHANGE = 128;

/**
 * What the last blocks overwrote in the state, so that the state below each of them can be stood on once more. Only
 * the state of the head is kept in full; this is empty after a start.
 */
export class UndoLog {
  readonly #undos: Undo[] = [];
  #bytes = 0;

  /** Before the block above `parent` is committed to `state`: remembers what `changes` will overwrite. */
  note(parent: ParentFacts, state: State, changes: readonly StateChange[]): void {
    const overwritten = changes.map(({ subtree, path }) => ({
      subtree,
      path,
      value: state.reader(subtree).get(path),
    }));
    const bytes = overwritten.reduce(
      (sum, { value, path }) => sum + BYTES_PER_CHANGE + path.length + (value?.length ?? 0),
      0,
    );
    this.#undos.push({ parent, overwritten, bytes });
    this.#bytes += bytes;
    while (this.#undos.length > LIMITS.maxUndoBlocks || this.#bytes > LIMITS.maxUndoBytes)
      this.#bytes -= this.#undos.shift()?.bytes ?? 0;
  }

  /** Lowest height of a block whose ground is still at hand; undefined if there is none. */
  lowestHeight(): number | undefined {
    const oldest = this.#undos[0];
    return oldest === undefined ? undefined : oldest.parent.height + 1;
  }

  /**
   * The ground of the block at `height`, on the committed state. The view is the caller's, to discard before the next
   * commit.
   */
  groundOf(
    height: number,
    state: State,
  ): { readonly parent: ParentFacts; readonly view: StateView } | undefined {
    const first = this.#undos.findIndex(({ parent }) => parent.height + 1 === height);
    const target = this.#undos[first];
    if (target === undefined) return undefined;
    const view = state.extend();
    for (const { overwritten } of this.#undos.slice(first).reverse())
      for (const { subtree, path, value } of overwritten) {
        const writer = view.writer(subtree);
        if (value === undefined) writer.delete(path);
        else writer.set(path, value);
      }
    return { parent: target.parent, view };
  }
}
