import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { signingBytes } from '../crypto/hash.ts';
import { LIMITS } from '../util/limits.ts';
import { encode } from './ssz.ts';
import { AddressType, Bytes, Hash32, Key32, Signature64, Text } from './ssz-bytes.ts';
import { Bool, Height, NameOf, SafeU64, U16, U32 } from './ssz-numbers.ts';

/**
 * What travels between nodes, by subject. The order is the wire form: append only. A `handover` is a batch of
 * transactions for the receiver to pass on under its own name; it goes to one validator and is never gossiped.
 */
export const TOPICS = [
  'tx',
  'section',
  'proposal',
  'vote',
  'block',
  'certificate',
  'evidence',
  'handover',
] as const;
export type Topic = (typeof TOPICS)[number];
/** What gossipsub carries where a direct link is missing. */
export const GOSSIPED_TOPICS: readonly Topic[] = TOPICS.filter((topic) => topic !== 'handover');
export const TopicType = NameOf(TOPICS);

export const PEER_ROLES = ['validator', 'observer'] as const;
export type PeerRole = (typeof PEER_ROLES)[number];
const PeerRoleType = NameOf(PEER_ROLES);

/** libp2p peer id in its text form (base58, `12D3KooW…`). */
const PeerIdText = Text(LIMITS.maxPeerIdBytes);
const AddressText = Text(LIMITS.maxMultiaddrBytes);

/** A head as its owner claims it; nothing is proved. */
export const HeadType = new ContainerType({ height: Height, hash: Hash32 });
export type Head = ValueOf<typeof HeadType>;

/**
 * The validator key says which peer speaks for it (tag `peer-binding`; the signing bytes hold the genesis hash). The
 * transport proves the peer id; the binding with the highest sequence wins.
 */
export const PeerBindingBodyType = new ContainerType({
  validator: AddressType,
  validatorKey: Key32,
  peerId: PeerIdText,
  sequence: SafeU64,
});
export type PeerBindingBody = ValueOf<typeof PeerBindingBodyType>;

export const PeerBindingType = new ContainerType({ body: PeerBindingBodyType, signature: Signature64 });
export type PeerBinding = ValueOf<typeof PeerBindingType>;

export function peerBindingSigningBytes(genesisHash: string, body: PeerBindingBody): Uint8Array {
  return signingBytes('peer-binding', genesisHash, encode(PeerBindingBodyType, body));
}

/** Where a peer can be reached, and for which validator it speaks (at most one binding). */
export const PeerRecordBodyType = new ContainerType({
  peerId: PeerIdText,
  role: PeerRoleType,
  addresses: new ListCompositeType(AddressText, LIMITS.maxAddressesPerPeer),
  bindings: new ListCompositeType(PeerBindingType, 1),
  sequence: SafeU64,
});
export type PeerRecordBody = ValueOf<typeof PeerRecordBodyType>;

/** A record signed by the node key that its peer id names (tag `peer-record`), so that anyone may pass it on. */
export const PeerRecordType = new ContainerType({ body: PeerRecordBodyType, signature: Signature64 });
export type PeerRecord = ValueOf<typeof PeerRecordType>;

export function peerRecordSigningBytes(genesisHash: string, body: PeerRecordBody): Uint8Array {
  return signingBytes('peer-record', genesisHash, encode(PeerRecordBodyType, body));
}

/** First message of either side on `/metanode/status/1`. */
export const StatusType = new ContainerType({
  protocolVersion: U16,
  chainId: SafeU64,
  genesisHash: Hash32,
  forkId: Hash32,
  head: HeadType,
  record: PeerRecordType,
});
export type Status = ValueOf<typeof StatusType>;

/** Second message of either side: an empty code admits the other, anything else is why not. */
export const StatusVerdictType = new ContainerType({
  code: Text(LIMITS.maxReasonCodeBytes),
  message: Text(LIMITS.maxReasonTextBytes),
});

/** One message inside a frame or a gossip envelope. `counter` 0 is the first send, higher ones are re-sends. */
export const WireMessageType = new ContainerType({
  topic: TopicType,
  counter: U32,
  content: Bytes(LIMITS.maxWireMessageBytes),
});
export type WireMessage = ValueOf<typeof WireMessageType>;

/**
 * What leaves for one peer in one tick. `sequence` counts frames with messages from 1 and is 0 in a frame that only
 * acknowledges; `acknowledged` is the highest sequence received from the other side.
 */
export const FrameType = new ContainerType({
  sequence: SafeU64,
  acknowledged: SafeU64,
  messages: new ListCompositeType(WireMessageType, LIMITS.maxMessagesPerFrame),
});
export type Frame = ValueOf<typeof FrameType>;

/** What gossipsub carries: its topic stands outside, the counter makes a re-send a new message to it. */
export const GossipEnvelopeType = new ContainerType({
  counter: U32,
  content: Bytes(LIMITS.maxWireMessageBytes),
});

/** Asks for the bytes of the genesis from here on. */
export const GenesisRequestType = new ContainerType({ offset: U32 });

/** Peer exchange: both sides give their own record and head. */
export const PeersRequestType = new ContainerType({ record: PeerRecordType, head: HeadType });
export const KnownPeerType = new ContainerType({
  record: PeerRecordType,
  /** The answering node is connected with this peer at this moment. */
  connected: Bool,
});
export const PeersAnswerType = new ContainerType({
  record: PeerRecordType,
  head: HeadType,
  peers: new ListCompositeType(KnownPeerType, LIMITS.maxPeersPerAnswer),
});
export type PeersAnswer = ValueOf<typeof PeersAnswerType>;

export const TransactionsRequestType = new ListCompositeType(Hash32, LIMITS.maxTransactionsPerRequest);
export const BlockRequestType = new ContainerType({ hash: Hash32 });
export const BlocksRequestType = new ContainerType({ fromHeight: Height, count: U16, maxBytes: U32 });

/** First message of every answer: an empty code announces `items` further messages, anything else is a refusal. */
export const AnswerHeaderType = new ContainerType({
  code: Text(LIMITS.maxReasonCodeBytes),
  items: U16,
});

export const CertifiedBlockBytesType = new ContainerType({
  block: Bytes(LIMITS.maxBlockTransferBytes),
  certificate: Bytes(LIMITS.maxCertificateBytes),
});
export type CertifiedBlockBytes = ValueOf<typeof CertifiedBlockBytesType>;
