import type { StateProof } from '../../crypto/state-proof.ts';
import { InvariantViolation, type StateWriter } from '../seam.ts';
import { EMPTY_NODE, type NodeId, type NodeStore } from './node-store.ts';
import { applyChanges, proveLeaf, type TreeChange } from './tree.ts';
import type { Values } from './value-store.ts';

/** The committed values of one sub-tree. */
export class SubtreeBase {
  readonly values: Values;
  readonly store: NodeStore;
  /** The layer whose content `values` is: every readable layer continues it. */
  head: Layer;
  /** Layers above the head that may still be read or committed. */
  readonly open = new Set<Layer>();

  /** `root`: of the tree over `values`. */
  constructor(store: NodeStore, values: Values, root: NodeId) {
    this.store = store;
    this.values = values;
    this.head = new Layer(this, undefined, root);
  }
}

/** Raised when an overlay is used after it was discarded, or after another one was committed in its place. */
export class StaleStateError extends Error {
  constructor() {
    super('this overlay was discarded, or another one was committed in its place');
    this.name = 'StaleStateError';
  }
}

interface Undo {
  readonly path: string;
  readonly had: boolean;
  readonly previous: Uint8Array | undefined;
}

/**
 * The changes of one step to one sub-tree, on top of another layer. Layers are shared: the result of a section is one
 * layer, on which the EndBlock of several candidate blocks may stand; so each counts who needs it, and gives its tree
 * nodes back with the last.
 */
export class Layer implements StateWriter {
  readonly #base: SubtreeBase;
  #parent: Layer | undefined;
  readonly #values = new Map<string, Uint8Array | undefined>();
  /** Paths written since the root was last computed. */
  readonly #unhashed = new Set<string>();
  #undo: Undo[] | undefined;
  #root: NodeId;
  #allocated: NodeId[] = [];
  #replaced: NodeId[] = [];
  #users = 1;
  #status: 'open' | 'committed' | 'dropped';
  #isSealed = false;

  /** Without a parent: the content that the base begins with, whose tree has this root. */
  constructor(base: SubtreeBase, parent: Layer | undefined, root: NodeId = EMPTY_NODE) {
    this.#base = base;
    this.#parent = parent;
    this.#root = parent === undefined ? root : parent.rootNode();
    this.#status = parent === undefined ? 'committed' : 'open';
    if (parent === undefined) return;
    parent.#users++;
    base.open.add(this);
  }

  /** A layer that continues this one. */
  extend(): Layer {
    return new Layer(this.#base, this);
  }

  get(path: string): Uint8Array | undefined {
    for (let layer: Layer | undefined = this; layer !== undefined; layer = layer.#parent) {
      if (layer === this.#base.head) return this.#base.values.get(path);
      if (layer.#status !== 'open') break;
      const value = layer.#values.get(path);
      if (value !== undefined) return value;
      if (layer.#values.has(path)) return undefined;
    }
    throw new StaleStateError();
  }

  set(path: string, value: Uint8Array): void {
    this.#write(path, value);
  }

  delete(path: string): void {
    if (this.get(path) !== undefined) this.#write(path, undefined);
  }

  #write(path: string, value: Uint8Array | undefined): void {
    if (this.#status !== 'open') throw new StaleStateError();
    if (this.#isSealed) throw new InvariantViolation(`a write to ${path}, which others read`);
    this.#undo?.push({ path, had: this.#values.has(path), previous: this.#values.get(path) });
    this.#values.set(path, value);
    this.#unhashed.add(path);
  }

  /** From here on `revert` can take every write back, until `accept`. There is one checkpoint at a time. */
  checkpoint(): void {
    this.#undo = [];
  }

  accept(): void {
    this.#undo = undefined;
  }

  revert(): void {
    for (const { path, had, previous } of (this.#undo ?? []).reverse()) {
      if (had) this.#values.set(path, previous);
      else this.#values.delete(path);
    }
    this.#undo = undefined;
  }

  /** From here on every write is a broken invariant: what stands on this layer relies on it. */
  seal(): void {
    this.#isSealed = true;
  }

  /** The root node of the sub-tree with everything written so far. */
  rootNode(): NodeId {
    if (this.#status === 'dropped') throw new StaleStateError();
    if (this.#unhashed.size > 0) {
      const changes: TreeChange[] = [];
      // A path whose write was reverted gets the value that it has now.
      for (const path of this.#unhashed) changes.push({ path, value: this.get(path) });
      const delta = applyChanges(this.#base.store, this.#root, changes);
      this.#root = delta.root;
      for (const node of delta.allocated) this.#allocated.push(node);
      for (const node of delta.replaced) this.#replaced.push(node);
      this.#unhashed.clear();
    }
    return this.#root;
  }

  rootHash(): Uint8Array {
    return this.#base.store.hash(this.rootNode());
  }

  prove(path: string): StateProof {
    return proveLeaf(this.#base.store, this.rootNode(), path);
  }

  /** The layers from `ancestor` (exclusive; undefined: from the committed base) up to this one, oldest first. */
  #chain(ancestor: Layer | undefined): Layer[] {
    const chain: Layer[] = [];
    const end = ancestor ?? this.#base.head;
    let layer: Layer | undefined = this;
    while (layer !== undefined && layer !== end) {
      if (layer.#status !== 'open') throw new StaleStateError();
      chain.push(layer);
      layer = layer.#parent;
    }
    if (layer === undefined) throw new StaleStateError();
    return chain.reverse();
  }

  /** What differs from `ancestor` (default: the committed base), by path. */
  changesSince(ancestor?: Layer): Map<string, Uint8Array | undefined> {
    const merged = new Map<string, Uint8Array | undefined>();
    for (const layer of this.#chain(ancestor))
      for (const [path, value] of layer.#values) merged.set(path, value);
    return merged;
  }

  /** One user less; the last one gives back the tree nodes of this layer. */
  release(): void {
    this.#users--;
    if (this.#users === 0) this.#drop();
  }

  #drop(): void {
    if (this.#status !== 'open') return;
    this.#status = 'dropped';
    this.#base.store.release(this.#allocated);
    this.#allocated = [];
    this.#replaced = [];
    this.#values.clear();
    this.#undo = undefined;
    this.#base.open.delete(this);
    const parent = this.#parent;
    this.#parent = undefined;
    parent?.release();
  }

  /**
   * Writes this layer and all below it into the base, and makes it the head. Layers that do not continue it can never
   * be committed any more: they are dropped.
   */
  commit(): void {
    this.rootNode();
    const chain = this.#chain(undefined);
    const { values, store, open } = this.#base;
    for (const layer of chain)
      for (const [path, value] of layer.#values) {
        if (value === undefined) values.delete(path);
        else values.set(path, value);
      }
    const replaced = chain.flatMap((layer) => layer.#replaced);
    for (const layer of chain) layer.#absorb();
    this.#base.head = this;
    for (const layer of [...open]) if (!layer.#continuesHead()) layer.#drop();
    store.release(replaced);
  }

  /** The content stands in the base now. */
  #absorb(): void {
    this.#status = 'committed';
    this.#parent = undefined;
    this.#values.clear();
    this.#allocated = [];
    this.#replaced = [];
    this.#undo = undefined;
    this.#base.open.delete(this);
  }

  #continuesHead(): boolean {
    let layer: Layer | undefined = this;
    while (layer !== undefined && layer !== this.#base.head) {
      if (layer.#status !== 'open') return false;
      layer = layer.#parent;
    }
    return layer !== undefined;
  }
}
