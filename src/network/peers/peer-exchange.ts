import {
  type Head,
  type PeerRecord,
  type PeersAnswer,
  PeersAnswerType,
  PeersRequestType,
} from '../../types/network.ts';
import { decode, encode } from '../../types/ssz.ts';
import type { Clock } from '../../util/clock.ts';
import { errorMessage } from '../../util/errors.ts';
import { LIMITS } from '../../util/limits.ts';
import type { Logger } from '../../util/logger.ts';
import { LruCache } from '../../util/lru-cache.ts';
import type { RequestProtocol, Requests } from '../requests.ts';
import type { EdgeReports } from './edge-reports.ts';
import type { PeerBook } from './peer-book.ts';
import { bindingOf } from './peer-record.ts';
import type { Peer, PeerTable } from './peer-table.ts';

export const PEERS_PROTOCOL: RequestProtocol<{ record: PeerRecord; head: Head }> = {
  protocol: '/metanode/peers/1',
  requestType: PeersRequestType,
  maxItems: 1,
  itemCostBytes: 16 * 1024,
};

/** The shortest pause between two exchanges that this node starts while it misses somebody. */
const EAGER_INTERVAL_MS = 1000;

export interface PeerExchangeDeps {
  readonly book: PeerBook;
  readonly peers: PeerTable;
  readonly requests: Requests;
  readonly edges: EdgeReports;
  readonly ownRecord: () => PeerRecord;
  readonly head: () => Head;
  /** Whether somebody is still looked for. */
  readonly isIncomplete: () => boolean;
  readonly onHead: (peer: Peer, head: Head) => void;
  /** The record of a peer changed, or a new one became known. */
  readonly onNews: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

/**
 * Tells peers of each other. Asks one random peer at a time: every half minute, and sooner, with growing pauses,
 * while a validator is looked for. Both sides of an exchange also refresh their own record and head.
 */
export class PeerExchange {
  readonly #deps: PeerExchangeDeps;
  /** Peer id → when some peer last said that it is connected with it (monotonic). */
  readonly #reported = new LruCache<string, number>(LIMITS.maxKnownPeers);
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #fruitless = 0;
  #closed = false;

  constructor(deps: PeerExchangeDeps) {
    this.#deps = deps;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Whether some peer said within the last minute that it is connected with this one. */
  isReportedConnected(peerId: string): boolean {
    const atMs = this.#reported.get(peerId);
    return atMs !== undefined && this.#deps.clock.monotonicMs() - atMs < LIMITS.maxReportAgeMs;
  }

  /** The connection with this peer has ended: what others said of it before says nothing of now. */
  forget(peerId: string): void {
    this.#reported.delete(peerId);
  }

  /** Somebody came or is missed: ask soon again. */
  hurry(): void {
    this.#fruitless = 0;
    this.#schedule();
  }

  /** Answers a peer that gave its own record and head. */
  answer(request: { record: PeerRecord; head: Head }, peer: Peer): Uint8Array[] {
    const { book, peers, ownRecord, head } = this.#deps;
    this.#takeOwnNews(peer, request.record, request.head);
    const others = book
      .sample(LIMITS.maxPeersPerAnswer)
      .filter((record) => record.body.peerId !== peer.peerId)
      .map((record) => ({ record, connected: peers.get(record.body.peerId) !== undefined }));
    return [encode(PeersAnswerType, { record: ownRecord(), head: head(), peers: others })];
  }

  /** One exchange with this peer. Never rejects. */
  async exchange(peer: Peer): Promise<void> {
    const { requests, ownRecord, head, logger } = this.#deps;
    try {
      const own = { record: ownRecord(), head: head() };
      const [bytes] = await requests.ask(peer, PEERS_PROTOCOL, own);
      if (bytes !== undefined) this.#take(peer, decode(PeersAnswerType, bytes, 'peers answer'));
    } catch (error) {
      logger.debug({ peerId: peer.peerId, error: errorMessage(error) }, 'peer exchange failed');
    }
  }

  /** Has all peers say anew with whom they are connected that have not done so just now. Never rejects. */
  async askForEdges(): Promise<void> {
    const { peers, edges } = this.#deps;
    const outdated = peers.all.filter(({ peerId }) => edges.isOlderThan(LIMITS.minEdgeReportAgeMs, peerId));
    await Promise.all(outdated.map((peer) => this.exchange(peer)));
  }

  #take(peer: Peer, answer: PeersAnswer): void {
    this.#takeOwnNews(peer, answer.record, answer.head);
    const { book, peers, edges, clock, ownRecord } = this.#deps;
    // An answer that comes after its author has left is nobody's.
    if (peers.get(peer.peerId) === peer) edges.note(peer.peerId, answer.peers);
    const own = ownRecord();
    const ownKey = bindingOf(own)?.validatorKey;
    let hasNews = false;
    for (const { record, connected } of answer.peers) {
      const { peerId } = record.body;
      // Only whom this node may want to dial is worth the checks, which cost a millisecond each.
      const isRival = ownKey !== undefined && bindingOf(record)?.validatorKey === ownKey;
      if (peerId === own.body.peerId || (book.validatorOf(record) === undefined && !isRival)) continue;
      if (connected) this.#reported.set(peerId, clock.monotonicMs());
      // A connected peer gives its own record; what others say of it can only be older.
      if (peers.get(peerId) === undefined && book.learn(record)) hasNews = true;
    }
    if (hasNews) this.#fruitless = 0;
    this.#deps.onNews();
  }

  #takeOwnNews(peer: Peer, record: PeerRecord, head: Head): void {
    const { book, onHead, onNews } = this.#deps;
    if (record.body.peerId === peer.peerId && book.learn(record)) {
      peer.record = record;
      onNews();
    }
    onHead(peer, head);
  }

  /** Plans the next round; a sooner one that is planned already stays. */
  #schedule(): void {
    if (this.#closed) return;
    const { clock, isIncomplete, random } = this.#deps;
    const eagerMs = EAGER_INTERVAL_MS * 2 ** Math.min(this.#fruitless, 5);
    const intervalMs = (isIncomplete() ? eagerMs : LIMITS.peerExchangeIntervalMs) * (0.7 + 0.6 * random());
    const dueMs = clock.monotonicMs() + intervalMs;
    if (dueMs >= this.#dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => void this.#round(), intervalMs);
  }

  async #round(): Promise<void> {
    const { peers, random } = this.#deps;
    const candidates = peers.all;
    const peer = candidates[Math.floor(random() * candidates.length)];
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.#fruitless++;
    if (peer !== undefined) await this.exchange(peer);
    this.#schedule();
  }
}
