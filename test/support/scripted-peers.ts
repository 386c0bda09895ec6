import type {
  MeshChangeView,
  MessageWatcherView,
  NetworkPort,
  ObstacleView,
  PeerEventView,
  RecentMessage,
} from '../../src/rpc/ports/network.ts';
import { LEDGERS } from '../../src/types/names.ts';
import type { CertifiedChain } from './certified-chain.ts';

const PEER_EVENT: PeerEventView = {
  kind: 'disconnected',
  peerId: '12D3KooWpeer',
  validator: undefined,
  atMs: 1_700_000_000_000,
  address: undefined,
  reason: 'REMOTE_CLOSED',
};

/** The id of a message that the node made itself. */
export const OWN_MESSAGE = '88'.repeat(32);

/** The peers of a node in memory: one is connected, one has left, one was never there. */
export class ScriptedPeers {
  readonly #chain: CertifiedChain;
  readonly #watchers = new Set<MessageWatcherView>();
  readonly #peerListeners = new Set<(event: PeerEventView) => void>();
  /** What `isolate` was called with. */
  readonly isolations: number[] = [];
  /** What a dial fails with, and what then stands in the way. */
  dialError: Error | undefined;
  obstacle: ObstacleView | undefined;
  /** The peers that `partition` was last called with. */
  cutOff: readonly string[] = [];

  constructor(chain: CertifiedChain) {
    this.#chain = chain;
  }

  get listeners(): number {
    return this.#watchers.size + this.#peerListeners.size;
  }

  /** A message comes from a neighbour. */
  hear(message: RecentMessage): void {
    for (const watcher of this.#watchers) watcher.received(message);
  }

  /** A message goes to these peers; whether its id was asked for, the test sees. */
  say(to: readonly string[], messageId: () => string): void {
    const message = { messageId, topic: 'tx', to, carrier: 'push', bytes: 100, counter: 0 } as const;
    for (const watcher of this.#watchers) watcher.sent(message);
  }

  /** A peer comes into the mesh of a topic or leaves it. */
  changeMesh(change: MeshChangeView): void {
    for (const watcher of this.#watchers) watcher.meshChanged(change);
  }

  /** A peer leaves. */
  disconnect(): void {
    for (const listener of this.#peerListeners) listener(PEER_EVENT);
  }

  port(): NetworkPort {
    return {
      peerId: '12D3KooWself',
      agent: 'metanode/0.1.0',
      protocolVersion: 1,
      protocols: () => ['/metanode/status/1'],
      listenAddresses: () => ['/ip4/127.0.0.1/tcp/4101'],
      announcedAddresses: () => ['/dns4/v1.example/tcp/4101'],
      isListening: () => true,
      bootnodes: [
        { address: '/ip4/127.0.0.1/tcp/4102/p2p/12D3KooWpeer', peerId: '12D3KooWpeer' },
        { address: '/dns4/boot.example/tcp/4101', peerId: undefined },
      ],
      peers: () => [
        {
          peerId: '12D3KooWpeer',
          address: '/ip4/127.0.0.1/tcp/4102',
          announcedAddresses: ['/dns4/v2.example/tcp/4102'],
          direction: 'inbound',
          connectedAtMs: 1_700_000_000_000,
          role: 'validator',
          validator: this.#chain.genesis.validators[1]?.id,
          height: this.#chain.height,
          push: true,
        },
      ],
      peerEvents: () => [PEER_EVENT],
      onPeerEvent: (listener) => {
        this.#peerListeners.add(listener);
        return () => this.#peerListeners.delete(listener);
      },
      dial: async () => {
        if (this.dialError !== undefined) throw this.dialError;
        return '12D3KooWpeer';
      },
      findObstacle: async () => this.obstacle,
      removePeer: (peerId) => peerId === '12D3KooWpeer',
      edgeReports: () => [
        {
          by: { peerId: '12D3KooWpeer', validator: this.#chain.genesis.validators[1]?.id },
          atMs: 1_700_000_000_000,
          isPartial: false,
          to: [{ peerId: '12D3KooWother', validator: undefined }],
        },
      ],
      askForEdges: async () => undefined,
      validatorPeers: () =>
        this.#chain.genesis.validators.map(({ id }, i) => {
          const absent = { validator: id, peerId: undefined, sinceMs: undefined, reason: undefined };
          if (i === 0) return { ...absent, state: 'self' };
          if (i === 3) return { ...absent, state: 'never_seen' };
          const known = { validator: id, peerId: '12D3KooWpeer', sinceMs: 1_700_000_000_000 };
          return i === 1
            ? { ...known, state: 'connected', reason: undefined }
            : { ...known, state: 'disconnected', reason: 'connect ECONNREFUSED 127.0.0.1:4103' };
        }),
      topics: () => [
        {
          topic: '/metanode/0011/tx/1',
          mesh: [{ peerId: '12D3KooWpeer', direction: undefined, sinceMs: 1_700_000_000_000 }],
          subscribers: ['12D3KooWpeer'],
          backoff: [{ peerId: '12D3KooWother', untilMs: 1_700_000_060_000 }],
          fanout: [],
          cache: { windows: [2, 0, 1], unvalidated: 1, asked: 4 },
        },
      ],
      traffic: () => [
        {
          topic: '/metanode/0011/tx/1',
          carrier: 'push',
          sentMessages: 1,
          sentBytes: 2,
          receivedMessages: 3,
          receivedBytes: 4,
          duplicates: 1,
          accepted: 2,
          ignored: 0,
          rejected: 0,
        },
      ],
      scores: () => [
        {
          peerId: '12D3KooWpeer',
          total: -1.5,
          topics: [
            {
              topic: '/metanode/0011/tx/1',
              inMesh: true,
              timeInMesh: 0.5,
              firstDeliveries: 18,
              deliveryDeficit: 0,
              meshFailures: 0,
              invalidMessages: -20,
            },
          ],
          topicsTotal: -1.5,
          application: 0,
          ipColocation: 0,
          behaviourPenalty: 0,
        },
      ],
      unweightedParts: () => [{ name: 'P3', field: 'deliveryDeficit', reason: 'most messages come by push' }],
      queuedBytes: () => [{ peerId: '12D3KooWpeer', bytes: 512 }],
      ownMessage: (messageId) =>
        messageId === OWN_MESSAGE
          ? { topic: '/metanode/0011/tx/1', bytes: 120, sends: 2, firstMs: 1_700_000_000_000 }
          : undefined,
      watchMessages: (watcher) => {
        this.#watchers.add(watcher);
        return () => this.#watchers.delete(watcher);
      },
      isolate: (forMs) => {
        this.isolations.push(forMs);
      },
      partition: (peerIds) => {
        this.cutOff = peerIds;
      },
      recentMessages: () =>
        LEDGERS.map((_, i) => ({
          messageId: '99'.repeat(32),
          topic: '/metanode/0011/tx/1',
          from: '12D3KooWpeer',
          carrier: 'relay',
          bytes: i,
          counter: 0,
          latencyMs: 1,
          verdict: i === 0 ? 'reject' : 'accept',
          reason: i === 0 ? 'BAD_SIGNATURE' : undefined,
          atMs: 1_700_000_000_000,
        })),
    };
  }
}
