import { errorMessage } from '../util/errors.ts';
import type { Logger } from '../util/logger.ts';
import type { NetworkEvent } from './contract.ts';

/** Tells whoever wants to know what happens to peers. A listener that fails harms nobody else. */
export class NetworkEvents {
  readonly #logger: Logger;
  readonly #listeners = new Set<(event: NetworkEvent) => void>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Listeners are called synchronously. Returns the function that unsubscribes. */
  subscribe(listener: (event: NetworkEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: NetworkEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#logger.error({ event: event.kind, error: errorMessage(error) }, 'network listener failed');
      }
    }
  }
}
