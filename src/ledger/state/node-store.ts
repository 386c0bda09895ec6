/**
 * Where the nodes of all state trees live: typed arrays that grow, and free lists of slots that are used again. A
 * node is a number: 0 the empty subtree, positive an inner node, negative a leaf. A node never changes after it was
 * hashed, so trees of different overlays share what they have in common.
 */
export type NodeId = number;
export const EMPTY_NODE: NodeId = 0;
export const HASH_BYTES = 32;
/** A hash in an Int32Array. */
export const HASH_WORDS = HASH_BYTES / Int32Array.BYTES_PER_ELEMENT;

const FIRST_CAPACITY = 1024;

/** Leaves one after the other: key and hash of the value of each, and the hash of each. */
export interface HashedLeaves {
  readonly pairs: Int32Array;
  readonly hashes: Int32Array;
}

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

function grown(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  if (length <= array.length) return array;
  const larger = new Int32Array(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}

/** A hash of each slot. Words are copied one by one: for eight of them that is quicker than a view and `set`. */
class HashColumn {
  #words = new Int32Array(HASH_WORDS * FIRST_CAPACITY);

  /** Takes the hash that begins at the word `from` of `source`. */
  set(slot: number, source: Int32Array, from: number): void {
    const at = HASH_WORDS * slot;
    this.#words = grown(this.#words, at + HASH_WORDS);
    const words = this.#words;
    for (let word = 0; word < HASH_WORDS; word++) words[at + word] = source[from + word] as number;
  }

  copyTo(slot: number, target: Int32Array, to: number): void {
    const words = this.#words;
    const at = HASH_WORDS * slot;
    for (let word = 0; word < HASH_WORDS; word++) target[to + word] = words[at + word] as number;
  }

  /** The bytes of a hash, valid until the slot is given back or the column grows. */
  view(slot: number): Uint8Array {
    return new Uint8Array(this.#words.buffer, HASH_BYTES * slot, HASH_BYTES);
  }

  /** Bit `index` of a hash, counted from the most significant one of its first byte. */
  bit(slot: number, index: number): 0 | 1 {
    const word = this.#words[HASH_WORDS * slot + (index >> 5)] as number;
    // The bytes of a word stand in the order of the machine, which is little-endian wherever Node runs.
    return ((word >> ((index & 0x18) + 7 - (index & 7))) & 1) as 0 | 1;
  }
}

export class NodeStore {
  readonly #innerSlots = new SlotList();
  readonly #leafSlots = new SlotList();
  #children = new Int32Array(2 * FIRST_CAPACITY);
  readonly #innerHashes = new HashColumn();
  readonly #leafKeys = new HashColumn();
  readonly #leafValueHashes = new HashColumn();
  readonly #leafHashes = new HashColumn();

  /** How many nodes are in use: a leak shows here. */
  get size(): number {
    return this.#innerSlots.used + this.#leafSlots.used;
  }

  /** A new leaf: number `index` of `leaves`. */
  newLeaf(leaves: HashedLeaves, index: number): NodeId {
    const slot = this.#leafSlots.take();
    this.#leafKeys.set(slot, leaves.pairs, 2 * HASH_WORDS * index);
    this.#leafValueHashes.set(slot, leaves.pairs, 2 * HASH_WORDS * index + HASH_WORDS);
    this.#leafHashes.set(slot, leaves.hashes, HASH_WORDS * index);
    return -slot;
  }

  /** A new inner node without its hash, which the caller sets before anyone reads it. */
  newInner(left: NodeId, right: NodeId): NodeId {
    const slot = this.#innerSlots.take();
    this.#children = grown(this.#children, 2 * (slot + 1));
    this.#children[2 * slot] = left;
    this.#children[2 * slot + 1] = right;
    return slot;
  }

  /** Sets the hash of an inner node to the one that begins at the word `from` of `hashes`. */
  setInnerHash(inner: NodeId, hashes: Int32Array, from: number): void {
    this.#innerHashes.set(inner, hashes, from);
  }

  left(inner: NodeId): NodeId {
    return this.#children[2 * inner] as number;
  }

  right(inner: NodeId): NodeId {
    return this.#children[2 * inner + 1] as number;
  }

  /** The key of a leaf: a view that is valid until the next leaf comes or this one is released. */
  leafKey(leaf: NodeId): Uint8Array {
    return this.#leafKeys.view(-leaf);
  }

  /** Which child of a node at `depth` leads to the leaf. */
  leafKeyBit(leaf: NodeId, depth: number): 0 | 1 {
    return this.#leafKeys.bit(-leaf, depth);
  }

  /** The hash of the value of a leaf, valid as long as its key. */
  leafValueHash(leaf: NodeId): Uint8Array {
    return this.#leafValueHashes.view(-leaf);
  }

  /** Copies the hash of a node to `target`, from the word `to` on; the empty subtree is 32 zeros. */
  copyHash(node: NodeId, target: Int32Array, to: number): void {
    if (node === EMPTY_NODE) target.fill(0, to, to + HASH_WORDS);
    else if (node > 0) this.#innerHashes.copyTo(node, target, to);
    else this.#leafHashes.copyTo(-node, target, to);
  }

  hash(node: NodeId): Uint8Array {
    const words = new Int32Array(HASH_WORDS);
    this.copyHash(node, words, 0);
    return new Uint8Array(words.buffer);
  }

  /** Gives slots back. No tree that is still read may contain these nodes. */
  release(nodes: readonly NodeId[]): void {
    for (const node of nodes) {
      if (node > 0) this.#innerSlots.give(node);
      else if (node < 0) this.#leafSlots.give(-node);
    }
  }
}
