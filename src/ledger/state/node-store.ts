/**
 * Where the nodes of all state trees live: typed arrays that grow, and free lists of slots that are used again. A
 * node is a number: 0 the empty subtree, positive an inner node, negative a leaf. A node never changes after it was
 * hashed, so trees of different overlays share what they have in common.
 */
export type NodeId = number;
export const EMPTY_NODE: NodeId = 0;
export const HASH_BYTES = 32;

const FIRST_CAPACITY = 1024;

/** Numbers 1, 2, 3 …, handed out and taken back. */
class SlotList {
  #next = 1;
  readonly #free: number[] = [];

  take(): number {
    return this.#free.pop() ?? this.#next++;
  }

  give(slot: number): void {
    this.#free.push(slot);
  }

  get used(): number {
    return this.#next - 1 - this.#free.length;
  }
}

function grown<A extends Uint8Array | Int32Array>(
  array: A,
  length: number,
  create: (length: number) => A,
): A {
  if (length <= array.length) return array;
  const larger = create(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}

const bytes = (length: number) => new Uint8Array(length);
const integers = (length: number) => new Int32Array(length);

export class NodeStore {
  readonly #innerSlots = new SlotList();
  readonly #leafSlots = new SlotList();
  #children = integers(2 * FIRST_CAPACITY);
  #innerHashes = bytes(HASH_BYTES * FIRST_CAPACITY);
  #leafKeys = bytes(HASH_BYTES * FIRST_CAPACITY);
  #leafValueHashes = bytes(HASH_BYTES * FIRST_CAPACITY);
  #leafHashes = bytes(HASH_BYTES * FIRST_CAPACITY);

  /** How many nodes are in use: a leak shows here. */
  get size(): number {
    return this.#innerSlots.used + this.#leafSlots.used;
  }

  newLeaf(key: Uint8Array, valueHash: Uint8Array, hash: Uint8Array): NodeId {
    const slot = this.#leafSlots.take();
    const end = HASH_BYTES * (slot + 1);
    this.#leafKeys = grown(this.#leafKeys, end, bytes);
    this.#leafValueHashes = grown(this.#leafValueHashes, end, bytes);
    this.#leafHashes = grown(this.#leafHashes, end, bytes);
    this.#leafKeys.set(key, HASH_BYTES * slot);
    this.#leafValueHashes.set(valueHash, HASH_BYTES * slot);
    this.#leafHashes.set(hash, HASH_BYTES * slot);
    return -slot;
  }

  /** A new inner node without its hash, which the caller sets before anyone reads it. */
  newInner(left: NodeId, right: NodeId): NodeId {
    const slot = this.#innerSlots.take();
    this.#children = grown(this.#children, 2 * (slot + 1), integers);
    this.#innerHashes = grown(this.#innerHashes, HASH_BYTES * (slot + 1), bytes);
    this.#children[2 * slot] = left;
    this.#children[2 * slot + 1] = right;
    return slot;
  }

  setInnerHash(inner: NodeId, hash: Uint8Array): void {
    this.#innerHashes.set(hash, HASH_BYTES * inner);
  }

  left(inner: NodeId): NodeId {
    return this.#children[2 * inner] as number;
  }

  right(inner: NodeId): NodeId {
    return this.#children[2 * inner + 1] as number;
  }

  /** The key of a leaf: a view that is valid until the leaf is released. */
  leafKey(leaf: NodeId): Uint8Array {
    return this.#leafKeys.subarray(HASH_BYTES * -leaf, HASH_BYTES * (1 - leaf));
  }

  /** The hash of the value of a leaf, valid as long as its key. */
  leafValueHash(leaf: NodeId): Uint8Array {
    return this.#leafValueHashes.subarray(HASH_BYTES * -leaf, HASH_BYTES * (1 - leaf));
  }

  /** Copies the hash of a node to `target` at `offset`; the empty subtree is 32 zeros. */
  copyHash(node: NodeId, target: Uint8Array, offset: number): void {
    if (node === EMPTY_NODE) {
      target.fill(0, offset, offset + HASH_BYTES);
      return;
    }
    const source = node > 0 ? this.#innerHashes : this.#leafHashes;
    const start = HASH_BYTES * Math.abs(node);
    target.set(source.subarray(start, start + HASH_BYTES), offset);
  }

  hash(node: NodeId): Uint8Array {
    const copy = new Uint8Array(HASH_BYTES);
    this.copyHash(node, copy, 0);
    return copy;
  }

  /** Gives slots back. No tree that is still read may contain these nodes. */
  release(nodes: readonly NodeId[]): void {
    for (const node of nodes) {
      if (node > 0) this.#innerSlots.give(node);
      else if (node < 0) this.#leafSlots.give(-node);
    }
  }
}
