import type { PeerInfo } from '../network/contract.ts';
import { LIMITS } from '../util/limits.ts';
import { LruCache } from '../util/lru-cache.ts';

/** What a peer was worth to this node as a source of blocks. */
interface Experience {
  readonly hasServed: boolean;
  /** In a row: each doubles the pause before the peer is asked again. */
  readonly failures: number;
  /** How often it was slow. */
  readonly delays: number;
  readonly askAgainMs: number;
}

const UNKNOWN: Experience = { hasServed: false, failures: 0, delays: 0, askAgainMs: 0 };

/**
 * Decides whom to ask for blocks. A claimed height costs nothing, so it only says who may have more; whom to ask first
 * follows from what the peers are and did before: validators and peers that have served good blocks, then strangers,
 * then those that failed. So liars, and peers that hold a request until it times out, cost one attempt each, and as
 * many of them as one likes do not keep a node from the honest peers that it has.
 */
export class BlockSources {
  readonly #experience = new LruCache<string, Experience>(LIMITS.maxKnownPeers);

  /**
   * The peer to ask next for blocks above `head`. Where the validators are known to have reached `reached`, peers are
   * asked whatever they claim, because a claim may be half a minute old.
   */
  best(peers: readonly PeerInfo[], head: number, reached: number, nowMs: number): PeerInfo | undefined {
    return this.#useful(peers, head, reached)
      .filter(({ peerId }) => this.#of(peerId).askAgainMs <= nowMs)
      .sort((a, b) => this.#compare(a, b))[0];
  }

  /** How long until somebody may be asked again who claims more than `head`; undefined if nobody does. */
  waitMs(peers: readonly PeerInfo[], head: number, reached: number, nowMs: number): number | undefined {
    const times = this.#useful(peers, head, reached).map(({ peerId }) => this.#of(peerId).askAgainMs);
    return times.length === 0 ? undefined : Math.max(0, Math.min(...times) - nowMs);
  }

  /** Its blocks were good. */
  noteSuccess(peerId: string): void {
    this.#experience.set(peerId, { ...this.#of(peerId), hasServed: true, failures: 0 });
  }

  /** It answered late: others come first from now on, but it may be asked at once. */
  noteSlowness(peerId: string): void {
    const known = this.#of(peerId);
    this.#experience.set(peerId, { ...known, delays: known.delays + 1 });
  }

  /** It lied, or did not answer. */
  noteFailure(peerId: string, nowMs: number): void {
    const known = this.#of(peerId);
    const doublings = Math.min(known.failures, 16);
    const pauseMs = Math.min(LIMITS.minSourcePauseMs * 2 ** doublings, LIMITS.maxSourcePauseMs);
    this.#experience.set(peerId, { ...known, failures: known.failures + 1, askAgainMs: nowMs + pauseMs });
  }

  #useful(peers: readonly PeerInfo[], head: number, reached: number): PeerInfo[] {
    return peers.filter((peer) => peer.head.height > head || reached > head);
  }

  #compare(a: PeerInfo, b: PeerInfo): number {
    return (
      this.#tier(a) - this.#tier(b) ||
      this.#of(a.peerId).delays - this.#of(b.peerId).delays ||
      Number(b.validator !== undefined) - Number(a.validator !== undefined) ||
      b.head.height - a.head.height
    );
  }

  #tier({ peerId, validator }: PeerInfo): number {
    const { failures, hasServed } = this.#of(peerId);
    if (failures > 0) return 2;
    return hasServed || validator !== undefined ? 0 : 1;
  }

  #of(peerId: string): Experience {
    return this.#experience.get(peerId) ?? UNKNOWN;
  }
}
