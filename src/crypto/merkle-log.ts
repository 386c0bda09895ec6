import { hashLeaf, hashNode, merkleRoot, splitPoint } from './merkle.ts';

/**
 * A Merkle tree of RFC 6962 that grows leaf by leaf. Of all its nodes, appending and the root need only those of the
 * frontier; the others are final as soon as they exist, and whoever wants audit paths keeps them by place.
 */

/** What remains of a tree of `size` leaves: the roots of its perfect sub-trees, from left (largest) to right. */
export interface MerkleFrontier {
  readonly size: number;
  readonly roots: readonly Uint8Array[];
}

export const EMPTY_FRONTIER: MerkleFrontier = { size: 0, roots: [] };

/** Root of the perfect sub-tree over the leaves from `position · 2^level` on; level 0 are the leaves' hashes. */
export interface MerkleNode {
  readonly level: number;
  readonly position: number;
  readonly hash: Uint8Array;
}

/** Appends one leaf, with at most log2(size) + 1 hashes. `nodes` are all that the tree has more than before. */
export function appendLeaf(
  { size, roots }: MerkleFrontier,
  leaf: Uint8Array,
): { frontier: MerkleFrontier; nodes: MerkleNode[] } {
  const left = [...roots];
  let node: MerkleNode = { level: 0, position: size, hash: hashLeaf(leaf) };
  const nodes = [node];
  // A node at an odd position is the right one of two, and its sibling the last root of the frontier.
  while (node.position % 2 === 1) {
    const { level, position, hash } = node;
    node = { level: level + 1, position: (position - 1) / 2, hash: hashNode(left.pop() as Uint8Array, hash) };
    nodes.push(node);
  }
  return { frontier: { size: size + 1, roots: [...left, node.hash] }, nodes };
}

/** The same root that `merkleRoot` gives for all leaves. */
export function frontierRoot({ roots }: MerkleFrontier): Uint8Array {
  if (roots.length === 0) return merkleRoot([]);
  return roots.reduceRight((right, left) => hashNode(left, right));
}

/** Hash of a perfect sub-tree, by its place. */
export type NodeLookup = (level: number, position: number) => Uint8Array;

/** The same path that `merklePath` gives for the leaf at `index` of `size`, with at most log2(size)² look-ups. */
export function pathFromNodes(index: number, size: number, nodeAt: NodeLookup): Uint8Array[] {
  if (index < 0 || index >= size) throw new RangeError(`no leaf ${index} of ${size}`);
  const path: Uint8Array[] = [];
  for (let start = 0, end = size; end - start > 1; ) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      path.push(rangeRoot(middle, end, nodeAt));
      end = middle;
    } else {
      path.push(rangeRoot(start, middle, nodeAt));
      start = middle;
    }
  }
  return path.reverse();
}

/** Sub-trees of RFC 6962 begin at multiples of their width, so one whose width is a power of two is a stored node. */
function rangeRoot(start: number, end: number, nodeAt: NodeLookup): Uint8Array {
  const width = end - start;
  const level = 31 - Math.clz32(width);
  if (width === 2 ** level) return nodeAt(level, start / width);
  const middle = start + splitPoint(width);
  return hashNode(rangeRoot(start, middle, nodeAt), rangeRoot(middle, end, nodeAt));
}

/** All nodes over a list of leaves, for the paths of several of them. */
export function nodesOf(leaves: readonly Uint8Array[]): NodeLookup {
  const hashes = new Map<string, Uint8Array>();
  let frontier = EMPTY_FRONTIER;
  for (const leaf of leaves) {
    const appended = appendLeaf(frontier, leaf);
    frontier = appended.frontier;
    for (const { level, position, hash } of appended.nodes) hashes.set(`${level}/${position}`, hash);
  }
  return (level, position) => {
    const hash = hashes.get(`${level}/${position}`);
    if (hash === undefined) throw new RangeError(`no node ${position} at level ${level}`);
    return hash;
  };
}
