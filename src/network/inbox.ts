import type { Topic } from '../types/network.ts';
import type { Clock } from '../util/clock.ts';
import { errorCode, errorMessage } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import type { Logger } from '../util/logger.ts';
import { LruCache } from '../util/lru-cache.ts';
import { contentId } from './content-id.ts';
import type { InboundMessage, MessageHandler, Verdict } from './inbound-message.ts';
import type { Statistics } from './statistics.ts';

/** A message as a carrier hands it in. */
export interface Arrival extends InboundMessage {
  /** 0 is a first send, higher ones are re-sends. */
  readonly counter: number;
}

/** `fresh` is true for the one copy of a content whose handler has just answered. */
export interface Decision {
  readonly verdict: Verdict;
  readonly fresh: boolean;
}

type Known =
  | { readonly kind: 'pending'; readonly verdict: Promise<Verdict> }
  | { readonly kind: 'decided'; readonly verdict: 'accept' | 'reject'; readonly atMs: number }
  /** Not kept against the content: it may become checkable, and a later copy is handled anew. */
  | { readonly kind: 'ignored' };

const DUPLICATE: Decision = { verdict: 'ignore', fresh: false };

/**
 * Where both carriers meet: the one place that asks handlers and decides verdicts. Processing is de-duplicated by
 * content. A re-send (counter above 0) of content that was accepted is accepted again without asking, so that
 * gossipsub passes each counter on once; after `reprocessAfterMs` the handler is asked anew, because by then the
 * content may be stale, or the floor above may have lost it. A handler that throws counts as *ignore*: the sender of
 * a message is not to blame for a bug of this node.
 */
export class Inbox {
  readonly #handlers = new Map<Topic, MessageHandler>();
  readonly #known = new LruCache<string, Known>(LIMITS.maxSeenMessages);
  readonly #statistics: Statistics;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(collaborators: { statistics: Statistics; clock: Clock; logger: Logger }) {
    this.#statistics = collaborators.statistics;
    this.#clock = collaborators.clock;
    this.#logger = collaborators.logger;
  }

  setHandler(topic: Topic, handler: MessageHandler): void {
    this.#handlers.set(topic, handler);
  }

  /** Notes own content, so that a copy that comes back is not handled. */
  noteOwn(topic: Topic, bytes: Uint8Array): void {
    const own = { kind: 'decided', verdict: 'accept', atMs: this.#clock.monotonicMs() } as const;
    this.#known.set(contentKey(topic, contentId(bytes)), own);
  }

  /** Never rejects. */
  async receive(arrival: Arrival): Promise<Decision> {
    const id = contentId(arrival.bytes);
    const startedMs = this.#clock.monotonicMs();
    let reason: string | undefined;
    const decision = await this.#decide(contentKey(arrival.topic, id), arrival, (why) => {
      reason = why;
    });
    this.#statistics.received({
      id,
      topic: arrival.topic,
      from: arrival.from,
      carrier: arrival.carrier,
      size: arrival.bytes.length,
      counter: arrival.counter,
      verdict: decision.verdict,
      reason: decision.fresh ? reason : 'duplicate',
      latencyMs: this.#clock.monotonicMs() - startedMs,
      atMs: arrival.receivedAtMs,
    });
    return decision;
  }

  async #decide(key: string, arrival: Arrival, explain: (reason: string) => void): Promise<Decision> {
    const known = this.#known.get(key);
    if (known?.kind === 'pending') {
      if (arrival.counter === 0) return DUPLICATE;
      return { verdict: await known.verdict, fresh: false };
    }
    if (known?.kind === 'decided') {
      if (known.verdict === 'reject') return { verdict: 'reject', fresh: false };
      if (arrival.counter === 0) return DUPLICATE;
      if (this.#clock.monotonicMs() - known.atMs < LIMITS.reprocessAfterMs)
        return { verdict: 'accept', fresh: false };
    }
    const verdict = this.#ask(arrival, explain);
    this.#known.set(key, { kind: 'pending', verdict });
    const answer = await verdict;
    this.#known.set(
      key,
      answer === 'ignore'
        ? { kind: 'ignored' }
        : { kind: 'decided', verdict: answer, atMs: this.#clock.monotonicMs() },
    );
    return { verdict: answer, fresh: true };
  }

  async #ask(arrival: Arrival, explain: (reason: string) => void): Promise<Verdict> {
    const handler = this.#handlers.get(arrival.topic);
    if (handler === undefined) {
      explain('NO_HANDLER');
      return 'ignore';
    }
    try {
      const verdict = await handler(arrival);
      if (verdict !== 'accept') explain(verdict);
      return verdict;
    } catch (error) {
      explain(errorCode(error) ?? 'HANDLER_FAILED');
      this.#logger.warn({ topic: arrival.topic, error: errorMessage(error) }, 'message handler failed');
      return 'ignore';
    }
  }
}

function contentKey(topic: Topic, id: string): string {
  return `${topic}:${id}`;
}
