import type { Connection } from '@libp2p/interface';
import type { Head, PeerRecord, Status } from '../../types/network.ts';
import type { Address, Hash } from '../../types/ssz-bytes.ts';
import type { Clock } from '../../util/clock.ts';
import { LIMITS } from '../../util/limits.ts';
import type { DisconnectReason, PeerInfo, ValidatorPeerState } from '../contract.ts';
import { InboundGate, OBSERVER_BOUNDS, VALIDATOR_BOUNDS } from '../inbound-gate.ts';
import type { PushLink } from '../push/push-link.ts';
import { RateBudget } from '../rate-budget.ts';
import { bindingSequence, type PeerBook } from './peer-book.ts';

/** A connected peer whose handshake succeeded. */
export interface Peer {
  readonly peerId: string;
  readonly connectedSinceMs: number;
  readonly forkId: Hash;
  readonly rttMs: number;
  readonly gate: InboundGate;
  readonly requestBudget: RateBudget;
  /** Bytes of answers per second, with what each item costs to look up. */
  readonly answerBudget: RateBudget;
  connection: Connection;
  record: PeerRecord;
  head: Head;
  link: PushLink | undefined;
  /** An observer that opened a relay stream to this node. */
  wantsRelay: boolean;
  /** Requests of this peer that are being answered, and own requests to it that wait for an answer. */
  requestsIn: number;
  requestsOut: number;
  /** Of answers that the peer has not taken yet. */
  unreadAnswerBytes: number;
}

interface Departure {
  readonly peerId: string;
  readonly sinceMs: number;
  readonly reason: DisconnectReason;
}

/** The connected peers, the slots for them, and when each validator was last there. */
export class PeerTable {
  readonly #book: PeerBook;
  readonly #clock: Clock;
  readonly #maxPeers: number;
  readonly #peers = new Map<string, Peer>();
  readonly #departures = new Map<Address, Departure>();
  readonly #dialFailures = new Map<Address, string>();

  constructor(book: PeerBook, maxPeers: number, clock: Clock) {
    this.#book = book;
    this.#maxPeers = maxPeers;
    this.#clock = clock;
  }

  get(peerId: string): Peer | undefined {
    return this.#peers.get(peerId);
  }

  get all(): Peer[] {
    return [...this.#peers.values()];
  }

  get size(): number {
    return this.#peers.size;
  }

  validatorOf(peer: Peer): Address | undefined {
    return this.#book.validatorOf(peer.record);
  }

  /** The validators for which a connected peer speaks. */
  get connectedValidators(): ReadonlySet<Address> {
    const connected = new Set<Address>();
    for (const peer of this.#peers.values()) {
      const validator = this.validatorOf(peer);
      if (validator !== undefined) connected.add(validator);
    }
    return connected;
  }

  /** Connected peers that speak for a validator, the highest binding first. */
  ofValidator(validator: Address): Peer[] {
    return this.all
      .filter((peer) => this.validatorOf(peer) === validator)
      .sort((a, b) => bindingSequence(b.record) - bindingSequence(a.record));
  }

  /**
   * Whether a newcomer with this record gets a slot. Validators always do: their number is bounded by the sets. All
   * others share what `maxPeers` leaves after one slot for each validator.
   */
  hasSlotFor(record: PeerRecord): boolean {
    if (this.#peers.has(record.body.peerId) || this.#book.validatorOf(record) !== undefined) return true;
    const others = this.all.filter((peer) => this.validatorOf(peer) === undefined).length;
    return others < Math.max(this.#maxPeers - this.#book.validators.length, LIMITS.minObserverSlots);
  }

  add(connection: Connection, status: Pick<Status, 'record' | 'head' | 'forkId'>, rttMs: number): Peer {
    const nowMs = this.#clock.monotonicMs();
    const isValidator = this.#book.validatorOf(status.record) !== undefined;
    const peer: Peer = {
      peerId: status.record.body.peerId,
      connectedSinceMs: this.#clock.wallMs(),
      forkId: status.forkId,
      rttMs,
      gate: new InboundGate(isValidator ? VALIDATOR_BOUNDS : OBSERVER_BOUNDS, this.#clock),
      requestBudget: new RateBudget(LIMITS.maxRequestsPerSecondOfPeer, nowMs),
      answerBudget: new RateBudget(LIMITS.maxAnswerBytesPerSecondOfPeer, nowMs),
      connection,
      record: status.record,
      head: status.head,
      link: undefined,
      wantsRelay: false,
      requestsIn: 0,
      requestsOut: 0,
      unreadAnswerBytes: 0,
    };
    this.#peers.set(peer.peerId, peer);
    return peer;
  }

  remove(peer: Peer, reason: DisconnectReason): void {
    this.#peers.delete(peer.peerId);
    const validator = this.validatorOf(peer);
    if (validator === undefined || this.ofValidator(validator).length > 0) return;
    this.#departures.set(validator, { peerId: peer.peerId, sinceMs: this.#clock.wallMs(), reason });
  }

  noteDialFailure(validator: Address, message: string): void {
    this.#dialFailures.set(validator, message);
  }

  /** Whether the last dial to a validator that is not there failed. */
  hasFailedToDial(validator: Address): boolean {
    return this.#dialFailures.has(validator);
  }

  /** How long a validator has been gone, undefined if it is there or never was. */
  goneForMs(validator: Address): number | undefined {
    const departure = this.#departures.get(validator);
    return departure === undefined ? undefined : this.#clock.wallMs() - departure.sinceMs;
  }

  /** Drops what is noted of validators that are back, or in neither set any more. */
  pruneDepartures(): void {
    const validators = new Set(this.#book.validators);
    const connected = this.connectedValidators;
    for (const notes of [this.#departures, this.#dialFailures])
      for (const validator of notes.keys())
        if (!validators.has(validator) || connected.has(validator)) notes.delete(validator);
  }

  validatorState(validator: Address, isSelf: boolean): ValidatorPeerState {
    if (isSelf) return { validator, state: 'self' };
    const [peer] = this.ofValidator(validator);
    if (peer !== undefined)
      return { validator, state: 'connected', peerId: peer.peerId, sinceMs: peer.connectedSinceMs };
    const departure = this.#departures.get(validator);
    const dialFailure = this.#dialFailures.get(validator);
    if (departure === undefined) return { validator, state: 'never_seen', reason: dialFailure };
    const { peerId, sinceMs } = departure;
    const reason = dialFailure ?? `${departure.reason.code}: ${departure.reason.message}`;
    return { validator, state: 'disconnected', peerId, sinceMs, reason };
  }

  info(peer: Peer, score: number): PeerInfo {
    return {
      peerId: peer.peerId,
      validator: this.validatorOf(peer),
      role: peer.record.body.role,
      direction: peer.connection.direction,
      remoteAddress: peer.connection.remoteAddr.toString(),
      addresses: peer.record.body.addresses,
      head: peer.head,
      forkId: peer.forkId,
      connectedSinceMs: peer.connectedSinceMs,
      rttMs: peer.rttMs,
      score,
      hasPushLink: peer.link !== undefined,
    };
  }
}
