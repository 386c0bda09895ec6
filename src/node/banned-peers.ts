import { readFile, rename, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import type { PeerBans } from '../network/contract.ts';
import type { BansPort, BanView } from '../rpc/ports/bans.ts';
import type { Clock } from '../util/clock.ts';
import { errorCode, errorMessage, NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';

export type BanErrorCode = 'BANS_UNREADABLE' | 'BANS_MALFORMED' | 'BANS_UNWRITABLE' | 'BANS_FULL';

const FileSchema = z.strictObject({
  bans: z
    .array(
      z.strictObject({
        peerId: z.string().max(LIMITS.maxPeerIdBytes),
        atMs: z.int().min(0),
        reason: z.string().max(LIMITS.maxBanReasonLength).optional(),
      }),
    )
    .max(LIMITS.maxBannedPeers),
});

interface Ban {
  readonly peerId: string;
  readonly atMs: number;
  readonly reason: string | undefined;
  /** Since the start of the node. */
  refusals: number;
  lastRefusalMs: number | undefined;
}

/**
 * The peers that an operator banned, kept in a file of the data directory: a change is written before it holds. A file
 * that cannot be read stops the start of the node, because a forgotten ban would let in who must stay out.
 */
export class BannedPeers implements PeerBans, BansPort {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #listeners: (() => void)[] = [];
  #bans: ReadonlyMap<string, Ban>;
  /** Changes wait for each other: each writes the file anew. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, clock: Clock, bans: readonly Ban[]) {
    this.#path = path;
    this.#clock = clock;
    this.#bans = byPeer(bans);
  }

  /** @throws NodeError BANS_UNREADABLE, BANS_MALFORMED */
  static async open(path: string, clock: Clock): Promise<BannedPeers> {
    return new BannedPeers(path, clock, await readBans(path));
  }

  /** Calls back when a peer was banned or may come again. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  has(peerId: string): boolean {
    return this.#bans.has(peerId);
  }

  noteRefused(peerId: string): void {
    const ban = this.#bans.get(peerId);
    if (ban === undefined) return;
    ban.refusals++;
    ban.lastRefusalMs = this.#clock.wallMs();
  }

  list(): BanView[] {
    return [...this.#bans.values()].map((ban) => ({ ...ban }));
  }

  /** Whether the peer was not banned before. @throws NodeError BANS_FULL, BANS_UNWRITABLE; nothing changes then */
  async add(peerId: string, reason: string | undefined): Promise<boolean> {
    return await this.#change((bans) => {
      if (this.#bans.has(peerId)) return undefined;
      if (bans.length >= LIMITS.maxBannedPeers)
        throw new NodeError<BanErrorCode>('BANS_FULL', `${bans.length} peers are banned already`, {
          hint: 'metanode peers unban makes room; an allow-list keeps out all but those on it',
        });
      const ban = { peerId, atMs: this.#clock.wallMs(), reason, refusals: 0, lastRefusalMs: undefined };
      return [...bans, ban];
    });
  }

  /** Whether the peer was banned. @throws NodeError BANS_UNWRITABLE; nothing changes then */
  async remove(peerId: string): Promise<boolean> {
    return await this.#change((bans) =>
      this.#bans.has(peerId) ? bans.filter((ban) => ban.peerId !== peerId) : undefined,
    );
  }

  /** `edit` says what stands in the list then, or that it stays as it is. */
  async #change(edit: (bans: readonly Ban[]) => readonly Ban[] | undefined): Promise<boolean> {
    const done = this.#last.then(async () => {
      const bans = edit([...this.#bans.values()]);
      if (bans === undefined) return false;
      await this.#write(bans);
      this.#bans = byPeer(bans);
      for (const listener of this.#listeners) listener();
      return true;
    });
    this.#last = done.catch(() => undefined);
    return await done;
  }

  /** Beside the old file first: whoever reads meanwhile, or after the process died, finds one of the two. */
  async #write(bans: readonly Ban[]): Promise<void> {
    const kept = bans.map(({ peerId, atMs, reason }) => ({ peerId, atMs, reason }));
    const draft = `${this.#path}.new`;
    try {
      await writeFile(draft, `${JSON.stringify({ bans: kept }, null, 2)}\n`, { mode: 0o600, flush: true });
      await rename(draft, this.#path);
    } catch (cause) {
      throw new NodeError<BanErrorCode>(
        'BANS_UNWRITABLE',
        `cannot write ${this.#path}: ${errorMessage(cause)}`,
        { hint: 'nothing was changed; let the user of the node write into its data directory', cause },
      );
    }
  }
}

function byPeer(bans: readonly Ban[]): ReadonlyMap<string, Ban> {
  return new Map(bans.map((ban) => [ban.peerId, ban]));
}

async function readBans(path: string): Promise<Ban[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return [];
    throw new NodeError<BanErrorCode>('BANS_UNREADABLE', `cannot read ${path}: ${errorMessage(cause)}`, {
      cause,
    });
  }
  try {
    return FileSchema.parse(JSON.parse(text)).bans.map(({ peerId, atMs, reason }) => ({
      ...{ peerId, atMs, reason, refusals: 0, lastRefusalMs: undefined },
    }));
  } catch (cause) {
    throw new NodeError<BanErrorCode>('BANS_MALFORMED', `${path} is no list of banned peers`, {
      hint: 'mend it, or delete it, and ban them anew with metanode peers ban',
      cause,
    });
  }
}
