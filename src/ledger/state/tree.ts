import { hashStateValue, type StateProof, stateKey, stateKeyBit } from '../../crypto/state-proof.ts';
import { compareBytes, toHex } from '../../util/bytes.ts';
import { EMPTY_NODE, HASH_BYTES, type HashedLeaves, type NodeId, type NodeStore } from './node-store.ts';
import { BLOCK_BYTES, hashLeaves, NodeLevels } from './tree-hashing.ts';

/**
 * A sparse binary tree over sha256(path), most significant bit first. A subtree with exactly one leaf is that leaf,
 * so the tree of n leaves has a depth of about log2 n, and its root is a function of the set of leaves alone, not of
 * the order in which they came. Hash rules: crypto/state-proof.ts.
 */

/** A leaf to set, or with `value` undefined to delete. */
export interface TreeChange {
  readonly path: string;
  readonly value: Uint8Array | undefined;
}

/** The new tree beside the old one, which stays intact until its `replaced` nodes are released. */
export interface TreeDelta {
  readonly root: NodeId;
  /** Nodes that only the new tree has; to be released when it is discarded. */
  readonly allocated: NodeId[];
  /** Nodes that only the old tree has; to be released when the new tree has taken its place for good. */
  readonly replaced: NodeId[];
}

/** The changes of one update in key order, with the hashes of their leaves. */
class SortedChanges {
  readonly keys: Uint8Array[] = [];
  /** How many of the first i changes set a leaf. */
  readonly #setsBefore: Int32Array;
  readonly #leaves: HashedLeaves;

  constructor(changes: readonly TreeChange[]) {
    const sorted = changes
      .map(({ path, value }) => ({ key: stateKey(path), value }))
      .sort((a, b) => compareBytes(a.key, b.key));
    this.#setsBefore = new Int32Array(sorted.length + 1);
    const pairs = new Uint8Array(BLOCK_BYTES * sorted.length);
    for (const [i, { key, value }] of sorted.entries()) {
      this.keys.push(key);
      this.#setsBefore[i + 1] = (this.#setsBefore[i] as number) + (value === undefined ? 0 : 1);
      if (value === undefined) continue;
      pairs.set(key, BLOCK_BYTES * i);
      pairs.set(hashStateValue(value), BLOCK_BYTES * i + HASH_BYTES);
    }
    this.#leaves = hashLeaves(pairs);
  }

  /** A leaf for change number `index`, which must set one. */
  storeLeaf(store: NodeStore, index: number): NodeId {
    return store.newLeaf(this.#leaves, index);
  }

  isSet(index: number): boolean {
    return this.sets(index, index + 1) === 1;
  }

  sets(start: number, end: number): number {
    return (this.#setsBefore[end] as number) - (this.#setsBefore[start] as number);
  }

  /** First index in [start, end) whose key has bit `depth` set; all keys of the range agree in the bits before. */
  split(start: number, end: number, depth: number): number {
    let low = start;
    let high = end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (stateKeyBit(this.keys[middle] as Uint8Array, depth) === 1) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  indexOf(key: Uint8Array, start: number, end: number): number {
    let low = start;
    let high = end;
    while (low < high) {
      const middle = (low + high) >> 1;
      const order = compareBytes(this.keys[middle] as Uint8Array, key);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return -1;
  }
}

/** One update of a tree: builds the new nodes top-down, then hashes them level by level from the bottom. */
class TreeUpdate {
  readonly allocated: NodeId[] = [];
  readonly replaced: NodeId[] = [];
  readonly #store: NodeStore;
  readonly #changes: SortedChanges;
  readonly #levels = new NodeLevels();

  constructor(store: NodeStore, changes: SortedChanges) {
    this.#store = store;
    this.#changes = changes;
  }

  update(node: NodeId, depth: number, start: number, end: number): NodeId {
    if (start === end) return node;
    if (node <= 0) return this.#updateLeaf(node, depth, start, end);
    const middle = this.#changes.split(start, end, depth);
    const oldLeft = this.#store.left(node);
    const oldRight = this.#store.right(node);
    const left = this.update(oldLeft, depth + 1, start, middle);
    const right = this.update(oldRight, depth + 1, middle, end);
    if (left === oldLeft && right === oldRight) return node;
    this.replaced.push(node);
    return this.#join(left, right, depth);
  }

  /** Puts changes where there was nothing, or one leaf, which one of the changes may be about. */
  #updateLeaf(leaf: NodeId, depth: number, start: number, end: number): NodeId {
    if (leaf === EMPTY_NODE) return this.#grow(leaf, depth, start, end);
    if (this.#changes.indexOf(this.#store.leafKey(leaf), start, end) < 0)
      return this.#grow(leaf, depth, start, end);
    this.replaced.push(leaf);
    return this.#grow(EMPTY_NODE, depth, start, end);
  }

  /** The subtree of the leaves set in [start, end) and of `leaf`, an old one that stays (or none). */
  #grow(leaf: NodeId, depth: number, start: number, end: number): NodeId {
    const sets = this.#changes.sets(start, end);
    if (sets === 0) return leaf;
    if (sets === 1 && leaf === EMPTY_NODE) return this.#newLeaf(start);
    const middle = this.#changes.split(start, end, depth);
    const leafGoesRight = leaf !== EMPTY_NODE && this.#store.leafKeyBit(leaf, depth) === 1;
    const left = this.#grow(leafGoesRight ? EMPTY_NODE : leaf, depth + 1, start, middle);
    const right = this.#grow(leafGoesRight ? leaf : EMPTY_NODE, depth + 1, middle, end);
    return this.#join(left, right, depth);
  }

  /** A leaf for the first change from `index` on that sets one. */
  #newLeaf(index: number): NodeId {
    let i = index;
    while (!this.#changes.isSet(i)) i++;
    const leaf = this.#changes.storeLeaf(this.#store, i);
    this.allocated.push(leaf);
    return leaf;
  }

  /** An inner node, or the leaf itself where only one is left. */
  #join(left: NodeId, right: NodeId, depth: number): NodeId {
    if (left <= 0 && right === EMPTY_NODE) return left;
    if (right <= 0 && left === EMPTY_NODE) return right;
    const inner = this.#store.newInner(left, right);
    this.allocated.push(inner);
    this.#levels.add(inner, depth);
    return inner;
  }

  hashNewNodes(): void {
    this.#levels.hash(this.#store);
  }
}

/** The tree `root` with `changes` applied, each path at most once. The old tree stays readable. */
export function applyChanges(store: NodeStore, root: NodeId, changes: readonly TreeChange[]): TreeDelta {
  const sorted = new SortedChanges(changes);
  const update = new TreeUpdate(store, sorted);
  const newRoot = update.update(root, 0, 0, changes.length);
  update.hashNewNodes();
  return { root: newRoot, allocated: update.allocated, replaced: update.replaced };
}

/** Proof of what the tree holds at `path`: a value, or nothing. */
export function proveLeaf(store: NodeStore, root: NodeId, path: string): StateProof {
  const key = stateKey(path);
  const siblings: string[] = [];
  let node = root;
  for (let depth = 0; node > 0; depth++) {
    const [next, sibling] =
      stateKeyBit(key, depth) === 0
        ? [store.left(node), store.right(node)]
        : [store.right(node), store.left(node)];
    siblings.push(toHex(store.hash(sibling)));
    node = next;
  }
  if (node === EMPTY_NODE) return { siblings, terminal: undefined };
  const terminal = { key: toHex(store.leafKey(node)), valueHash: toHex(store.leafValueHash(node)) };
  return { siblings, terminal };
}
