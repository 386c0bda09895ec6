import { readFile, rename, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import type { Network, NetworkEvent } from '../network/contract.ts';
import type { PeerEventView } from '../rpc/ports/network.ts';
import type { Clock } from '../util/clock.ts';
import { errorCode, errorMessage } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import type { Logger } from '../util/logger.ts';

/** How long an event may wait to be written down; a process that is killed meanwhile loses it. */
const WRITE_DELAY_MS = 5_000;

const HistorySchema = z
  .array(
    z.strictObject({
      kind: z.enum(['connected', 'disconnected', 'refused', 'refused-us']),
      peerId: z.string(),
      validator: z.string().optional(),
      atMs: z.number(),
      address: z.string().optional(),
      reason: z.string().optional(),
    }),
  )
  .max(LIMITS.maxPeerEvents);

/**
 * Who connected, who left and why, and who was refused; bounded, oldest forgotten first. It is written to a file, so
 * that a restart does not hide what came before it.
 */
export class PeerHistory {
  readonly #path: string;
  readonly #logger: Logger;
  readonly #events: PeerEventView[];
  readonly #listeners = new Set<(event: PeerEventView) => void>();
  readonly #unsubscribe: () => void;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, events: PeerEventView[], deps: PeerHistoryDeps) {
    const { network, clock, logger } = deps;
    this.#path = path;
    this.#logger = logger;
    this.#events = events;
    this.#unsubscribe = network.subscribe((event) => {
      const noted = eventOf(event, clock.wallMs());
      if (noted !== undefined) this.#add(noted);
    });
  }

  /** Goes on where the file ends. One that cannot be read is begun anew: nothing but views rests on it. */
  static async open(path: string, deps: PeerHistoryDeps): Promise<PeerHistory> {
    return new PeerHistory(path, await readEvents(path, deps.logger), deps);
  }

  /** Writes down what has not been written yet. */
  async close(): Promise<void> {
    this.#unsubscribe();
    if (this.#timer !== undefined) this.#write();
    await this.#writing;
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
    if (this.#events.length > LIMITS.maxPeerEvents) this.#events.shift();
    this.#timer ??= setTimeout(() => this.#write(), WRITE_DELAY_MS);
    for (const listener of this.#listeners) listener(event);
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = `${JSON.stringify(this.#events)}\n`;
    const draft = `${this.#path}.new`;
    this.#writing = this.#writing
      .then(() => writeFile(draft, text, { mode: 0o600 }))
      .then(() => rename(draft, this.#path))
      .catch((error: unknown) => {
        this.#logger.warn({ error: errorMessage(error) }, 'the history of peers could not be written');
      });
  }
}

export interface PeerHistoryDeps {
  readonly network: Pick<Network, 'subscribe'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

async function readEvents(path: string, logger: Logger): Promise<PeerEventView[]> {
  try {
    return HistorySchema.parse(JSON.parse(await readFile(path, 'utf8'))).map(
      ({ kind, peerId, validator, atMs, address, reason }) => ({
        ...{ kind, peerId, validator, atMs, address, reason },
      }),
    );
  } catch (error) {
    if (errorCode(error) !== 'ENOENT')
      logger.warn({ path, error: errorMessage(error) }, 'the history of peers begins anew');
    return [];
  }
}

function eventOf(event: NetworkEvent, atMs: number): PeerEventView | undefined {
  switch (event.kind) {
    case 'peer-connected': {
      const { peerId, validator, remoteAddress } = event.peer;
      return { kind: 'connected', peerId, validator, atMs, address: remoteAddress, reason: undefined };
    }
    case 'peer-disconnected': {
      const { peerId, validator, reason } = event;
      return { kind: 'disconnected', peerId, validator, atMs, address: undefined, reason: reason.code };
    }
    case 'peer-refused': {
      const kind = event.refusedBy === 'local' ? 'refused' : 'refused-us';
      const { peerId, reason } = event;
      return { kind, peerId, validator: undefined, atMs, address: undefined, reason: reason.code };
    }
    default:
      return undefined;
  }
}
