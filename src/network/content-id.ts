import { sha256Hex } from '../crypto/hash.ts';
import type { Hash } from '../types/ssz-bytes.ts';

/** What a message is known by on every node, on both carriers and in every repetition: the sha256 of its content. */
export function contentId(content: Uint8Array): Hash {
  return sha256Hex(content);
}
