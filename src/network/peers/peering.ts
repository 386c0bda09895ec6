import type { Connection } from '@libp2p/interface';
import type { Status } from '../../types/network.ts';
import type { ValidatorSet } from '../../types/validator.ts';
import type {
  DisconnectReason,
  NetworkOptions,
  PeerInfo,
  RequestTarget,
  ValidatorPeerState,
} from '../contract.ts';
import { networkError } from '../errors.ts';
import type { Host } from '../libp2p/host.ts';
import type { NetworkEvents } from '../network-events.ts';
import { Admission } from './admission.ts';
import { Connector } from './connector.ts';
import type { Discovery } from './discovery.ts';
import { EntryRules } from './entry-rules.ts';
import { Isolation } from './isolation.ts';
import type { PeerBook } from './peer-book.ts';
import type { Peer, PeerTable } from './peer-table.ts';

/** What lives on the connections with peers, and follows their coming and going. */
export interface PeerTraffic {
  /** Peers, records or validator sets changed. */
  review(): void;
  /** The peer moved to another connection. */
  reattach(peer: Peer): void;
  /** The peer left. */
  drop(peer: Peer): void;
  /** gossipsub's score of a peer. */
  score(peerId: string): number;
}

export interface PeeringDeps {
  readonly options: NetworkOptions;
  readonly host: Host;
  readonly book: PeerBook;
  readonly peers: PeerTable;
  readonly discovery: Discovery;
  readonly events: NetworkEvents;
  readonly traffic: () => PeerTraffic;
}

/**
 * With whom this node is connected: who may come and who has to go, whom it dials, and what follows from each. Composes
 * the parts; each rule lives in its part.
 */
export class Peering {
  readonly #deps: PeeringDeps;
  readonly #isolation: Isolation;
  readonly #entry: EntryRules;
  readonly #admission: Admission;
  readonly #connector: Connector;
  #isActive = false;

  constructor(deps: PeeringDeps) {
    const { options, host, book, peers, discovery, events, traffic } = deps;
    const { clock, logger } = options;
    this.#deps = deps;
    this.#isolation = new Isolation(logger, () => this.review());
    this.#entry = new EntryRules(options, peers, this.#isolation);
    this.#admission = new Admission({
      host,
      peers,
      localStatus: () => this.#status(),
      judge: (remote, peerId) => this.#entry.judge(remote, peerId),
      onAdmitted: (peer) => this.#onAdmitted(peer),
      onReplaced: (peer) => traffic().reattach(peer),
      onRemoved: (peer, reason) => this.#onRemoved(peer, reason),
      onRefused: (peerId, { refusedBy, reason: { code, message, data } }) => {
        logger.info({ peerId, refusedBy, code, data }, 'handshake refused');
        events.emit({ kind: 'peer-refused', peerId, refusedBy, reason: { code, message, data } });
      },
      clock,
      logger,
    });
    this.#connector = new Connector({
      options,
      host,
      book,
      peers,
      entry: this.#entry,
      admission: this.#admission,
      ownRecord: () => discovery.ownRecord,
      isValidator: () => discovery.isValidator,
      isReportedConnected: (peerId) => discovery.isReportedConnected(peerId),
      random: Math.random,
    });
  }

  /** Shakes hands with who connects. */
  async serve(): Promise<void> {
    await this.#admission.start();
  }

  /** The host listens: dials and reviews from now on. */
  start(): void {
    this.#isActive = true;
    this.review();
    this.#deps.discovery.hurry();
  }

  stop(): void {
    this.#isActive = false;
    this.#isolation.close();
    this.#connector.close();
    this.#admission.stop();
  }

  /** Peers, records or validator sets changed: who is linked, subscribed, dialed, and whether a key is held twice. */
  review(): void {
    if (!this.#isActive) return;
    const { peers, discovery, traffic } = this.#deps;
    discovery.invalidate();
    traffic().review();
    peers.pruneDepartures();
    this.#connector.reconsider();
    discovery.reportDuplicates();
  }

  setValidators(current: ValidatorSet, next: ValidatorSet): void {
    const { discovery } = this.#deps;
    if (!discovery.setValidators(current, next)) return;
    this.review();
    if (this.#isActive && discovery.isIncomplete) discovery.hurry();
  }

  /** The peer behind a connection once its handshake is done, undefined if that fails. */
  admitted(connection: Connection): Promise<Peer | undefined> {
    return this.#admission.admitted(connection);
  }

  /** Ends the connection with a peer at once. */
  disconnect(peer: Peer, code: DisconnectReason['code'], message: string): void {
    this.#admission.disconnect(peer, code, message);
  }

  /** Connects with a peer by hand. @throws NetworkError */
  dial(address: string): Promise<string> {
    return this.#connector.dial(address);
  }

  /** Ends the connection with a peer, and does not dial it again before `dial`; whether there was one. */
  remove(peerId: string): boolean {
    const peer = this.#deps.peers.get(peerId);
    this.#connector.remove(peerId);
    if (peer !== undefined) this.disconnect(peer, 'PEER_REMOVED', 'an operator removed the peer');
    this.review();
    return peer !== undefined;
  }

  /** Who may be a peer has changed. */
  allowedChanged(): void {
    this.#dropDisallowed();
    this.review();
  }

  /** Ends all connections and has none for so long. */
  isolate(forMs: number): void {
    this.#isolation.begin(forMs);
    this.#dropDisallowed();
  }

  /** Ends the connections with these peers and has none with them until the next call. */
  partition(peerIds: ReadonlySet<string>): void {
    this.#isolation.partition(peerIds);
    this.allowedChanged();
  }

  /** @throws NetworkError NOT_CONNECTED */
  find(target: RequestTarget): Peer {
    const { peers } = this.#deps;
    const peer = 'peerId' in target ? peers.get(target.peerId) : peers.ofValidator(target.validator)[0];
    if (peer === undefined)
      throw networkError('NOT_CONNECTED', 'no connection with that peer', { data: { ...target } });
    return peer;
  }

  get infos(): PeerInfo[] {
    return this.#deps.peers.all.map((peer) => this.#info(peer));
  }

  /** One entry for each validator of the current and next set. */
  get validatorStates(): ValidatorPeerState[] {
    const { book, peers, discovery } = this.#deps;
    const { self } = discovery;
    return book.validators.map((validator) => peers.validatorState(validator, validator === self));
  }

  #info(peer: Peer): PeerInfo {
    const { peers, traffic } = this.#deps;
    return peers.info(peer, traffic().score(peer.peerId));
  }

  #dropDisallowed(): void {
    for (const peer of this.#deps.peers.all) {
      const refusal = this.#entry.refusal(peer.peerId);
      if (refusal !== undefined) this.disconnect(peer, refusal.code, refusal.message);
    }
  }

  #status(): Status {
    const { options, discovery } = this.#deps;
    const { protocolVersion, chainId, genesisHash, forkId, head } = options;
    return { protocolVersion, chainId, genesisHash, forkId, head: head(), record: discovery.ownRecord };
  }

  #onAdmitted(peer: Peer): void {
    const { options, book, peers, discovery, events } = this.#deps;
    const { peerId, connection } = peer;
    book.learn(peer.record);
    const validator = peers.validatorOf(peer);
    options.logger.info({ peerId, validator, direction: connection.direction }, 'peer connected');
    this.review();
    events.emit({ kind: 'peer-connected', peer: this.#info(peer) });
    events.emit({ kind: 'head-claim', peerId, head: peer.head });
    discovery.meet(peer);
  }

  #onRemoved(peer: Peer, reason: DisconnectReason): void {
    const { options, peers, discovery, events, traffic } = this.#deps;
    const { peerId } = peer;
    const validator = peers.validatorOf(peer);
    traffic().drop(peer);
    peers.remove(peer, reason);
    discovery.forget(peerId);
    options.logger.info({ peerId, validator, ...reason }, 'peer disconnected');
    events.emit({ kind: 'peer-disconnected', peerId, validator, reason });
    if (!this.#isActive) return;
    this.review();
    discovery.hurry();
  }
}
