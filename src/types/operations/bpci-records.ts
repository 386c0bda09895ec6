import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { signingBytes } from '../../crypto/hash.ts';
import { encode } from '../ssz.ts';
import { AddressType, type Hash, Hash32, Key32, Signature64, Text } from '../ssz-bytes.ts';
import { Bool, Height, SafeU64, U16, U64 } from '../ssz-numbers.ts';
import type { LedgerCatalog } from './catalog.ts';

/**
 * The part of the bpci ledger that keeps records: where headers of this chain were anchored, which messages nodes sent
 * each other, and who took part in finality.
 */

/** A system outside, as a DNS label (RFC 1123 §2.1). */
const TargetType = Text(63);
const AnchorReferenceType = Text(128);

/**
 * The sender has written a header of this chain into a system outside, `target`, where `reference` finds it. The chain
 * vouches for the header, not for the other system.
 */
export const AnchorType = new ContainerType({
  height: Height,
  blockHash: Hash32,
  target: TargetType,
  reference: AnchorReferenceType,
});
export type Anchor = ValueOf<typeof AnchorType>;

const messageFields = {
  source: Key32,
  destination: Key32,
  /** Hash of the name of the service that speaks. */
  service: Hash32,
  nonce: U64,
  /** sha256 of the frame that went from node to node, encrypted. */
  frameHash: Hash32,
};
const MessageHeaderType = new ContainerType(messageFields);
export type MessageHeader = ValueOf<typeof MessageHeaderType>;
/**
 * A frame between two nodes, named by their keys, was sent. The source signs, so anyone may carry it; `nonce` grows
 * strictly along the channel of (source, service), so no record is made twice and none out of order.
 */
export const NodeMsgType = new ContainerType({ ...messageFields, signature: Signature64 });
export type NodeMsg = ValueOf<typeof NodeMsgType>;

/** What the source of a message signs. */
export function nodeMessageSigningBytes(genesisHash: Hash, header: MessageHeader): Uint8Array {
  return signingBytes('node-message', genesisHash, encode(MessageHeaderType, header));
}

export const RECORDS = {
  operations: {
    Anchor: { kind: 8, type: AnchorType },
    NodeMsg: { kind: 14, type: NodeMsgType },
  },
  statuses: {
    // Anchors
    ANCHOR_NOT_FINAL: 4030,
    ANCHOR_TOO_OLD: 4031,
    ANCHOR_WRONG_HASH: 4032,
    ANCHOR_TARGET_INVALID: 4033,
    ANCHOR_REFERENCE_EMPTY: 4034,
    ANCHOR_EXISTS: 4035,
    // Messages
    MESSAGE_SIGNATURE_WRONG: 4040,
    MESSAGE_NONCE_NOT_HIGHER: 4041,
    MESSAGE_TO_ITSELF: 4042,
  },
  events: {
    /** `seals` of `validators` stood in the certificate that counts for the header. */
    Anchored: {
      kind: 20,
      type: new ContainerType({
        height: Height,
        blockHash: Hash32,
        target: TargetType,
        reference: AnchorReferenceType,
        by: AddressType,
        seals: U16,
        validators: U16,
      }),
    },
    /** `messages` were recorded on this channel so far. */
    MessageRecorded: {
      kind: 21,
      type: new ContainerType({ ...messageFields, carrier: AddressType, messages: SafeU64 }),
    },
  },
} as const satisfies LedgerCatalog;

/** As many as fit in the data of one receipt. */
export const PARTICIPANTS_PER_RECEIPT = 16;
/** System receipts of the bpci ledger: what EndBlock books out of the certificate of the block before. */
export const BPCI_SYSTEM_RECEIPTS = {
  /**
   * Some of the validators of `height`, in set order: whether each one's seal stands in the certificate that counts,
   * and how many of its seals counted and were missing so far.
   */
  Participation: {
    kind: 4001,
    type: new ContainerType({
      height: Height,
      validators: new ListCompositeType(
        new ContainerType({ validator: AddressType, signed: Bool, seals: SafeU64, missed: SafeU64 }),
        PARTICIPANTS_PER_RECEIPT,
      ),
    }),
  },
} as const satisfies LedgerCatalog['operations'];
