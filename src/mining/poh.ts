import { hashBytesOf, sha256 } from '../crypto/hash.ts';
import { merkleRoot } from '../crypto/merkle.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { concatBytes, fromHex, toHex, utf8 } from '../util/bytes.ts';

/** A run of hashes, each of the one before. */
export interface HashSequence {
  readonly start: Hash;
  readonly end: Hash;
  /** How many hashes lead from start to end. */
  readonly hashes: number;
  /** RFC 6962 root over the values after each 1024 hashes, and the last. */
  readonly segmentRoot: Hash;
}

const CHECKPOINT_INTERVAL = 1024;

/**
 * Mixes transaction ids in their order into a sequence of hashes that begins at the parent block: x ← sha256(x ‖ id)
 * for each, and `ticks` times x ← sha256(x) spread evenly between them. Nobody can compute the end before the parent
 * is known, or with the ids in another order. Without transactions there is no sequence.
 */
export function proofOfHistory(
  parent: Hash,
  ledger: string,
  txIds: readonly Hash[],
  ticks: number,
): HashSequence {
  const first = hashBytesOf('poh', concatBytes(fromHex(parent), utf8(ledger)));
  const checkpoints: Uint8Array[] = [];
  let x = first;
  let hashes = 0;
  const advance = (next: Uint8Array) => {
    x = next;
    hashes++;
    if (hashes % CHECKPOINT_INTERVAL === 0) checkpoints.push(x);
  };
  for (const [index, id] of txIds.entries()) {
    advance(sha256(concatBytes(x, fromHex(id))));
    const due = Math.floor((ticks * (index + 1)) / txIds.length) - Math.floor((ticks * index) / txIds.length);
    for (let tick = 0; tick < due; tick++) advance(sha256(x));
  }
  if (hashes % CHECKPOINT_INTERVAL !== 0) checkpoints.push(x);
  return { start: toHex(first), end: toHex(x), hashes, segmentRoot: toHex(merkleRoot(checkpoints)) };
}
