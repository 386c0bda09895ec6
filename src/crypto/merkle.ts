import { allocateBytes, equalBytes } from '../util/bytes.ts';
import { sha256 } from './hash.ts';

/**
 * Merkle trees of RFC 6962 §2.1 over sha256: leaves and nodes are hashed under different prefixes, and no leaf is
 * ever duplicated, so two different lists never share a root.
 */
const EMPTY_ROOT = sha256(new Uint8Array(0));

/** Hash of a leaf: sha256(0x00 ‖ leaf). */
export function hashLeaf(leaf: Uint8Array): Uint8Array {
  const input = allocateBytes(1 + leaf.length);
  input.set(leaf, 1);
  return sha256(input);
}

/** 0x01 ‖ left ‖ right of the node that is being hashed. */
const node = new Uint8Array(65);
node[0] = 1;

/** Hash of an inner node: sha256(0x01 ‖ left ‖ right). */
export function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  node.set(left, 1);
  node.set(right, 33);
  return sha256(node);
}

/** The largest power of two below n (n ≥ 2): how many leaves the left half of a tree of n has. */
export function splitPoint(n: number): number {
  return 2 ** (31 - Math.clz32(n - 1));
}

function rootOfHashes(hashes: readonly Uint8Array[], start: number, end: number): Uint8Array {
  if (end - start === 1) return hashes[start] as Uint8Array;
  const middle = start + splitPoint(end - start);
  return hashNode(rootOfHashes(hashes, start, middle), rootOfHashes(hashes, middle, end));
}

/** Root of a list of leaves (any byte strings). The empty list has the hash of the empty string. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return EMPTY_ROOT;
  return rootOfHashes(leaves.map(hashLeaf), 0, leaves.length);
}

/** Audit path of RFC 6962 §2.1.1 for the leaf at `index`, from the leaf's sibling upwards. */
export function merklePath(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  if (index < 0 || index >= leaves.length) throw new RangeError(`no leaf ${index} of ${leaves.length}`);
  const hashes = leaves.map(hashLeaf);
  const path: Uint8Array[] = [];
  let start = 0;
  let end = hashes.length;
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      path.push(rootOfHashes(hashes, middle, end));
      end = middle;
    } else {
      path.push(rootOfHashes(hashes, start, middle));
      start = middle;
    }
  }
  return path.reverse();
}

/** On which side of the path the siblings of the leaf at `index` of `size` leaves stand, from the leaf upwards. */
export function merkleSides(index: number, size: number): MerkleSide[] {
  const sides: MerkleSide[] = [];
  for (let start = 0, end = size; end - start > 1; ) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      sides.push('right');
      end = middle;
    } else {
      sides.push('left');
      start = middle;
    }
  }
  return sides.reverse();
}

export type MerkleSide = 'left' | 'right';

/** The root that `leaf` and its siblings (from the leaf upwards, each on its side) lead to. */
export function rootOfPath(
  leaf: Uint8Array,
  steps: readonly { readonly side: MerkleSide; readonly hash: Uint8Array }[],
): Uint8Array {
  return steps.reduce(
    (hash, { side, hash: sibling }) => (side === 'right' ? hashNode(hash, sibling) : hashNode(sibling, hash)),
    hashLeaf(leaf),
  );
}

/** The root that `path` leads to from the leaf at `index` of `size` leaves; undefined if there is no such path. */
export function rootFromPlace(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Uint8Array | undefined {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size || size > 2 ** 31) return undefined;
  const sides = merkleSides(index, size);
  if (sides.length !== path.length || path.some((sibling) => sibling.length !== 32)) return undefined;
  return rootOfPath(
    leaf,
    sides.map((side, i) => ({ side, hash: path[i] as Uint8Array })),
  );
}

/** Whether `path` leads from the leaf at `index` of a list of `size` leaves to `root`. */
export function verifyMerklePath(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  const found = rootFromPlace(leaf, index, size, path);
  return found !== undefined && equalBytes(found, root);
}
