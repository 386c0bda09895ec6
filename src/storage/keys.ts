import { SUBTREES, type SubtreeName } from '../types/names.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { concatBytes, fromHex, utf8 } from '../util/bytes.ts';
import { type KeyRange, prefixRange } from './key-value.ts';

/**
 * The layout of the database: one prefix per kind, heights as big-endian u64 so that keys are in height order.
 *
 *   b/ height            header                        h/ block hash     height
 *   x/ height            body and transactions         t/ txId           height, ledger, index
 *   r/ height            receipts                      s/ sub-tree path  leaf of the state
 *   i/ height            proof items
 *   c/ height            certificate                   p/ txId           accepted by the own RPC, undecided
 *   v/ height            next validators, if changed   d/ sequence       recorded drop of one of those
 *   m/ name              version, genesis, head, base  e/ evidence hash evidence that no block holds yet
 *   k/ height            charges of the block       w/ window        height of the block that closed it
 *   n/ window level position                        node of the tree over the billed blocks of a window
 */
const PREFIX = {
  header: utf8('b/'),
  body: utf8('x/'),
  receipts: utf8('r/'),
  proofItems: utf8('i/'),
  certificate: utf8('c/'),
  validators: utf8('v/'),
  blockHash: utf8('h/'),
  transaction: utf8('t/'),
  leaf: utf8('s/'),
  pooled: utf8('p/'),
  drop: utf8('d/'),
  evidence: utf8('e/'),
  bill: utf8('k/'),
  billingWindow: utf8('w/'),
  billingNode: utf8('n/'),
  meta: utf8('m/'),
} as const;

/** What the database holds, by kind. */
export const KINDS = Object.keys(PREFIX) as (keyof typeof PREFIX)[];
export type Kind = (typeof KINDS)[number];

/** All keys of a kind. */
export function rangeOf(kind: Kind): KeyRange {
  return prefixRange(PREFIX[kind]);
}

export type HeightKind =
  | 'header'
  | 'body'
  | 'receipts'
  | 'proofItems'
  | 'certificate'
  | 'validators'
  | 'bill';

export function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** @throws RangeError beyond 2^53 − 1 */
export function readUint64(bytes: Uint8Array, offset = 0): number {
  const value = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(offset);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError('u64 above 2^53 - 1');
  return Number(value);
}

export function heightKey(kind: HeightKind, height: number): Uint8Array {
  return concatBytes(PREFIX[kind], uint64(height));
}

export function hashKey(kind: 'blockHash' | 'transaction' | 'pooled' | 'evidence', hash: Hash): Uint8Array {
  return concatBytes(PREFIX[kind], fromHex(hash));
}

export function billingWindowKey(window: number): Uint8Array {
  return concatBytes(PREFIX.billingWindow, uint64(window));
}

export function billingNodeKey(window: number, level: number, position: number): Uint8Array {
  return concatBytes(PREFIX.billingNode, uint64(window), Uint8Array.of(level), uint64(position));
}

export function dropKey(sequence: number): Uint8Array {
  return concatBytes(PREFIX.drop, uint64(sequence));
}

export function metaKey(name: 'version' | 'genesis' | 'head' | 'base'): Uint8Array {
  return concatBytes(PREFIX.meta, utf8(name));
}

export const POOLED_RANGE = prefixRange(PREFIX.pooled);
export const DROP_RANGE = prefixRange(PREFIX.drop);
export const EVIDENCE_RANGE = prefixRange(PREFIX.evidence);
export const VALIDATORS_RANGE = prefixRange(PREFIX.validators);
export const LEAF_RANGE = prefixRange(PREFIX.leaf);

/** The part of a key after its two-byte prefix. */
export function suffixOf(key: Uint8Array): Uint8Array {
  return key.subarray(2);
}

export function leafKey(subtree: SubtreeName, path: string): Uint8Array {
  return concatBytes(PREFIX.leaf, Uint8Array.of(SUBTREES.indexOf(subtree)), utf8(path));
}

/** The sub-tree and path of a leaf's key; undefined for a key that `leafKey` never made. */
export function leafOfKey(key: Uint8Array): { subtree: SubtreeName; path: string } | undefined {
  const subtree = SUBTREES[key[2] as number];
  if (subtree === undefined) return undefined;
  return { subtree, path: Buffer.from(key.buffer, key.byteOffset + 3, key.length - 3).toString('utf8') };
}
