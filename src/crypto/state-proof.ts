/**
 * Hash rules and proofs of the state tree: a sparse binary Merkle tree over sha256(path). At depth i, bit i of the key
 * (most significant first) chooses left (0) or right (1). An empty subtree is 32 zero bytes, and a subtree that holds
 * exactly one leaf is that leaf's hash, so a path is about as long as the logarithm of the number of leaves.
 */
import { concatBytes, equalBytes, fromHex, isHex, toHex, utf8 } from '../util/bytes.ts';
import { sha256 } from './hash.ts';

/** Bits of a key, and so the greatest depth of a leaf. */
export const STATE_TREE_DEPTH = 256;

/** First half of a leaf's input. Nobody knows two subtrees one of which hashes to it, so no inner node is a leaf. */
export const STATE_LEAF_TAG = sha256(utf8('metanode state leaf'));

/** Hash of a subtree without a leaf. */
export const EMPTY_SUBTREE: Uint8Array = new Uint8Array(32);

export function stateKey(path: string): Uint8Array {
  return sha256(utf8(path));
}

export function hashStateValue(value: Uint8Array): Uint8Array {
  return sha256(value);
}

/** Hash of a leaf, wherever it stands. Both arguments have 32 bytes. */
export function hashStateLeaf(key: Uint8Array, valueHash: Uint8Array): Uint8Array {
  return sha256(concatBytes(STATE_LEAF_TAG, sha256(concatBytes(key, valueHash))));
}

/** Hash of a subtree with at least two leaves. */
export function hashStateNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes(left, right));
}

/** Which child of the node at `depth` leads to `key`. */
export function stateKeyBit(key: Uint8Array, depth: number): 0 | 1 {
  return (((key[depth >> 3] as number) >> (7 - (depth & 7))) & 1) as 0 | 1;
}

export interface StateProof {
  /** Hashes (hex) of the subtrees beside the path, from the root downwards. */
  readonly siblings: readonly string[];
  /** The leaf at the end of the path (hex), or undefined if the subtree there is empty. */
  readonly terminal: { readonly key: string; readonly valueHash: string } | undefined;
}

/** Whether two keys agree in their first `bits` bits. */
function sharePrefix(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  for (let depth = 0; depth < bits; depth++)
    if (stateKeyBit(a, depth) !== stateKeyBit(b, depth)) return false;
  return true;
}

function isWellFormed(proof: StateProof): boolean {
  const { siblings, terminal } = proof;
  if (!Array.isArray(siblings) || siblings.length > STATE_TREE_DEPTH) return false;
  if (!siblings.every((sibling) => typeof sibling === 'string' && isHex(sibling, 32))) return false;
  if (terminal === undefined) return true;
  if (typeof terminal !== 'object' || terminal === null) return false;
  const { key, valueHash } = terminal;
  return typeof key === 'string' && isHex(key, 32) && typeof valueHash === 'string' && isHex(valueHash, 32);
}

/**
 * Hash of the subtree at the end of the path if it can prove what is claimed: the leaf of `key` itself for a value;
 * for absence an empty subtree, or another leaf that stands alone on the same path.
 */
function terminalHash(
  key: Uint8Array,
  value: Uint8Array | undefined,
  proof: StateProof,
): Uint8Array | undefined {
  const { siblings, terminal } = proof;
  if (terminal === undefined) return value === undefined ? EMPTY_SUBTREE : undefined;
  const terminalKey = fromHex(terminal.key);
  const valueHash = fromHex(terminal.valueHash);
  const isOwnLeaf = equalBytes(terminalKey, key);
  if (value === undefined ? isOwnLeaf : !isOwnLeaf) return undefined;
  if (value !== undefined && !equalBytes(valueHash, hashStateValue(value))) return undefined;
  if (!sharePrefix(terminalKey, key, siblings.length)) return undefined;
  return hashStateLeaf(terminalKey, valueHash);
}

/**
 * Whether `proof` shows that the tree with this root (hex) holds `value` at `path`, or nothing at all if `value` is
 * undefined. Never throws: a malformed root or proof is a `false`.
 */
export function verifyStateProof(
  root: string,
  path: string,
  value: Uint8Array | undefined,
  proof: StateProof,
): boolean {
  if (!isHex(root, 32) || !isWellFormed(proof)) return false;
  const key = stateKey(path);
  let hash = terminalHash(key, value, proof);
  if (hash === undefined) return false;
  for (let depth = proof.siblings.length - 1; depth >= 0; depth--) {
    const sibling = fromHex(proof.siblings[depth] as string);
    hash = stateKeyBit(key, depth) === 0 ? hashStateNode(hash, sibling) : hashStateNode(sibling, hash);
  }
  return toHex(hash) === root;
}
