import type { Client } from '../../client/client.ts';
import type { MethodResult } from '../../rpc/schema/methods.ts';
import type { LedgerName } from '../../types/names.ts';
import { BoundedMap } from './bounded.ts';
import type { LiveSocket } from './socket.ts';
import { Store } from './store.ts';

export type Block = MethodResult<'chain_getBlock'>;

/** What the page remembers of a block. */
export interface Head {
  readonly height: number;
  readonly hash: string;
  readonly timeMs: number;
  /** The round in which it was decided; null while the page does not know. */
  readonly round: number | null;
  readonly proposer: string;
  readonly txCount: number;
  /** By ledger: how many transactions, and who mined the section. */
  readonly sections: readonly {
    readonly ledger: LedgerName;
    readonly txCount: number;
    readonly rank: number;
  }[];
  readonly bytesOfProofs: number;
}

/** Blocks that the page remembers, and how many of them it fetches when it opens. */
export const MAX_HEADS = 240;
const FIRST_HEADS = 60;
const BLOCKS_PER_BATCH = 10;

function headOf({ height, hash, header, sections, txCount }: Block, round: number | undefined): Head {
  return {
    height,
    hash,
    timeMs: header.timeMs,
    round: round ?? null,
    proposer: header.proposer,
    txCount,
    sections: sections.map(({ ledger, txCount, rank }) => ({ ledger, txCount, rank })),
    bytesOfProofs: sections.reduce((sum, { proofBytes }) => sum + proofBytes, 0),
  };
}

/**
 * The known heads with further blocks: in order of height, each once, the newest `MAX_HEADS`. A block also tells in
 * which round the one before it was decided.
 */
export function mergedHeads(
  heads: readonly Head[],
  blocks: readonly Block[],
  rounds: { get(height: number): number | undefined },
): readonly Head[] {
  const byHeight = new Map(heads.map((head) => [head.height, head]));
  for (const block of blocks) {
    const known = byHeight.get(block.height);
    if (known?.hash !== block.hash) byHeight.set(block.height, headOf(block, rounds.get(block.height)));
  }
  for (const { lastCertificate } of blocks) {
    if (lastCertificate === null) continue;
    const before = byHeight.get(lastCertificate.height);
    if (before !== undefined) byHeight.set(before.height, { ...before, round: lastCertificate.round });
  }
  return [...byHeight.values()].sort((a, b) => a.height - b.height).slice(-MAX_HEADS);
}

/** How many transactions of a ledger, or of all, a block has. */
export function countOf({ sections, txCount }: Head, ledger: LedgerName | undefined): number {
  return ledger === undefined ? txCount : (sections.find((one) => one.ledger === ledger)?.txCount ?? 0);
}

/** The last blocks that together have receipts of a ledger, as many as `most` holds but at least one; undefined without any. */
export function rangeWithReceipts(
  heads: readonly Head[],
  ledger: LedgerName | undefined,
  most: number,
): { fromHeight: number; toHeight: number } | undefined {
  let range: { fromHeight: number; toHeight: number } | undefined;
  let receipts = 0;
  for (const head of heads.toReversed()) {
    const count = countOf(head, ledger);
    if (count === 0) continue;
    receipts += count;
    if (range !== undefined && receipts > most) break;
    range = { fromHeight: head.height, toHeight: range?.toHeight ?? head.height };
  }
  return range;
}

/** The last blocks of the node, oldest first. It follows `newHeads`, and fetches what it missed after a gap. */
export class HeadFeed {
  readonly heads = new Store<readonly Head[]>([]);
  readonly #client: Client;
  /** In which round a block was decided, as heard before the block was fetched. */
  readonly #rounds = new BoundedMap<number, number>(MAX_HEADS);
  #wanted = 0;
  #filling = false;

  constructor(client: Client, socket: LiveSocket) {
    this.#client = client;
    socket.subscribe('newHeads', {
      onData: ({ height, round }) => {
        this.#rounds.set(height, round);
        this.#follow(height);
      },
    });
    socket.state.onChange(() => {
      if (socket.state.value.kind === 'live') void this.#catchUp();
    });
  }

  /** The newest block, if the page knows one. */
  get newest(): Head | undefined {
    return this.heads.value.at(-1);
  }

  async #catchUp(): Promise<void> {
    try {
      this.#follow((await this.#client.call('chain_getFinalizedHead')).height);
    } catch {
      // The next connection asks again.
    }
  }

  #follow(height: number): void {
    this.#wanted = Math.max(this.#wanted, height);
    if (!this.#filling) void this.#fill();
  }

  async #fill(): Promise<void> {
    this.#filling = true;
    try {
      for (let next = this.#next(); next <= this.#wanted; next = this.#next()) {
        const last = Math.min(this.#wanted, next + BLOCKS_PER_BATCH - 1);
        const blocks = await this.#blocks(next, last);
        if (blocks.length === 0) return;
        this.heads.set(mergedHeads(this.heads.value, blocks, this.#rounds));
      }
    } finally {
      this.#filling = false;
    }
  }

  #next(): number {
    const known = this.newest?.height ?? 0;
    return Math.max(1, known + 1, this.#wanted - (known === 0 ? FIRST_HEADS : MAX_HEADS) + 1);
  }

  async #blocks(first: number, last: number): Promise<Block[]> {
    const heights = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    const calls = heights.map((height) => ({ method: 'chain_getBlock' as const, params: { height } }));
    const outcomes = await this.#client.batch(calls).catch(() => []);
    return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value as Block] : []));
  }
}
