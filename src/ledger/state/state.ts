import { merkleRoot } from '../../crypto/merkle.ts';
import type { StateProof } from '../../crypto/state-proof.ts';
import { LEDGERS, type LedgerName, SUBTREES, type SubtreeName } from '../../types/names.ts';
import type { StateChange, StateLeaf } from '../../types/state-leaf.ts';
import { toHex } from '../../util/bytes.ts';
import type { StateReader, StateWriter } from '../seam.ts';
import { type Layer, SubtreeBase } from './layer.ts';
import { NodeStore } from './node-store.ts';
import { TreeBuilder } from './tree-builder.ts';
import { ValueStore, type Values } from './value-store.ts';

type Layers = Record<SubtreeName, Layer>;

function mapSubtrees<T>(create: (subtree: SubtreeName) => T): Record<SubtreeName, T> {
  return Object.fromEntries(SUBTREES.map((subtree) => [subtree, create(subtree)])) as Record<SubtreeName, T>;
}

/** Anything on which an overlay can stand: the committed state or another overlay. */
export interface StateGround {
  reader(subtree: SubtreeName): StateReader;
  /** An empty overlay on this one. */
  extend(): StateView;
  /** Root of one sub-tree, as hex. */
  root(subtree: SubtreeName): string;
  /** `stateRoot` of a header: RFC 6962 over the six sub-tree roots. */
  stateRoot(): string;
}

function stateRootOf(layers: Layers): string {
  return toHex(merkleRoot(SUBTREES.map((subtree) => layers[subtree].rootHash())));
}

/**
 * An overlay of the six sub-trees that can be committed or discarded. It stands on the committed state or on another
 * overlay (a block that is being voted, and a speculative one on it). Committing an overlay invalidates those that do
 * not continue it.
 */
export class StateView implements StateGround {
  readonly #layers: Layers;
  #closed = false;

  /** @internal Use `extend` or `StateView.combine`. */
  constructor(layers: Layers) {
    this.#layers = layers;
  }

  /**
   * An overlay on `ground` that takes each ledger's sub-tree from the overlay of its section, where there is one. The
   * section overlays must stand on `ground`, and stay usable for other combinations.
   */
  static combine(ground: StateView, sections: Partial<Record<LedgerName, StateView>>): StateView {
    const layers = mapSubtrees((subtree) => ground.#layers[subtree]);
    for (const ledger of LEDGERS) {
      const section = sections[ledger];
      if (section !== undefined) layers[ledger] = section.#layers[ledger];
    }
    return new StateView(mapSubtrees((subtree) => layers[subtree].extend()));
  }

  reader(subtree: SubtreeName): StateReader {
    return this.#layers[subtree];
  }

  writer(subtree: SubtreeName): StateWriter {
    return this.#layers[subtree];
  }

  extend(): StateView {
    return new StateView(mapSubtrees((subtree) => this.#layers[subtree].extend()));
  }

  /** From here on every write to the sub-tree can be taken back, until `accept` or `revert`. */
  checkpoint(subtree: SubtreeName): void {
    this.#layers[subtree].checkpoint();
  }

  accept(subtree: SubtreeName): void {
    this.#layers[subtree].accept();
  }

  revert(subtree: SubtreeName): void {
    this.#layers[subtree].revert();
  }

  /** Ends writing: whoever tries it from here on meets an InvariantViolation. Overlays on this one are not touched. */
  seal(): void {
    for (const subtree of SUBTREES) this.#layers[subtree].seal();
  }

  root(subtree: SubtreeName): string {
    return toHex(this.#layers[subtree].rootHash());
  }

  stateRoot(): string {
    return stateRootOf(this.#layers);
  }

  /** What differs from the committed state: what a commit has to write to disk. Later writes are not in it. */
  changes(): StateChange[] {
    const changes: StateChange[] = [];
    for (const subtree of SUBTREES)
      for (const [path, value] of this.#layers[subtree].changesSince())
        changes.push({ subtree, path, value });
    return changes;
  }

  /** Paths of one sub-tree that were written since `ground`, which this overlay continues. */
  pathsChangedSince(ground: StateGround, subtree: SubtreeName): string[] {
    const ancestor = ground instanceof StateView ? ground.#layers[subtree] : undefined;
    return [...this.#layers[subtree].changesSince(ancestor).keys()];
  }

  /** Gives everything back. Overlays that stand on this one stay usable. Discarding twice does nothing. */
  discard(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const subtree of SUBTREES) this.#layers[subtree].release();
  }

  /** @internal Use `State.commit`. */
  commitLayers(): void {
    this.#closed = true;
    for (const subtree of SUBTREES) this.#layers[subtree].commit();
  }
}

/** Takes leaves one by one, for example those of a disk, and makes the state of them. */
export class StateLoader {
  readonly store = new NodeStore();
  // There are few system values, and who reads them remembers by their identity what they mean.
  readonly #values = mapSubtrees((subtree): Values => (subtree === 'system' ? new Map() : new ValueStore()));
  readonly #builders = mapSubtrees(() => new TreeBuilder(this.store));

  /** No path of a sub-tree twice. */
  add({ subtree, path, value }: StateLeaf): void {
    this.#values[subtree].set(path, value);
    this.#builders[subtree].add(path, value);
  }

  /** Ends the loader. */
  finish(): State {
    return new State(this);
  }

  /** @internal Use `finish`. */
  bases(): Record<SubtreeName, SubtreeBase> {
    return mapSubtrees(
      (subtree) => new SubtreeBase(this.store, this.#values[subtree], this.#builders[subtree].root()),
    );
  }
}

/** The committed state: all values in memory, and the tree over them. Disk keeps the leaves only. */
export class State implements StateGround {
  readonly #store: NodeStore;
  readonly #bases: Record<SubtreeName, SubtreeBase>;

  /** The empty state; `StateLoader` makes others. */
  constructor(loader = new StateLoader()) {
    this.#store = loader.store;
    this.#bases = loader.bases();
  }

  /** The state of these leaves, no path of a sub-tree twice. */
  static load(leaves: Iterable<StateLeaf>): State {
    const loader = new StateLoader();
    for (const leaf of leaves) loader.add(leaf);
    return loader.finish();
  }

  reader(subtree: SubtreeName): StateReader {
    const base = this.#bases[subtree];
    return { get: (path) => base.values.get(path) };
  }

  extend(): StateView {
    return new StateView(mapSubtrees((subtree) => this.#bases[subtree].head.extend()));
  }

  root(subtree: SubtreeName): string {
    return toHex(this.#bases[subtree].head.rootHash());
  }

  stateRoot(): string {
    return stateRootOf(mapSubtrees((subtree) => this.#bases[subtree].head));
  }

  /** Makes the overlay, and those below it, the committed state. @throws StaleStateError if it does not continue it */
  commit(view: StateView): void {
    view.commitLayers();
  }

  /** Every value, sub-tree by sub-tree, for a snapshot or for a comparison. */
  *leaves(): Generator<StateLeaf> {
    for (const subtree of SUBTREES)
      for (const [path, value] of this.#bases[subtree].values) yield { subtree, path, value };
  }

  /** Values of one sub-tree whose path begins with `prefix`, in no particular order: for getters, not for rules. */
  *scan(subtree: SubtreeName, prefix: string): Generator<{ path: string; value: Uint8Array }> {
    for (const [path, value] of this.#bases[subtree].values)
      if (path.startsWith(prefix)) yield { path, value };
  }

  /** Proof of a value, or of its absence, against the root of its sub-tree. */
  prove(subtree: SubtreeName, path: string): StateProof {
    return this.#bases[subtree].head.prove(path);
  }

  /** The six sub-tree roots in order, as hex: the leaves of `stateRoot`. */
  roots(): string[] {
    return SUBTREES.map((subtree) => this.root(subtree));
  }

  /** How many tree nodes are held, committed and in overlays. */
  get nodeCount(): number {
    return this.#store.size;
  }
}
