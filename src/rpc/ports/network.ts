import type { ProbeFailureReason } from '../../network/probe/probe-step.ts';
import type { Address, Hash } from '../../types/ssz-bytes.ts';

export interface PeerView {
  readonly peerId: string;
  readonly address: string;
  /** What it announced in the handshake. */
  readonly announcedAddresses: readonly string[];
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
  /** Peers that may not come into the mesh yet. */
  readonly backoff: readonly { readonly peerId: string; readonly untilMs: number }[];
  /** Peers that get what this node publishes without a subscription. */
  readonly fanout: readonly string[];
  /** What gossipsub keeps for peers that ask: messages by heartbeats of age, youngest first. */
  readonly cache: {
    readonly windows: readonly number[];
    readonly unvalidated: number;
    readonly asked: number;
  };
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
    readonly deliveryDeficit: number;
    readonly meshFailures: number;
    readonly invalidMessages: number;
  }[];
  /** Sum of the topics, capped. */
  readonly topicsTotal: number;
  readonly application: number;
  readonly ipColocation: number;
  readonly behaviourPenalty: number;
}

/** A part of all scores that weighs nothing here, by its name in gossipsub's specification, and why. */
export interface UnweightedPartView {
  readonly name: 'P3' | 'P3b' | 'P5' | 'P6';
  readonly field: 'deliveryDeficit' | 'meshFailures' | 'application' | 'ipColocation';
  readonly reason: string;
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

/** A message on its way out; `messageId` hashes the content, so ask only for what is shown. */
export interface SentMessageView {
  readonly messageId: () => Hash;
  readonly topic: string;
  readonly to: readonly string[];
  readonly carrier: CarrierName;
  readonly bytes: number;
  readonly counter: number;
}

/** A peer came into a mesh or left it. */
export interface MeshChangeView {
  readonly kind: 'graft' | 'prune';
  readonly topic: string;
  readonly peerId: string;
  readonly by: 'self' | 'peer';
}

/** A message that this node made. */
export interface OwnMessageView {
  readonly topic: string;
  readonly bytes: number;
  readonly sends: number;
  readonly firstMs: number;
}

/** Sees each message as it comes and goes, in the path of the message: it must be short. */
export interface MessageWatcherView {
  received(message: RecentMessage): void;
  sent(message: SentMessageView): void;
  meshChanged(change: MeshChangeView): void;
}

/** With whom a peer said that it is connected, itself and over its own connection; nothing proves it. */
export interface EdgeReportView {
  readonly by: PeerNameView;
  readonly atMs: number;
  /** The peer had more to tell than an answer holds. */
  readonly isPartial: boolean;
  readonly to: readonly PeerNameView[];
}

export interface PeerNameView {
  readonly peerId: string;
  /** The validator for which it speaks, as far as this node knows. */
  readonly validator: Address | undefined;
}

/** The step of `peers test` at which the way to a peer ends. */
export interface ObstacleView {
  readonly step: string;
  readonly reason: ProbeFailureReason;
  readonly detail: string;
  readonly hint: string;
}

export interface NetworkPort {
  readonly peerId: string;
  readonly agent: string;
  readonly protocolVersion: number;
  protocols(): readonly string[];
  listenAddresses(): readonly string[];
  announcedAddresses(): readonly string[];
  isListening(): boolean;
  /** The peers that this node was told to dial first. */
  readonly bootnodes: readonly { readonly address: string; readonly peerId: string | undefined }[];
  peers(): readonly PeerView[];
  validatorPeers(): readonly ValidatorPeerView[];
  /** Newest first; earlier runs of the node are part of it. */
  peerEvents(): readonly PeerEventView[];
  /** Calls back for each peer event; returns the way to stop it. */
  onPeerEvent(listener: (event: PeerEventView) => void): () => void;
  /** The peer id once the handshake is done. @throws NodeError with the reason of either side */
  dial(address: string): Promise<string>;
  /** What stands in the way of anybody who dials this address from here, below the handshake. */
  findObstacle(address: string): Promise<ObstacleView | undefined>;
  /** Ends the connection with a peer and dials it no more before `dial` does; whether there was one. */
  removePeer(peerId: string): boolean;
  /** The last report of each connected peer. */
  edgeReports(): readonly EdgeReportView[];
  /** Has all peers report anew whose report is older than LIMITS.minEdgeReportAgeMs. Never rejects. */
  askForEdges(): Promise<void>;
  topics(): readonly TopicView[];
  traffic(): readonly TrafficCounters[];
  scores(): readonly PeerScoreView[];
  unweightedParts(): readonly UnweightedPartView[];
  /** Bytes that wait for each peer with a push link. */
  queuedBytes(): readonly { readonly peerId: string; readonly bytes: number }[];
  /** Newest first, bounded by LIMITS.maxRecentMessages. */
  recentMessages(): readonly RecentMessage[];
  ownMessage(messageId: Hash): OwnMessageView | undefined;
  /** Shows each message until the returned function is called. */
  watchMessages(watcher: MessageWatcherView): () => void;
  /** Ends all connections with peers and has none for so long. */
  isolate(forMs: number): void;
  /** Has no connections with these peers until the next call. */
  partition(peerIds: readonly string[]): void;
}
