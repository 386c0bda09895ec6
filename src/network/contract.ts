import type { KeyPair } from '../crypto/ed25519.ts';
import type { CertifiedBlockBytes, Head, PeerRole, Topic } from '../types/network.ts';
import type { Address, Hash } from '../types/ssz.ts';
import type { ValidatorSet } from '../types/validator.ts';
import type { Clock } from '../util/clock.ts';
import type { Logger } from '../util/logger.ts';
import type { NetworkErrorCode } from './errors.ts';
import type { GossipInspection } from './statistics.ts';

/**
 * What the network offers to the floors above. It knows bytes and topics, peers and validators, not the chain:
 * whether a message is valid, its handler says.
 */

/**
 * `accept`: valid and worth passing on, even when its content was known before. `ignore`: stale, not yet checkable,
 * not for this node. `reject`: provably bad, its sender is blamed.
 */
export type Verdict = 'accept' | 'ignore' | 'reject';

/** `push`: a direct stream (the observers' relay streams too). `relay`: gossipsub. */
export type Carrier = 'push' | 'relay';

export interface InboundMessage {
  readonly topic: Topic;
  /** Owned by the receiver: nothing else writes to it. */
  readonly bytes: Uint8Array;
  /** Peer id of the neighbour that handed the message over, not of its author. */
  readonly from: string;
  /** The validator of the current or next set for which that neighbour speaks. */
  readonly validator: Address | undefined;
  readonly carrier: Carrier;
  /** Wall clock. */
  readonly receivedAtMs: number;
}

export type MessageHandler = (message: InboundMessage) => Promise<Verdict>;

export interface ValidatorIdentity {
  readonly id: Address;
  readonly keyPair: KeyPair;
}

export interface NetworkOptions {
  readonly genesisHash: Hash;
  readonly chainId: number;
  /** Lower versions of a peer are refused with PROTOCOL_TOO_OLD. */
  readonly protocolVersion: number;
  /** Names the scheduled forks that this node knows; shown per peer, never a reason to disconnect. */
  readonly forkId: Hash;
  /** 32 bytes behind the libp2p identity; not the validator key. */
  readonly nodeKeySeed: Uint8Array;
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[];
  /** Multiaddrs to announce instead of those listened on, without /p2p/. */
  readonly advertise?: readonly string[];
  /** Multiaddrs with /p2p/, kept connected. */
  readonly bootnodes: readonly string[];
  /** Bytes of a swarm key file (`/key/swarm/psk/1.0.0/`): only peers with the same key can connect. */
  readonly swarmKey?: Uint8Array;
  readonly maxPeers: number;
  /** Many nodes on one host: no limits per address, longer dial time-outs. */
  readonly loopbackTestnet: boolean;
  readonly role: PeerRole;
  readonly validatorKey?: ValidatorIdentity;
  /** Refuses peers by id, both ways (PEER_NOT_ALLOWED). Without it everyone is allowed. */
  readonly allowPeer?: (peerId: string) => boolean;
  /** The own head, for the handshake and for peer exchange. */
  readonly head: () => Head;
  /** Sees each message of this node's own before it leaves; if it throws, the message stays. */
  readonly onSend?: (topic: Topic, bytes: Uint8Array) => void;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** What a node answers to requests of its peers. Every handler may throw or return nothing: the peer is told. */
export interface RequestHandlers {
  /** Bytes of those transactions that are at hand, in any order. */
  transactions(ids: readonly Hash[]): Uint8Array[] | Promise<Uint8Array[]>;
  /** Complete bytes of a block, of an undecided one from the journal too. */
  blockByHash(hash: Hash): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Consecutive decided blocks from `fromHeight`, at most `count`, together at most `maxBytes` but at least one. */
  blocks(
    fromHeight: number,
    count: number,
    maxBytes: number,
  ): CertifiedBlockBytes[] | Promise<CertifiedBlockBytes[]>;
  /** SSZ bytes of the genesis, for who joins and knows its hash. */
  genesis(): Uint8Array;
}

/** Whom to ask: the peer of a validator, or a peer by id. */
export type RequestTarget = { readonly validator: Address } | { readonly peerId: string };

export interface DisconnectReason {
  readonly code: NetworkErrorCode;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface PeerInfo {
  readonly peerId: string;
  /** The validator for which it speaks, if that is in the current or next set. */
  readonly validator: Address | undefined;
  readonly role: PeerRole;
  readonly direction: 'inbound' | 'outbound';
  /** The remote end of this connection. */
  readonly remoteAddress: string;
  /** What the peer announces. */
  readonly addresses: readonly string[];
  readonly head: Head;
  readonly forkId: Hash;
  /** Wall clock. */
  readonly connectedSinceMs: number;
  /** Round trip of the handshake. */
  readonly rttMs: number;
  /** gossipsub's score. */
  readonly score: number;
  /** Whether a live push stream leads to it. */
  readonly hasPushLink: boolean;
}

export type ValidatorPeerState = { readonly validator: Address } & (
  | { readonly state: 'self' }
  | { readonly state: 'connected'; readonly peerId: string; readonly sinceMs: number }
  | { readonly state: 'never_seen'; readonly reason: string | undefined }
  | {
      readonly state: 'disconnected';
      readonly peerId: string;
      readonly sinceMs: number;
      readonly reason: string;
    }
);

export type NetworkEvent =
  | { readonly kind: 'peer-connected'; readonly peer: PeerInfo }
  | {
      readonly kind: 'peer-disconnected';
      readonly peerId: string;
      readonly validator: Address | undefined;
      readonly reason: DisconnectReason;
    }
  /** A handshake failed: the peer never counted as connected. */
  | {
      readonly kind: 'peer-refused';
      readonly peerId: string;
      readonly refusedBy: 'local' | 'remote';
      readonly reason: DisconnectReason;
    }
  | { readonly kind: 'head-claim'; readonly peerId: string; readonly head: Head }
  /**
   * A second live peer holds a validator key. `newcomer` `self` means that this node started later: it must not
   * vote. Otherwise it says which peer came later.
   */
  | {
      readonly kind: 'duplicate-validator-key';
      readonly validatorKey: string;
      readonly peers: readonly [string, string];
      readonly newcomer: 'self' | 'other';
    };

export interface PublishOptions {
  /**
   * 0 (default) is the first send, a re-send counts up from 1. The counter is no part of the content; it keeps
   * gossipsub from taking a re-send for a duplicate. Both go by push, and by gossipsub too while a validator that is
   * probably alive has no link with this node.
   */
  readonly counter?: number;
}

export interface Network {
  readonly peerId: string;
  /** Announced multiaddrs, with /p2p/. */
  addresses(): string[];
  /** Addresses on which sockets listen; none before `start`. */
  listenAddresses(): string[];
  /** Protocols that this node answers. */
  protocols(): string[];
  start(): Promise<void>;
  /** Ends all connections. Idempotent; a stopped network cannot be started again. */
  stop(): Promise<void>;
  /** Never throws for lack of peers. @throws NetworkError MESSAGE_TOO_LARGE */
  publish(topic: Topic, bytes: Uint8Array, options?: PublishOptions): void;
  /**
   * Calls back in the moment before frames leave for the peers: what is published then travels in the same frames, and
   * costs them a few bytes instead of one frame more.
   */
  onDeparture(listener: () => void): void;
  /** One handler per topic; messages of a topic without a handler are ignored. */
  onMessage(topic: Topic, handler: MessageHandler): void;
  /** Pushes to one validator only; false when there is no link to it. */
  sendTo(validator: Address, topic: Topic, bytes: Uint8Array): boolean;
  /** Pushes to the observers that asked this node to relay, and to nobody else (decided blocks, certificates). */
  relayToObservers(topic: Topic, encode: () => Uint8Array): void;
  /** V(h) and V(h + 1): whom to stay connected with, and whose bindings count. */
  setValidators(current: ValidatorSet, next: ValidatorSet): void;
  /** Replaces the validator key (KeyRotate, joining) and tells every peer. */
  setValidatorKey(identity: ValidatorIdentity | undefined): void;
  serve(handlers: RequestHandlers): void;
  /** Those of the transactions that the peer had; the caller checks their ids. @throws NetworkError */
  fetchTransactions(ids: readonly Hash[], from: RequestTarget, signal?: AbortSignal): Promise<Uint8Array[]>;
  /** Complete block bytes, or undefined if the peer has none; the caller checks the hash. @throws NetworkError */
  fetchBlock(hash: Hash, from: RequestTarget, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  /** Fewer than `count` when the peer has no more or the answer is full. @throws NetworkError */
  fetchBlocks(
    peerId: string,
    fromHeight: number,
    count: number,
    signal?: AbortSignal,
  ): Promise<CertifiedBlockBytes[]>;
  peers(): PeerInfo[];
  /** The peer id of a connected validator. */
  validatorPeer(validator: Address): string | undefined;
  /** One entry for each validator of the current and next set. */
  validatorPeerStates(): ValidatorPeerState[];
  /** Connects and completes the handshake. @throws NetworkError with the reason of either side */
  dial(multiaddr: string): Promise<string>;
  /** Ends all connections and has none for `forMs`, as if a cable were pulled; then dials as after a start. */
  isolate(forMs: number): void;
  inspect(): GossipInspection;
  /** Listeners are called synchronously and must not throw. Returns the function that unsubscribes. */
  subscribe(listener: (event: NetworkEvent) => void): () => void;
}
