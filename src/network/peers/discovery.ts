import type { Head, PeerRecord } from '../../types/network.ts';
import type { Address } from '../../types/ssz-bytes.ts';
import type { ValidatorSet } from '../../types/validator.ts';
import type { EdgeReport, NetworkOptions, ValidatorIdentity } from '../contract.ts';
import type { Host } from '../libp2p/host.ts';
import type { NetworkEvents } from '../network-events.ts';
import type { Admitted, Registrar, Requests } from '../requests.ts';
import { isAt } from './dial-targets.ts';
import { DuplicateKeys } from './duplicate-keys.ts';
import { EdgeReports } from './edge-reports.ts';
import { OwnRecord } from './own-record.ts';
import type { PeerBook } from './peer-book.ts';
import { PEERS_PROTOCOL, PeerExchange } from './peer-exchange.ts';
import { peerIdOf } from './peer-record.ts';
import type { Peer, PeerTable } from './peer-table.ts';
import { Reach } from './reach.ts';

export interface DiscoveryDeps {
  readonly options: NetworkOptions;
  readonly host: Host;
  readonly book: PeerBook;
  readonly peers: PeerTable;
  readonly requests: Requests;
  readonly events: NetworkEvents;
  /** The record of a peer changed, or a new one became known. */
  readonly onNews: () => void;
}

/**
 * Who is there: what this node says of itself, what it hears of others, for which validators they speak, and which of
 * these it reaches. Composes the parts; each rule lives in its part.
 */
export class Discovery {
  readonly #deps: DiscoveryDeps;
  readonly #own: OwnRecord;
  readonly #edges: EdgeReports;
  readonly #exchange: PeerExchange;
  readonly #reach: Reach;
  readonly #duplicates = new DuplicateKeys();

  constructor(deps: DiscoveryDeps) {
    const { options, host, book, peers, requests, onNews } = deps;
    const { clock, logger, genesisHash } = options;
    this.#deps = deps;
    this.#own = new OwnRecord({
      genesisHash,
      nodeKeySeed: options.nodeKeySeed,
      peerId: host.peerId.toString(),
      role: options.role,
      identity: options.validatorKey,
      addresses: () => this.addresses,
      clock,
    });
    this.#edges = new EdgeReports(clock);
    this.#exchange = new PeerExchange({
      edges: this.#edges,
      book,
      peers,
      requests,
      ownRecord: () => this.#own.record,
      head: options.head,
      isIncomplete: () => this.isIncomplete,
      onHead: (peer, head) => this.#noteHead(peer, head),
      onNews,
      clock,
      logger,
      random: Math.random,
    });
    this.#reach = new Reach({
      book,
      peers,
      self: () => this.self,
      isReportedConnected: (peerId) => this.isReportedConnected(peerId),
      clock,
    });
  }

  /** Answers who asks for peers. */
  async serve(register: Registrar, admitted: Admitted): Promise<void> {
    await this.#deps.requests.serve(register, admitted, PEERS_PROTOCOL, async (request, peer) =>
      this.#exchange.answer(request, peer),
    );
  }

  close(): void {
    this.#exchange.close();
  }

  /** Where this node says that it is reached, with /p2p/; what an operator advertises comes first. */
  get addresses(): string[] {
    const { host, options } = this.#deps;
    const { advertise = [] } = options;
    const all = host.getMultiaddrs().map(String);
    const isAdvertised = (address: string) => advertise.some((one) => isAt(address, one));
    // Peers are told so many only, and an operator knows better than the sockets where this node is reached.
    return [...all.filter(isAdvertised), ...all.filter((address) => !isAdvertised(address))];
  }

  /** What this node says of itself, signed. */
  get ownRecord(): PeerRecord {
    return this.#own.record;
  }

  /** The validator of the current or next set for which this node speaks. */
  get self(): Address | undefined {
    const identity = this.#own.identity;
    return identity === undefined
      ? undefined
      : this.#deps.book.validatorBehind(identity.keyPair.publicKey, identity.id);
  }

  get isValidator(): boolean {
    return this.self !== undefined;
  }

  /** Whether somebody is missing whom this node wants to be connected with. */
  get isIncomplete(): boolean {
    return this.#reach.isIncomplete;
  }

  /** Whether this node is one of many validators and began a moment ago, see Reach. */
  get isMeetingOthers(): boolean {
    return this.#reach.isMeetingOthers;
  }

  /** Whether messages should go by gossipsub too, see Reach. */
  get isSomeoneMissed(): boolean {
    return this.#reach.isSomeoneMissed;
  }

  /** The validators that this node is, is connected with, or that are probably alive and hear it by relay. */
  get reachable(): Address[] {
    return this.#reach.reachable;
  }

  /** What connected peers last said of their own connections. */
  get edgeReports(): EdgeReport[] {
    return this.#edges.all;
  }

  /** Has all peers say anew with whom they are connected, if they have not done so just now. Never rejects. */
  askForEdges(): Promise<void> {
    return this.#exchange.askForEdges();
  }

  /** Whether some peer said within the last minute that it is connected with this one. */
  isReportedConnected(peerId: string): boolean {
    return this.#exchange.isReportedConnected(peerId);
  }

  /** The validator for which a peer speaks, connected or only heard of. */
  validatorOf(peerId: string): Address | undefined {
    const { book } = this.#deps;
    const record = book.get(peerId);
    return record && book.validatorOf(record);
  }

  /** Whether these are other sets than before. */
  setValidators(current: ValidatorSet, next: ValidatorSet): boolean {
    return this.#deps.book.setValidators(current, next);
  }

  /** From now on this node speaks for another validator or none, and every peer hears of it. */
  setIdentity(identity: ValidatorIdentity | undefined): void {
    const { peers, onNews } = this.#deps;
    this.#own.identity = identity;
    onNews();
    for (const peer of peers.all) void this.#exchange.exchange(peer);
  }

  /** Asks around soon while somebody is missing. */
  hurry(): void {
    this.#exchange.hurry();
  }

  /** A peer has come, and is known to those who want to know: it may know who is missing. */
  meet(peer: Peer): void {
    const { options, peers } = this.#deps;
    if (!this.isIncomplete) return;
    const isBootnode = options.bootnodes.some((address) => peerIdOf(address) === peer.peerId);
    if (isBootnode || peers.size === 1) void this.#exchange.exchange(peer);
    else this.#exchange.hurry();
  }

  /** A peer has gone. */
  forget(peerId: string): void {
    this.#edges.forget(peerId);
    this.#exchange.forget(peerId);
  }

  /** Peers or validators changed: who is reached is found out anew. */
  invalidate(): void {
    this.#reach.invalidate();
  }

  /** Says so, once, when two live peers hold one validator key. */
  reportDuplicates(): void {
    const { peers, events, options } = this.#deps;
    const records = peers.all.map(({ record }) => record);
    for (const record of records) {
      const event = this.#duplicates.check(this.#own.record, record, records);
      if (event === undefined) continue;
      const fact = { code: 'DUPLICATE_VALIDATOR_KEY', ...event };
      options.logger.error(fact, 'two peers hold one validator key');
      events.emit(event);
    }
  }

  #noteHead(peer: Peer, head: Head): void {
    if (head.height === peer.head.height && head.hash === peer.head.hash) return;
    peer.head = head;
    this.#deps.events.emit({ kind: 'head-claim', peerId: peer.peerId, head });
  }
}
