import { LIMITS } from '../util/limits.ts';

/** A request that no longer answers in the time that it was given does not hold up the others. */
const MAX_UNDERWAY = 3;
const PATIENCE_GROWTH = 1.5;

interface Request {
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

/**
 * Asks several peers for the same thing, one after the other. Who has not answered in time may still do so while the next
 * one is asked: on a machine where everyone is slow, giving up would only make all of them work in vain. The patience
 * grows with each that is late.
 */
export class OverlappingRequests {
  readonly #underway: Request[] = [];
  #patienceMs: number = LIMITS.fetchTimeoutMs;

  /**
   * Begins a request, which must not fail, and gives up the oldest one if too many are under way. Resolves when any of
   * them has ended or it is time to ask somebody else.
   */
  async ask(request: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.#underway.length >= MAX_UNDERWAY) this.#underway.shift()?.controller.abort();
    const controller = new AbortController();
    const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(LIMITS.requestTimeoutMs)]);
    const begun: Request = {
      controller,
      ended: request(signal).finally(() => {
        const place = this.#underway.indexOf(begun);
        if (place >= 0) this.#underway.splice(place, 1);
      }),
    };
    this.#underway.push(begun);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#patienceMs = Math.min(this.#patienceMs * PATIENCE_GROWTH, LIMITS.maxFetchTimeoutMs);
        resolve();
      }, this.#patienceMs);
      timer.unref();
    });
    await Promise.race([late, ...this.#underway.map(({ ended }) => ended)]);
    clearTimeout(timer);
  }

  /** Gives up all that are under way. */
  stop(): void {
    for (const { controller } of this.#underway.splice(0)) controller.abort();
  }
}
