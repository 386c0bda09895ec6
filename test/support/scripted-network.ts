import type { Network, PeerInfo, RequestHandlers } from '../../src/network/contract.ts';
import type { InboundMessage, MessageHandler, Verdict } from '../../src/network/inbound-message.ts';
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
  /** What went to one validator each. */
  readonly sent: { readonly to: string; readonly topic: Topic; readonly bytes: Uint8Array }[] = [];
  /** The validators that a link leads to. */
  linked: ReadonlySet<string> = new Set();
  /** Calls back before frames leave, as the network does. */
  readonly departures: ((peers: number) => void)[] = [];
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
    onDeparture: (listener) => this.departures.push(listener),
    forward: () => undefined,
    sendTo: (to, topic, bytes) => {
      if (this.linked.has(to)) this.sent.push({ to, topic, bytes });
      return this.linked.has(to);
    },
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
    reachableValidators: () => [],
    validatorPeerStates: () => [],
    dial: async () => 'nobody',
    allowedChanged: () => undefined,
    validatorOfPeer: () => undefined,
    edgeReports: () => [],
    askForEdges: async () => undefined,
    removePeer: () => false,
    isolate: () => undefined,
    partition: () => undefined,
    inspect: () => ({ topics: [], scores: {}, unweighted: [], queuedBytes: {}, recent: [] }),
    ownMessage: () => undefined,
    watchMessages: () => () => undefined,
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
