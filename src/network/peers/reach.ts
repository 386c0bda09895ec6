import type { Address } from '../../types/ssz-bytes.ts';
import type { Clock } from '../../util/clock.ts';
import { LIMITS } from '../../util/limits.ts';
import type { PeerBook } from './peer-book.ts';
import type { PeerTable } from './peer-table.ts';

/** How long an answer to `isSomeoneMissed` is used again, because every message asks. */
const CACHE_MS = 500;
/** How long a validator is given after its start to meet the others. */
const MEETING_MS = 20_000;

export interface ReachDeps {
  readonly book: PeerBook;
  readonly peers: PeerTable;
  /** The validator of the current or next set for which this node speaks. */
  readonly self: () => Address | undefined;
  readonly isReportedConnected: (peerId: string) => boolean;
  readonly clock: Clock;
}

/** Which validators this node reaches, directly or by relay. */
export class Reach {
  readonly #deps: ReachDeps;
  readonly #startedMs: number;
  #cached: { readonly atMs: number; readonly isSomeoneMissed: boolean } | undefined;

  constructor(deps: ReachDeps) {
    this.#deps = deps;
    this.#startedMs = deps.clock.monotonicMs();
  }

  /** Peers or validators changed. */
  invalidate(): void {
    this.#cached = undefined;
  }

  /** The validators that this node is, is connected with, or that are probably alive and hear it by relay. */
  get reachable(): Address[] {
    const { book, peers, self } = this.#deps;
    const own = self();
    const connected = peers.connectedValidators;
    return book.validators.filter(
      (validator) => validator === own || connected.has(validator) || this.#isProbablyAlive(validator),
    );
  }

  /** Whether somebody is missing whom this node wants to be connected with. */
  get isIncomplete(): boolean {
    const { peers } = this.#deps;
    const others = this.#others();
    const connectedValidators = peers.connectedValidators;
    const connected = others.filter((validator) => connectedValidators.has(validator)).length;
    const isValidator = this.#deps.self() !== undefined;
    return connected < (isValidator ? others.length : Math.min(others.length, LIMITS.maxRelaysPerObserver));
  }

  /** Whether this node is one of many validators and began a moment ago: whom it misses it has not had the time to meet. */
  get isMeetingOthers(): boolean {
    const { book, self, clock } = this.#deps;
    const isOneOfMany = self() !== undefined && book.validators.length > LIMITS.maxDirectValidators;
    return isOneOfMany && clock.monotonicMs() - this.#startedMs < MEETING_MS;
  }

  /**
   * Whether messages should go by gossipsub too: a validator that is probably alive has no link with this node,
   * because the two have not met yet, because the link broke a moment ago, or because others say that they are
   * connected with it. An observer needs gossipsub only while it has no link at all.
   */
  get isSomeoneMissed(): boolean {
    const nowMs = this.#deps.clock.monotonicMs();
    if (this.#cached === undefined || nowMs - this.#cached.atMs >= CACHE_MS)
      this.#cached = { atMs: nowMs, isSomeoneMissed: this.#findWhetherSomeoneIsMissed() };
    return this.#cached.isSomeoneMissed;
  }

  #findWhetherSomeoneIsMissed(): boolean {
    const { peers, self } = this.#deps;
    if (self() === undefined) return !peers.all.some(({ link }) => link !== undefined);
    return this.#others().some(
      (validator) =>
        !peers.ofValidator(validator).some(({ link }) => link !== undefined) &&
        this.#isProbablyAlive(validator),
    );
  }

  /**
   * Of a validator without a connection: as peers say; or while no dial to it has failed, because it left a moment ago
   * or the two have not met yet.
   */
  #isProbablyAlive(validator: Address): boolean {
    const { book, peers, isReportedConnected } = this.#deps;
    const records = book.recordsOf(validator);
    if (records.some(({ body }) => isReportedConnected(body.peerId))) return true;
    if (peers.hasFailedToDial(validator)) return false;
    const goneForMs = peers.goneForMs(validator);
    return goneForMs === undefined ? records.length > 0 : goneForMs < LIMITS.relayAfterLossMs;
  }

  #others(): Address[] {
    const self = this.#deps.self();
    return this.#deps.book.validators.filter((validator) => validator !== self);
  }
}
