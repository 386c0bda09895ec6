import {
  type GossipSub,
  type GossipSubComponents,
  gossipsub,
  multicodec,
  type TopicValidatorResult,
} from '@chainsafe/libp2p-gossipsub';
import type { Connection } from '@libp2p/interface';
import { sha256 } from '../crypto/hash.ts';
import { GOSSIPED_TOPICS, GossipEnvelopeType, type Topic } from '../types/network.ts';
import { decode, encode } from '../types/ssz.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { plainBytes } from '../util/bytes.ts';
import type { Clock } from '../util/clock.ts';
import { errorMessage } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import type { Logger } from '../util/logger.ts';
import { LruCache } from '../util/lru-cache.ts';
import type { NetworkOptions } from './contract.ts';
import { peerScore, type ScoreState, scoreParams, unweightedParts } from './gossip-scores.ts';
import { cachedMessages, checkGossipState, type GossipState, topicHolds } from './gossip-state.ts';
import type { Verdict } from './inbound-message.ts';
import type {
  CacheInspection,
  MeshChange,
  MeshPeerInfo,
  PeerScore,
  TopicHolds,
  UnweightedPart,
} from './statistics.ts';

/** What gossipsub 17 offers beside its published interface; `createGossipService` checks that it is there. */
export interface GossipService extends GossipSub {
  getMeshPeers(topic: string): string[];
  getScore(peerId: string): number;
  readonly score: ScoreState;
  readonly backoff: GossipState['backoff'];
  readonly fanout: Map<string, Set<string>>;
  readonly mcache: GossipState['mcache'];
  reportMessageValidationResult(messageId: string, source: string, acceptance: TopicValidatorResult): void;
  readonly streamsInbound: ReadonlyMap<string, unknown>;
  readonly streamsOutbound: ReadonlyMap<string, unknown>;
  /** Added here: makes gossipsub open its stream on this connection, as if the peer had just connected. */
  openStream(connection: Connection): void;
}

const ENVELOPE_OVERHEAD = 8;

/** `/metanode/<first 8 hex digits of the genesis hash>/<topic>/1`: chains never share a topic. */
export function gossipTopic(genesisHash: Hash, topic: Topic): string {
  return `/metanode/${genesisHash.slice(0, 8)}/${topic}/1`;
}

/** The gossipsub service for libp2p, with every setting that deviates from its defaults. */
export function createGossipService(
  options: Pick<NetworkOptions, 'genesisHash' | 'loopbackTestnet'>,
): (components: GossipSubComponents) => GossipService {
  const names = GOSSIPED_TOPICS.map((topic) => gossipTopic(options.genesisHash, topic));
  const create = gossipsub({
    globalSignaturePolicy: 'StrictNoSign', // payloads carry their own signatures
    msgIdFn: (message) => sha256(message.data),
    allowedTopics: names,
    asyncValidation: true, // nothing is passed on before its handler answered
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    fallbackToFloodsub: false,
    floodPublish: false,
    tagMeshPeers: false, // tags keep libp2p from pruning connections, which it never does here
    doPX: false, // peers are found by the signed records of our own exchange
    maxInboundStreams: 4,
    maxOutboundStreams: 4,
    maxInboundDataLength: LIMITS.maxWireMessageBytes + 64 * 1024,
    maxOutboundBufferSize: LIMITS.maxPushQueueBytesPerPeer,
    maxTopicBytesPerPeer: 64 * 1024,
    decodeRpcLimits: {
      maxSubscriptions: 64,
      maxMessages: 512,
      maxIhaveMessageIDs: 5000,
      maxIwantMessageIDs: 5000,
      maxIdontwantMessageIDs: 512,
      maxControlMessages: 512,
      maxPeerInfos: 16,
    },
    scoreParams: scoreParams(names, options),
  });
  return (components) => {
    const service = create(components);
    const openStream = (connection: Connection) => {
      for (const topology of components.registrar.getTopologies(multicodec))
        void topology.onConnect?.(connection.remotePeer, connection);
    };
    const extended = Object.assign(service, { openStream }) as GossipService;
    for (const method of ['getMeshPeers', 'getScore', 'reportMessageValidationResult'] as const)
      if (typeof extended[method] !== 'function') throw new TypeError(`this gossipsub has no ${method}`);
    for (const map of ['streamsInbound', 'streamsOutbound'] as const)
      if (!(extended[map] instanceof Map)) throw new TypeError(`this gossipsub has no ${map}`);
    for (const map of ['peerStats', 'peerIPs'] as const)
      if (!(extended.score?.[map] instanceof Map))
        throw new TypeError(`the scores of this gossipsub have no ${map}`);
    checkGossipState(extended);
    return extended;
  };
}

/** How old a connection is before a missing stream on it counts as broken and not as not yet opened. */
const STREAM_SETUP_MS = 2000;

export interface GossipArrival {
  readonly topic: Topic;
  readonly counter: number;
  readonly content: Uint8Array;
  readonly from: string;
}

/** The gossipsub carrier: envelopes in and out, verdicts back, and who is in which mesh since when. */
export class Gossip {
  readonly #service: GossipService;
  readonly #genesisHash: Hash;
  readonly #receive: (arrival: GossipArrival) => Promise<Verdict>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #topicOf: ReadonlyMap<string, Topic>;
  /** Gossipsub topic → peer id → since when and from which side. */
  readonly #mesh = new Map<string, LruCache<string, MeshPeerInfo>>();

  /** `receive` answers with the verdict on a decoded message and never rejects. */
  constructor(collaborators: {
    service: GossipService;
    genesisHash: Hash;
    receive: (arrival: GossipArrival) => Promise<Verdict>;
    onMesh: (change: MeshChange) => void;
    connections: () => readonly Connection[];
    clock: Clock;
    logger: Logger;
  }) {
    this.#service = collaborators.service;
    this.#genesisHash = collaborators.genesisHash;
    this.#receive = collaborators.receive;
    this.#clock = collaborators.clock;
    this.#logger = collaborators.logger;
    this.#topicOf = new Map(GOSSIPED_TOPICS.map((topic) => [gossipTopic(this.#genesisHash, topic), topic]));
    this.#service.addEventListener('gossipsub:message', ({ detail }) => {
      const { msg, msgId, propagationSource } = detail;
      void this.#onMessage(msg.topic, msg.data, msgId, propagationSource.toString());
    });
    this.#service.addEventListener('gossipsub:heartbeat', () => {
      for (const connection of collaborators.connections()) this.#mend(connection);
    });
    const tell = (kind: MeshChange['kind'], name: string, peerId: string, direction: string) => {
      const topic = this.#topicOf.get(name);
      if (topic !== undefined)
        collaborators.onMesh({ kind, topic, peerId, by: direction === 'outbound' ? 'self' : 'peer' });
    };
    this.#service.addEventListener('gossipsub:graft', ({ detail: { peerId, topic, direction } }) => {
      // Gossipsub takes peers into the mesh before their handshake, and says nothing when they disconnect.
      const peers = this.#mesh.get(topic) ?? new LruCache<string, MeshPeerInfo>(LIMITS.maxKnownPeers);
      peers.set(peerId, { peerId, direction, sinceMs: this.#clock.wallMs() });
      this.#mesh.set(topic, peers);
      tell('graft', topic, peerId, direction);
    });
    this.#service.addEventListener('gossipsub:prune', ({ detail: { peerId, topic, direction } }) => {
      this.#mesh.get(topic)?.delete(peerId);
      tell('prune', topic, peerId, direction);
    });
  }

  /** Subscribes to exactly these topics. A subscriber must be able to check what it passes on. */
  subscribe(topics: ReadonlySet<Topic>): void {
    const subscribed = new Set(this.#service.getTopics());
    for (const [name, topic] of this.#topicOf) {
      if (topics.has(topic) && !subscribed.has(name)) this.#service.subscribe(name);
      if (!topics.has(topic) && subscribed.has(name)) this.#service.unsubscribe(name);
    }
  }

  publish(topic: Topic, content: Uint8Array, counter: number): void {
    const envelope = encode(GossipEnvelopeType, { counter, content });
    this.#service.publish(gossipTopic(this.#genesisHash, topic), envelope).catch((error: unknown) => {
      this.#logger.debug({ topic, error: errorMessage(error) }, 'gossipsub did not publish');
    });
  }

  name(topic: Topic): string {
    return gossipTopic(this.#genesisHash, topic);
  }

  isSubscribed(topic: Topic): boolean {
    return this.#service.getTopics().includes(this.name(topic));
  }

  mesh(topic: Topic): MeshPeerInfo[] {
    const name = this.name(topic);
    const notes = this.#mesh.get(name);
    return this.#service
      .getMeshPeers(name)
      .map((peerId) => notes?.get(peerId) ?? { peerId, direction: 'inbound', sinceMs: this.#clock.wallMs() });
  }

  subscribers(topic: Topic): string[] {
    return this.#service.getSubscribers(this.name(topic)).map(String);
  }

  holds(topic: Topic): TopicHolds {
    return topicHolds(this.#service, this.name(topic));
  }

  cache(topic: Topic): CacheInspection {
    return cachedMessages(this.#service, this.name(topic));
  }

  score(peerId: string): number {
    return this.#service.getScore(peerId);
  }

  /** Scores in their parts. */
  scores(peerIds: readonly string[]): Record<string, PeerScore> {
    const { score } = this.#service;
    return Object.fromEntries(peerIds.map((peerId) => [peerId, peerScore(score, this.#topicOf, peerId)]));
  }

  /** The parts of scores that weigh nothing here, and why. */
  unweighted(): UnweightedPart[] {
    return unweightedParts(this.#service.score.params);
  }

  /** Forgets what was noted of a peer that left. */
  forget(peerId: string): void {
    for (const peers of this.#mesh.values()) peers.delete(peerId);
  }

  /**
   * Gossipsub opens its streams when a peer connects and never again: after a stream was reset, or went down with the
   * second of two connections, the peer would stay deaf or mute. Ending the streams that it lost makes the other side
   * open a new one.
   */
  #mend(connection: Connection): void {
    const peerId = connection.remotePeer.toString();
    if (connection.status !== 'open' || this.#clock.wallMs() - connection.timeline.open < STREAM_SETUP_MS)
      return;
    if (!this.#service.streamsOutbound.has(peerId)) this.#service.openStream(connection);
    if (this.#service.streamsInbound.has(peerId)) return;
    for (const stream of connection.streams)
      if (stream.direction === 'inbound' && this.#service.protocols.includes(stream.protocol))
        stream.abort(new Error('gossipsub lost this stream'));
  }

  async #onMessage(name: string, data: Uint8Array, messageId: string, from: string): Promise<void> {
    const verdict = await this.#verdictOn(name, data, from);
    try {
      this.#service.reportMessageValidationResult(messageId, from, verdict as TopicValidatorResult);
    } catch (error) {
      this.#logger.debug({ error: errorMessage(error) }, 'gossipsub did not take a verdict');
    }
  }

  async #verdictOn(name: string, data: Uint8Array, from: string): Promise<Verdict> {
    const topic = this.#topicOf.get(name);
    if (topic === undefined) return 'ignore';
    if (data.length > LIMITS.maxWireMessageBytes + ENVELOPE_OVERHEAD) return 'reject';
    let envelope: { counter: number; content: Uint8Array };
    try {
      envelope = decode(GossipEnvelopeType, plainBytes(data), 'gossip envelope');
    } catch {
      return 'reject';
    }
    return await this.#receive({ topic, from, ...envelope });
  }
}
