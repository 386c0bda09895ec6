import { hashStateValue, stateKey } from '../../crypto/state-proof.ts';
import { EMPTY_NODE, HASH_BYTES, type NodeId, type NodeStore } from './node-store.ts';
import { BLOCK_BYTES, hashLeaves, NodeLevels } from './tree-hashing.ts';

/** Leaves that are hashed together. */
const BATCH_LEAVES = 256;

/** Builds the tree over many leaves from nothing: every node is made and hashed once. */
export class TreeBuilder {
  readonly #store: NodeStore;
  readonly #leaves: NodeId[] = [];
  readonly #levels = new NodeLevels();
  #pairs: Uint8Array | undefined;
  #waiting = 0;

  constructor(store: NodeStore) {
    this.#store = store;
  }

  /** Adds a leaf; no path twice. */
  add(path: string, value: Uint8Array): void {
    this.#pairs ??= new Uint8Array(BLOCK_BYTES * BATCH_LEAVES);
    const at = BLOCK_BYTES * this.#waiting++;
    this.#pairs.set(stateKey(path), at);
    this.#pairs.set(hashStateValue(value), at + HASH_BYTES);
    if (this.#waiting === BATCH_LEAVES) this.#storeLeaves();
  }

  /** The root of all leaves that were added; ends the builder. */
  root(): NodeId {
    this.#storeLeaves();
    const root = this.#build(Int32Array.from(this.#leaves), 0, this.#leaves.length, 0);
    this.#levels.hash(this.#store);
    return root;
  }

  #storeLeaves(): void {
    if (this.#pairs === undefined) return;
    const hashed = hashLeaves(this.#pairs.slice(0, BLOCK_BYTES * this.#waiting));
    for (let index = 0; index < this.#waiting; index++) this.#leaves.push(this.#store.newLeaf(hashed, index));
    this.#waiting = 0;
  }

  /** The subtree of the leaves in [begin, end), whose keys agree in the bits before `depth`. Sorts them on the way. */
  #build(leaves: Int32Array, begin: number, end: number, depth: number): NodeId {
    if (begin === end) return EMPTY_NODE;
    if (end - begin === 1) return leaves[begin] as NodeId;
    let middle = begin;
    for (let last = end; middle < last; ) {
      const leaf = leaves[middle] as NodeId;
      if (this.#store.leafKeyBit(leaf, depth) === 0) {
        middle++;
        continue;
      }
      last--;
      leaves[middle] = leaves[last] as NodeId;
      leaves[last] = leaf;
    }
    const left = this.#build(leaves, begin, middle, depth + 1);
    const right = this.#build(leaves, middle, end, depth + 1);
    const inner = this.#store.newInner(left, right);
    this.#levels.add(inner, depth);
    return inner;
  }
}
