import { hashInto } from '@chainsafe/hashtree';
import { STATE_LEAF_TAG } from '../../crypto/state-proof.ts';
import { HASH_BYTES, HASH_WORDS, type HashedLeaves, type NodeId, type NodeStore } from './node-store.ts';

/** What one inner node hashes: the hashes of its children. */
export const BLOCK_BYTES = 2 * HASH_BYTES;

function wordsOf(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / Int32Array.BYTES_PER_ELEMENT);
}

/** Hashes `blocks`, a number of 64-byte inputs one after the other, to as many 32-byte outputs. */
function hashBlocks(blocks: Uint8Array): Uint8Array {
  const hashes = new Uint8Array(blocks.length / 2);
  if (blocks.length > 0) hashInto(blocks, hashes);
  return hashes;
}

/** Hashes leaves that are given as key ‖ hash of the value, one after the other in an array of their own. */
export function hashLeaves(pairs: Uint8Array): HashedLeaves {
  const pairHashes = hashBlocks(pairs);
  const tagged = new Uint8Array(pairs.length);
  for (let at = 0; at < tagged.length; at += BLOCK_BYTES) {
    tagged.set(STATE_LEAF_TAG, at);
    tagged.set(pairHashes.subarray(at / 2, at / 2 + HASH_BYTES), at + HASH_BYTES);
  }
  return { pairs: wordsOf(pairs), hashes: wordsOf(hashBlocks(tagged)) };
}

/** New inner nodes by their depth, to be hashed together: each needs the hashes of those below it. */
export class NodeLevels {
  readonly #levels: NodeId[][] = [];

  add(inner: NodeId, depth: number): void {
    while (this.#levels.length <= depth) this.#levels.push([]);
    (this.#levels[depth] as NodeId[]).push(inner);
  }

  /** Hashes all nodes, level by level from the bottom. */
  hash(store: NodeStore): void {
    for (const level of [...this.#levels].reverse()) {
      const blocks = new Uint8Array(BLOCK_BYTES * level.length);
      const words = wordsOf(blocks);
      for (const [i, inner] of level.entries()) {
        store.copyHash(store.left(inner), words, 2 * HASH_WORDS * i);
        store.copyHash(store.right(inner), words, 2 * HASH_WORDS * i + HASH_WORDS);
      }
      const hashes = wordsOf(hashBlocks(blocks));
      for (const [i, inner] of level.entries()) store.setInnerHash(inner, hashes, HASH_WORDS * i);
    }
  }
}
