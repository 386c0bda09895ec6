/**
 * Every domain string of the protocol in one table, so that no two kinds of object can share a hash or a signature.
 * A string may never change its meaning: add a new one instead.
 */

/** Kinds of `hashOf(kind, bytes)`. */
export const HASH_KINDS = [
  'address',
  'beacon',
  'bond',
  'charge',
  'election',
  'evidence',
  'genesis',
  'header',
  'certificate',
  'operation',
  'outbox',
  'placement',
  'poh',
  'proof-item',
  'receipt',
  'section',
  'step',
  'system-receipt',
  'transaction',
  'validators',
  'agreement',
  'agreement-id',
  'execution',
  'message',
  'app',
  'client',
] as const;
export type HashKind = (typeof HASH_KINDS)[number];

/** Tags of signatures. `seal` is the signature of a Commit and stands in certificates. */
export const SIGNATURE_TAGS = [
  'transaction',
  'proposal',
  'prepare',
  'seal',
  'round-change',
  'section',
  'approval',
  'attestation',
  'key-rotation',
  'peer-binding',
  'peer-record',
  'price',
  'step',
  'proof-of-possession',
  'node-claim',
  'heartbeat',
  'refute',
  'node-message',
] as const;
export type SignatureTag = (typeof SIGNATURE_TAGS)[number];
