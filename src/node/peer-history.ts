import type { Network } from '../network/contract.ts';
import type { PeerEventView } from '../rpc/ports/network.ts';
import type { Clock } from '../util/clock.ts';

const MAX_EVENTS = 512;

/** Who connected, who left and why, and who was refused, since this process began; bounded, oldest forgotten first. */
export class PeerHistory {
  readonly #events: PeerEventView[] = [];
  readonly #listeners = new Set<(event: PeerEventView) => void>();

  constructor(network: Pick<Network, 'subscribe'>, clock: Clock) {
    network.subscribe((event) => {
      const atMs = clock.wallMs();
      if (event.kind === 'peer-connected') {
        const { peerId, validator, remoteAddress } = event.peer;
        this.#add({ kind: 'connected', peerId, validator, atMs, address: remoteAddress, reason: undefined });
      } else if (event.kind === 'peer-disconnected') {
        const { peerId, validator, reason } = event;
        this.#add({ kind: 'disconnected', peerId, validator, atMs, address: undefined, reason: reason.code });
      } else if (event.kind === 'peer-refused') {
        const { peerId, reason } = event;
        this.#add({
          kind: event.refusedBy === 'local' ? 'refused' : 'refused-us',
          peerId,
          validator: undefined,
          atMs,
          address: undefined,
          reason: reason.code,
        });
      }
    });
  }

  /** Newest first. */
  events(): PeerEventView[] {
    return this.#events.toReversed();
  }

  subscribe(listener: (event: PeerEventView) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #add(event: PeerEventView): void {
    this.#events.push(event);
    if (this.#events.length > MAX_EVENTS) this.#events.shift();
    for (const listener of this.#listeners) listener(event);
  }
}
