import type { Address, Hash } from '../../types/ssz.ts';

export interface PeerView {
  readonly peerId: string;
  readonly address: string;
  readonly direction: 'inbound' | 'outbound';
  readonly connectedAtMs: number;
  readonly role: 'validator' | 'observer' | undefined;
  readonly validator: Address | undefined;
  readonly height: number | undefined;
  /** Whether a live push stream to this peer exists. */
  readonly push: boolean;
}

/** Whether a validator of the current or next set is there, and if not what is known of it. */
export interface ValidatorPeerView {
  readonly validator: Address;
  readonly state: 'self' | 'connected' | 'never_seen' | 'disconnected';
  readonly peerId: string | undefined;
  /** Since when it is connected or gone, wall clock. */
  readonly sinceMs: number | undefined;
  readonly reason: string | undefined;
}

/** `refused`: by this node at the handshake. `refused-us`: by the peer. */
export interface PeerEventView {
  readonly kind: 'connected' | 'disconnected' | 'refused' | 'refused-us';
  readonly peerId: string;
  readonly validator: Address | undefined;
  readonly atMs: number;
  readonly address: string | undefined;
  /** Code of the reason. */
  readonly reason: string | undefined;
}

export type CarrierName = 'push' | 'relay';

export type VerdictName = 'accept' | 'ignore' | 'reject';

export interface TopicView {
  readonly topic: string;
  readonly mesh: readonly {
    readonly peerId: string;
    readonly direction: 'inbound' | 'outbound' | undefined;
    readonly sinceMs: number | undefined;
  }[];
  readonly subscribers: readonly string[];
}

export interface TrafficCounters {
  readonly topic: string;
  readonly carrier: CarrierName;
  readonly sentMessages: number;
  readonly sentBytes: number;
  readonly receivedMessages: number;
  readonly receivedBytes: number;
  readonly duplicates: number;
  readonly accepted: number;
  readonly ignored: number;
  readonly rejected: number;
}

export interface PeerScoreView {
  readonly peerId: string;
  readonly total: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly inMesh: boolean;
    readonly timeInMesh: number;
    readonly firstDeliveries: number;
    readonly invalidMessages: number;
  }[];
  readonly behaviourPenalty: number;
}

export interface RecentMessage {
  readonly messageId: Hash;
  readonly topic: string;
  readonly from: string;
  readonly carrier: CarrierName;
  readonly bytes: number;
  /** 0 for the first send of its author, counted up with each that it repeats. */
  readonly counter: number;
  /** From arrival to verdict. */
  readonly latencyMs: number;
  readonly verdict: VerdictName;
  readonly reason: string | undefined;
  readonly atMs: number;
}

export interface NetworkPort {
  readonly peerId: string;
  readonly agent: string;
  readonly protocolVersion: number;
  protocols(): readonly string[];
  listenAddresses(): readonly string[];
  announcedAddresses(): readonly string[];
  isListening(): boolean;
  peers(): readonly PeerView[];
  validatorPeers(): readonly ValidatorPeerView[];
  /** Newest first, since the process began. */
  peerEvents(): readonly PeerEventView[];
  /** Calls back for each peer event; returns the way to stop it. */
  onPeerEvent(listener: (event: PeerEventView) => void): () => void;
  /** The peer id once the handshake is done. @throws NodeError with the reason of either side */
  dial(address: string): Promise<string>;
  topics(): readonly TopicView[];
  traffic(): readonly TrafficCounters[];
  scores(): readonly PeerScoreView[];
  /** Bytes that wait for each peer with a push link. */
  queuedBytes(): readonly { readonly peerId: string; readonly bytes: number }[];
  /** Newest first, bounded by LIMITS.maxRecentMessages. */
  recentMessages(): readonly RecentMessage[];
  /** Ends all connections with peers and has none for so long. */
  isolate(forMs: number): void;
}
