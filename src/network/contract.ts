import type { KeyPair } from '../crypto/ed25519.ts';
import type { CertifiedBlockBytes, Head, PeerRole, Topic } from '../types/network.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import type { ValidatorSet } from '../types/validator.ts';
import type { Clock } from '../util/clock.ts';
import type { Logger } from '../util/logger.ts';
import type { NetworkErrorCode } from './errors.ts';
import type { MessageHandler } from './inbound-message.ts';
import type { GossipInspection, MessageWatcher, OwnMessage } from './statistics.ts';

/**
 * What the network offers to the floors above. It knows bytes and topics, peers and validators, not the chain:
 * whether a message is valid, its handler says.
 */

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
  /** Multiaddrs to announce before those listened on, without /p2p/. */
  readonly advertise?: readonly string[];
  /** Announce no others. */
  readonly advertiseOnly?: boolean;
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
  readonly bans?: PeerBans;
  /** What is in the way to an address, for the log where a boot node cannot be dialed. */
  readonly findObstacle?: (address: string) => Promise<Obstacle | undefined>;
  /** The own head, for the handshake and for peer exchange. */
  readonly head: () => Head;
  /** The validators of a large set that are connected with before all others, the most urgent first; by default none. */
  readonly speakNext?: () => readonly Address[];
  /** Sees each message of this node's own before it leaves; if it throws, the message stays. */
  readonly onSend?: (topic: Topic, bytes: Uint8Array) => void;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Where the way to an address ends, below the handshake. */
export interface Obstacle {
  readonly step: string;
  /** Stable code. */
  readonly reason: string;
  readonly detail: string;
  readonly hint: string;
}

/** Peers that are never connected, whoever dials: the connection ends as soon as it is known who is there. */
export interface PeerBans {
  has(peerId: string): boolean;
  /** The peer came, and was sent away. */
  noteRefused(peerId: string): void;
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

/** With whom a connected peer said that it is connected. Nothing proves it, and nothing but views rests on it. */
export interface EdgeReport {
  /** Peer id of the one who said so, over its own connection. */
  readonly by: string;
  /** Wall clock. */
  readonly atMs: number;
  /** The answer was full: there may be further edges. */
  readonly isPartial: boolean;
  /** Peer ids, this node not among them. */
  readonly peers: readonly string[];
}

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
   * Calls back in the moment before frames leave, with the number of peers that get one: what is sent to these then
   * travels in the same frames, and costs them a few bytes instead of one frame more.
   */
  onDeparture(listener: (peers: number) => void): void;
  /** One handler per topic; messages of a topic without a handler are ignored. */
  onMessage(topic: Topic, handler: MessageHandler): void;
  /** Passes on to all validators what another one signed. @throws NetworkError MESSAGE_TOO_LARGE */
  forward(topic: Topic, bytes: Uint8Array): void;
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
  /** Validators of the current and next set that this node is, is connected with, or probably reaches by relay. */
  reachableValidators(): Address[];
  /** One entry for each validator of the current and next set. */
  validatorPeerStates(): ValidatorPeerState[];
  /** Connects and completes the handshake. @throws NetworkError with the reason of either side */
  dial(multiaddr: string): Promise<string>;
  /** `allowPeer` or `bans` answer differently now: ends connections with who may stay no longer, and dials who may again. */
  allowedChanged(): void;
  /** Ends the connection with a peer, and does not dial it again before `dial` is called; whether there was one. */
  removePeer(peerId: string): boolean;
  /** Ends all connections and has none for `forMs`, as if a cable were pulled; then dials as after a start. */
  isolate(forMs: number): void;
  /**
   * Ends the connections with these peers and has none with them, as if the network between them had split; those that
   * were named before and are not now are dialed again. Holds until the next call or the end of the process.
   */
  partition(peerIds: ReadonlySet<string>): void;
  /** The validator for which a peer speaks, connected or only heard of, as far as its record is known. */
  validatorOfPeer(peerId: string): Address | undefined;
  /** What connected peers last said of their own connections, as it came with peer exchange. */
  edgeReports(): EdgeReport[];
  /** Asks all peers whose report is not from just now, and waits for their answers. Never rejects. */
  askForEdges(): Promise<void>;
  inspect(): GossipInspection;
  /** A message that this node made, by the sha256 of its content, while it is remembered. */
  ownMessage(id: Hash): OwnMessage | undefined;
  /** Shows each message that comes or goes, and each change of a mesh, until the returned function is called; unwatched, that costs nothing. */
  watchMessages(watcher: MessageWatcher): () => void;
  /** Listeners are called synchronously and must not throw. Returns the function that unsubscribes. */
  subscribe(listener: (event: NetworkEvent) => void): () => void;
}
