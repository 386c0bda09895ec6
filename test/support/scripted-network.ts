import type {
  InboundMessage,
  MessageHandler,
  Network,
  PeerInfo,
  RequestHandlers,
  Verdict,
} from '../../src/network/contract.ts';
import type { CertifiedBlockBytes, Topic } from '../../src/types/network.ts';

/** What a peer of the test claims and answers. */
export interface ScriptedPeer {
  readonly peerId: string;
  /** The height that it claims. */
  readonly height: number;
  /** Its answer to a request for blocks. */
  readonly blocks?: (
    fromHeight: number,
    count: number,
  ) => CertifiedBlockBytes[] | Promise<CertifiedBlockBytes[]>;
  /** The validator for which it speaks. */
  readonly validator?: string;
}

/**
 * The network as one node sees it, where every peer is a script of the test: hostile ones answer what no real node
 * would. Records what the node sends.
 */
export class ScriptedNetwork {
  readonly published: { readonly topic: Topic; readonly bytes: Uint8Array; readonly counter: number }[] = [];
  /** Requests for blocks: whom, and from which height. */
  readonly requests: [string, number][] = [];
  peers: ScriptedPeer[] = [];
  handlers: RequestHandlers | undefined;
  readonly #onMessage = new Map<Topic, MessageHandler>();

  /** The port that the node gets. */
  readonly port: Network = {
    peerId: 'self',
    addresses: () => [],
    listenAddresses: () => [],
    protocols: () => [],
    start: async () => undefined,
    stop: async () => undefined,
    publish: (topic, bytes, options) => this.published.push({ topic, bytes, counter: options?.counter ?? 0 }),
    onMessage: (topic, handler) => this.#onMessage.set(topic, handler),
    onDeparture: () => undefined,
    sendTo: () => false,
    relayToObservers: () => undefined,
    setValidators: () => undefined,
    setValidatorKey: () => undefined,
    serve: (handlers) => {
      this.handlers = handlers;
    },
    fetchTransactions: async () => [],
    fetchBlock: async () => undefined,
    fetchBlocks: async (peerId, fromHeight, count, signal) => {
      this.requests.push([peerId, fromHeight]);
      const peer = this.peers.find((candidate) => candidate.peerId === peerId);
      const cancelled = new Promise<never>((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
      return (await Promise.race([peer?.blocks?.(fromHeight, count), cancelled])) ?? [];
    },
    peers: () => this.peers.map(infoOf),
    validatorPeer: () => undefined,
    validatorPeerStates: () => [],
    dial: async () => 'nobody',
    isolate: () => undefined,
    inspect: () => ({ topics: [], scores: {}, queuedBytes: {}, recent: [] }),
    subscribe: () => () => undefined,
  };

  /** Hands bytes to the node as a message of a peer, perhaps a validator's; the answer is its verdict. */
  async deliver(topic: Topic, bytes: Uint8Array, validator?: string): Promise<Verdict> {
    const handler = this.#onMessage.get(topic);
    if (handler === undefined) throw new Error(`nobody listens to ${topic}`);
    const message: InboundMessage = {
      topic,
      bytes,
      from: 'peer',
      validator,
      carrier: 'push',
      receivedAtMs: 0,
    };
    return await handler(message);
  }
}

function infoOf({ peerId, height, validator }: ScriptedPeer): PeerInfo {
  return {
    peerId,
    validator,
    role: 'observer',
    direction: 'inbound',
    remoteAddress: '/ip4/127.0.0.1/tcp/1',
    addresses: [],
    head: { height, hash: '00'.repeat(32) },
    forkId: '00'.repeat(32),
    connectedSinceMs: 0,
    rttMs: 1,
    score: 0,
    hasPushLink: false,
  };
}
