import type { Connection } from '@libp2p/interface';
import { GOSSIPED_TOPICS, type Topic, type WireMessage } from '../types/network.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import { LIMITS } from '../util/limits.ts';
import type { NetworkOptions } from './contract.ts';
import { type DisconnectCode, networkError } from './errors.ts';
import { Gossip } from './gossip.ts';
import type { InboundMessage, MessageHandler, Verdict } from './inbound-message.ts';
import { Inbox } from './inbox.ts';
import { inspectGossip } from './inspection.ts';
import type { Host } from './libp2p/host.ts';
import type { Peer, PeerTable } from './peers/peer-table.ts';
import { PushCarrier, RELAYED_TOPICS } from './push/push-carrier.ts';
import { type GossipInspection, type MessageWatcher, type OwnMessage, Statistics } from './statistics.ts';

const ALL_TOPICS: ReadonlySet<Topic> = new Set(GOSSIPED_TOPICS);
/** What is sent again until its height is decided. */
const RESENT_TOPICS: ReadonlySet<Topic> = new Set(['proposal', 'vote']);

export interface MessagingDeps {
  readonly options: NetworkOptions;
  readonly host: Host;
  readonly peers: PeerTable;
  /** Whether this node speaks for a validator of the current or next set. */
  readonly isValidator: () => boolean;
  /** Whether a validator that is probably alive has no link with this node. */
  readonly isSomeoneMissed: () => boolean;
  /** Whether this node has not had the time to meet those whom it misses. */
  readonly isMeetingOthers: () => boolean;
  readonly admitted: (connection: Connection) => Promise<Peer | undefined>;
  readonly disconnect: (peer: Peer, code: DisconnectCode, message: string) => void;
}

/**
 * Messages on topics, over both carriers: which of them takes what, where what arrives is handled once, and whom it is
 * passed on to.
 */
export class Messaging {
  readonly #deps: MessagingDeps;
  readonly #statistics = new Statistics();
  readonly #inbox: Inbox;
  readonly #gossip: Gossip;
  readonly #push: PushCarrier;

  constructor(deps: MessagingDeps) {
    const { options, host, peers, isValidator, admitted, disconnect } = deps;
    const { clock, logger, genesisHash } = options;
    this.#deps = deps;
    this.#inbox = new Inbox({ statistics: this.#statistics, clock, logger });
    this.#gossip = new Gossip({
      service: host.services.gossip,
      connections: () => peers.all.map(({ connection }) => connection),
      genesisHash,
      clock,
      logger,
      receive: ({ from, topic, counter, content }) => this.#onGossip(from, { topic, counter, content }),
      onMesh: (change) => this.#statistics.meshChanged(change),
    });
    this.#push = new PushCarrier({
      peers,
      isValidator,
      admitted,
      onMessage: async (peer, message) => {
        await this.#receive(peer, message, 'push');
      },
      onDead: disconnect,
      statistics: this.#statistics,
      maxSilenceMs: options.loopbackTestnet ? LIMITS.maxPushSilenceLoopbackMs : LIMITS.maxPushSilenceMs,
      clock,
    });
  }

  async start(): Promise<void> {
    await this.#push.start(this.#deps.host);
  }

  stop(): void {
    this.#push.stop();
  }

  /** Peers or validators changed: who is linked, and what this node subscribes to. */
  review(): void {
    this.#gossip.subscribe(this.#deps.isValidator() ? ALL_TOPICS : RELAYED_TOPICS);
    this.#push.review();
  }

  /** The peer moved to another connection. */
  reattach(peer: Peer): void {
    this.#push.reattach(peer);
  }

  /** The peer left. */
  drop(peer: Peer): void {
    this.#push.drop(peer);
    this.#gossip.forget(peer.peerId);
  }

  onMessage(topic: Topic, handler: MessageHandler): void {
    this.#inbox.setHandler(topic, handler);
  }

  onDeparture(listener: (peers: number) => void): void {
    this.#push.onDeparture(listener);
  }

  /** To all validators and to the observers that follow. @throws NetworkError MESSAGE_TOO_LARGE */
  publish(topic: Topic, bytes: Uint8Array, counter: number): void {
    const message = this.#outgoing(topic, bytes, counter);
    this.#inbox.noteOwn(topic, bytes);
    this.#push.broadcast(message);
    // A mesh costs seven times the streams: where every validator has a link, re-sends go by push alone as well.
    if (!this.#deps.isSomeoneMissed()) return;
    // Where many begin at once, first sends over a mesh would hold up the handshakes that make it needless.
    if (counter === 0 && RESENT_TOPICS.has(topic) && this.#deps.isMeetingOthers()) return;
    this.#statistics.published(topic, 'relay', bytes.length, 1);
    if (this.#statistics.isWatched)
      this.#statistics.sent(
        message,
        'relay',
        this.#gossip.mesh(topic).map(({ peerId }) => peerId),
      );
    this.#gossip.publish(topic, bytes, counter);
  }

  /** Pushes what another validator signed to all validators. @throws NetworkError MESSAGE_TOO_LARGE */
  forward(topic: Topic, bytes: Uint8Array): void {
    this.#push.toValidators(this.#wired(topic, bytes, 0));
  }

  /** Pushes to one validator; false when there is no link to it. @throws NetworkError MESSAGE_TOO_LARGE */
  sendTo(validator: Address, topic: Topic, bytes: Uint8Array): boolean {
    const message = this.#outgoing(topic, bytes, 0);
    const { peers } = this.#deps;
    this.#inbox.noteOwn(topic, bytes);
    return peers.ofValidator(validator).filter((peer) => this.#push.to(peer, message)).length > 0;
  }

  /** Pushes to the observers that follow; what nobody would get is not encoded. */
  relayToObservers(topic: Topic, encode: () => Uint8Array): void {
    if (!this.#push.hasFollowers) return;
    const bytes = encode();
    const message = this.#outgoing(topic, bytes, 0);
    this.#inbox.noteOwn(topic, bytes);
    this.#push.toObservers(message);
  }

  /** gossipsub's score of a peer. */
  score(peerId: string): number {
    return this.#gossip.score(peerId);
  }

  /** A message that this node made, while it is remembered. */
  ownMessage(id: Hash): OwnMessage | undefined {
    return this.#statistics.ownMessage(id);
  }

  /** Shows each message to the watcher until the returned function is called. */
  watch(watcher: MessageWatcher): () => void {
    return this.#statistics.watch(watcher);
  }

  inspect(): GossipInspection {
    return inspectGossip(this.#gossip, this.#deps.peers, this.#statistics);
  }

  async #onGossip(from: string, message: WireMessage): Promise<Verdict> {
    const peer = this.#deps.peers.get(from);
    if (peer === undefined) return 'ignore';
    if (peer.gate.isPaused) {
      if (peer.gate.noteDropped())
        this.#deps.disconnect(peer, 'GOSSIP_FLOOD', 'more gossip than any honest node sends');
      return 'ignore';
    }
    const done = peer.gate.enter(message.content.length);
    try {
      return await this.#receive(peer, message, 'relay');
    } finally {
      done();
    }
  }

  async #receive(peer: Peer, message: WireMessage, carrier: InboundMessage['carrier']): Promise<Verdict> {
    const { options, peers, isValidator } = this.#deps;
    const validator = peers.validatorOf(peer);
    const { verdict, fresh } = await this.#inbox.receive({
      topic: message.topic,
      bytes: message.content,
      counter: message.counter,
      from: peer.peerId,
      validator,
      carrier,
      receivedAtMs: options.clock.wallMs(),
    });
    if (verdict === 'reject') {
      peer.gate.noteRejected();
      options.logger.warn(
        { peerId: peer.peerId, validator, topic: message.topic, carrier },
        'message rejected',
      );
    }
    if (verdict === 'accept' && fresh && isValidator()) {
      const firstSend: WireMessage = { ...message, counter: 0 };
      if (message.topic === 'tx' && validator === undefined) this.#push.toValidators(firstSend, peer.peerId);
      this.#push.toObservers(firstSend, peer.peerId);
    }
    return verdict;
  }

  /** A message of this node's own. */
  #outgoing(topic: Topic, content: Uint8Array, counter: number): WireMessage {
    const message = this.#wired(topic, content, counter);
    const { onSend, clock } = this.#deps.options;
    onSend?.(topic, content);
    this.#statistics.made(topic, content, clock.wallMs());
    return message;
  }

  #wired(topic: Topic, content: Uint8Array, counter: number): WireMessage {
    if (content.length > LIMITS.maxWireMessageBytes)
      throw networkError('MESSAGE_TOO_LARGE', `a message has at most ${LIMITS.maxWireMessageBytes} bytes`, {
        data: { topic, bytes: content.length },
      });
    return { topic, counter, content };
  }
}
