import type { Connection, Stream } from '@libp2p/interface';
import type { Topic, WireMessage } from '../../types/network.ts';
import type { Clock } from '../../util/clock.ts';
import { LIMITS } from '../../util/limits.ts';
import type { DisconnectCode } from '../errors.ts';
import type { Host } from '../libp2p/host.ts';
import type { Peer, PeerTable } from '../peers/peer-table.ts';
import type { Statistics } from '../statistics.ts';
import { type LinkProtocol, PUSH_PROTOCOL, PushLink, RELAY_PROTOCOL } from './push-link.ts';

/** What observers get from the validators that they opened a relay stream to. */
export const RELAYED_TOPICS: ReadonlySet<Topic> = new Set(['tx', 'block', 'certificate']);

export interface PushCarrierDeps {
  readonly peers: PeerTable;
  /** Whether this node speaks for a validator of the current or next set. */
  readonly isValidator: () => boolean;
  readonly admitted: (connection: Connection) => Promise<Peer | undefined>;
  readonly onMessage: (peer: Peer, message: WireMessage) => Promise<void>;
  readonly onDead: (peer: Peer, code: DisconnectCode, message: string) => void;
  readonly statistics: Statistics;
  /** How long a peer may leave a frame unacknowledged. */
  readonly maxSilenceMs: number;
  readonly clock: Clock;
}

/**
 * The push carrier: who has a link with whom, and what goes over it. Validators link with all validators; an observer
 * links with up to three of them. What is due in one tick of the event loop leaves in one frame per peer.
 */
export class PushCarrier {
  readonly #deps: PushCarrierDeps;
  readonly #due = new Set<PushLink>();
  #flushHandle: NodeJS.Immediate | undefined;
  readonly #departures: ((peers: number) => void)[] = [];

  constructor(deps: PushCarrierDeps) {
    this.#deps = deps;
  }

  async start(host: Host): Promise<void> {
    for (const protocol of [PUSH_PROTOCOL, RELAY_PROTOCOL] as const)
      await host.handle(protocol, (stream, connection) => this.#accept(protocol, stream, connection), {
        maxInboundStreams: 4,
        maxOutboundStreams: 4,
      });
  }

  /** Calls back before frames leave, with the number of peers that get one; what is sent then joins them. */
  onDeparture(listener: (peers: number) => void): void {
    this.#departures.push(listener);
  }

  stop(): void {
    clearImmediate(this.#flushHandle);
    for (const { link } of this.#deps.peers.all) link?.close();
  }

  /** Opens the links that are missing. Call it when peers or validators changed. */
  review(): void {
    const { peers } = this.#deps;
    const validators = peers.all.filter((peer) => peers.validatorOf(peer) !== undefined);
    // Who has left the set goes on following, over the link that it had.
    for (const peer of peers.all)
      if (peer.link !== undefined && !validators.includes(peer)) peer.wantsRelay = true;
    if (this.#deps.isValidator()) {
      for (const peer of validators) if (peer.link === undefined) this.#open(peer, PUSH_PROTOCOL);
      return;
    }
    let relays = validators.filter((peer) => peer.link !== undefined).length;
    for (const peer of validators)
      if (peer.link === undefined && relays < LIMITS.maxRelaysPerObserver) {
        this.#open(peer, RELAY_PROTOCOL);
        relays++;
      }
  }

  /** The peer moved to another connection. */
  reattach(peer: Peer): void {
    peer.link?.attach(peer.connection);
  }

  drop(peer: Peer): void {
    peer.gate.close();
    if (peer.link === undefined) return;
    this.#due.delete(peer.link);
    peer.link.close();
    peer.link = undefined;
  }

  /** To all linked validators, and what observers follow to those that asked for it; not back to `except`. */
  broadcast(message: WireMessage, except?: string): void {
    this.#send(
      message,
      (peer) => peer.peerId !== except && (this.#isLinkedValidator(peer) || follows(peer, message)),
    );
  }

  /** To the linked validators only. */
  toValidators(message: WireMessage, except?: string): void {
    this.#send(message, (peer) => peer.peerId !== except && this.#isLinkedValidator(peer));
  }

  /** Whether anyone asked this node to relay. */
  get hasFollowers(): boolean {
    return this.#deps.peers.all.some(({ wantsRelay }) => wantsRelay);
  }

  toObservers(message: WireMessage, except?: string): void {
    this.#send(
      message,
      (peer) => peer.peerId !== except && follows(peer, message) && !this.#isLinkedValidator(peer),
    );
  }

  /** Whether the message is on its way to this peer. */
  to(peer: Peer, message: WireMessage): boolean {
    return this.#send(message, (candidate) => candidate === peer) > 0;
  }

  #isLinkedValidator(peer: Peer): boolean {
    return peer.link !== undefined && this.#deps.peers.validatorOf(peer) !== undefined;
  }

  #send(message: WireMessage, isMeant: (peer: Peer) => boolean): number {
    const { peers, statistics } = this.#deps;
    const told: string[] | undefined = statistics.isWatched ? [] : undefined;
    let copies = 0;
    for (const peer of peers.all) {
      if (peer.link === undefined || !isMeant(peer)) continue;
      copies++;
      told?.push(peer.peerId);
      peer.link.enqueue(message);
      this.#due.add(peer.link);
    }
    if (copies > 0) statistics.published(message.topic, 'push', message.content.length, copies);
    if (told !== undefined && copies > 0) statistics.sent(message, 'push', told);
    this.#flushHandle ??= setImmediate(() => this.#flush());
    return copies;
  }

  #flush(): void {
    for (const listener of this.#departures) listener(this.#due.size);
    this.#flushHandle = undefined;
    const due = [...this.#due];
    this.#due.clear();
    for (const link of due) link.flush();
  }

  #open(peer: Peer, protocol: LinkProtocol): void {
    peer.link = this.#createLink(peer, protocol);
    peer.link.attach(peer.connection);
  }

  async #accept(protocol: LinkProtocol, stream: Stream, connection: Connection): Promise<void> {
    const peer = await this.#deps.admitted(connection);
    if (peer === undefined) {
      stream.abort(new Error('the handshake comes first'));
      return;
    }
    if (peer.connection.id !== connection.id) return; // that connection is being closed as the second of two
    if (protocol === RELAY_PROTOCOL) peer.wantsRelay = true;
    if (peer.link === undefined) this.#open(peer, protocol);
    peer.link?.accept(stream);
  }

  #createLink(peer: Peer, protocol: LinkProtocol): PushLink {
    const { clock, statistics, onDead, onMessage } = this.#deps;
    return new PushLink({
      protocol,
      gate: peer.gate,
      clock,
      maxSilenceMs: this.#deps.maxSilenceMs,
      onMessage: (message) => onMessage(peer, message),
      onDropped: (message) => {
        statistics.countersOf(message.topic).push.dropped++;
      },
      onDead: (code, message) => onDead(peer, code, message),
    });
  }
}

function follows(peer: Peer, message: WireMessage): boolean {
  return peer.wantsRelay && RELAYED_TOPICS.has(message.topic);
}
