import { createHash } from 'node:crypto';

/** A candidate of the model: weights are floating-point numbers. */
export interface ModelCandidate {
  readonly id: string;
  readonly weight: number;
}

/** By ledger, in the order in which they choose, the miners from rank 0 on. */
export type ModelElection = readonly (readonly string[])[];

const LEDGERS = ['docklock', 'cluster', 'bpi', 'bpci', 'economy'];
const RANKS = 4;

/** Uniform in (0, 1] for a candidate of a ledger, given by its place. */
export type Draw = (ledger: number, id: string) => number;

/** The draws of a height, made of the bytes that are hashed: u8 length, kind, beacon, u64 height, ledger, candidate. */
export function hashedDraw(beacon: string, height: number): Draw {
  const heightBytes = Buffer.alloc(8);
  heightBytes.writeBigUInt64LE(BigInt(height));
  return (ledger, id) => {
    const hash = createHash('sha256');
    hash
      .update(Buffer.from([8]))
      .update('election')
      .update(Buffer.from(beacon, 'hex'))
      .update(heightBytes);
    hash.update(LEDGERS[ledger] as string).update(Buffer.from(id, 'hex'));
    return (Number(hash.digest().readBigUInt64BE()) + 1) / 2 ** 64;
  };
}

/**
 * The election once more, in floating point and from the rule alone: each ledger wants the candidate with the smallest
 * −ln(u) / weight that it has not had. In a rank the ledgers choose one after the other, without putting back, and
 * nobody may choose so that one of the others is left with nobody. With fewer candidates than ledgers, a new round of
 * choices begins when all candidates are used; choosers that do not exist complete it.
 */
export function modelElection(candidates: readonly ModelCandidate[], draw: Draw): ModelElection {
  const n = candidates.length;
  const perRound = Math.min(n, LEDGERS.length);
  const choosers = Math.ceil(LEDGERS.length / perRound) * perRound;
  const wishes = Array.from({ length: choosers }, (_, ledger) =>
    ledger < LEDGERS.length
      ? candidates
          .map(({ id, weight }) => ({ id, score: -Math.log(draw(ledger, id)) / weight }))
          .sort((a, b) => a.score - b.score)
          .map(({ id }) => id)
      : candidates.map(({ id }) => id).sort(),
  );
  const had: string[][] = wishes.map(() => []);
  for (let rank = 0; rank < Math.min(RANKS, n); rank++)
    for (let from = 0; from < choosers; from += perRound) {
      const left = new Set(candidates.map(({ id }) => id));
      for (let chooser = from; chooser < from + perRound; chooser++) {
        const later = Array.from({ length: from + perRound - chooser - 1 }, (_, i) => chooser + 1 + i);
        const may = (who: number, id: string) => !(had[who] as string[]).includes(id);
        const chosen = (wishes[chooser] as string[]).find((id) => {
          if (!left.has(id) || !may(chooser, id)) return false;
          const others = [...left].filter((other) => other !== id);
          return canServe(later, others, may);
        }) as string;
        left.delete(chosen);
        (had[chooser] as string[]).push(chosen);
      }
    }
  return had.slice(0, LEDGERS.length);
}

/** Whether each chooser can have another one: augmenting paths (Kuhn). More candidates than wishes always suffice. */
function canServe(
  choosers: readonly number[],
  candidates: readonly string[],
  may: (chooser: number, id: string) => boolean,
): boolean {
  if (candidates.length >= choosers.length + RANKS) return true;
  const holder = new Map<string, number>();
  const serve = (chooser: number, seen: Set<string>): boolean =>
    candidates.some((id) => {
      if (seen.has(id) || !may(chooser, id)) return false;
      seen.add(id);
      const present = holder.get(id);
      if (present !== undefined && !serve(present, seen)) return false;
      holder.set(id, chooser);
      return true;
    });
  return choosers.every((chooser) => serve(chooser, new Set()));
}

/** How often each candidate was elected for each ledger and rank: counts[ledger][rank][candidate]. */
export class ElectionCounts {
  readonly heights: number;
  readonly #counts = new Map<string, number>();

  constructor(heights: number, elect: (height: number) => ModelElection) {
    this.heights = heights;
    for (let height = 0; height < heights; height++)
      for (const [ledger, miners] of elect(height).entries())
        for (const [rank, id] of miners.entries()) {
          const key = `${ledger}/${rank}/${id}`;
          this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
        }
  }

  share(ledger: number, rank: number, id: string): number {
    return (this.#counts.get(`${ledger}/${rank}/${id}`) ?? 0) / this.heights;
  }

  /** Of all five ledgers' sections of a rank. */
  shareOfAll(rank: number, id: string): number {
    return LEDGERS.reduce((sum, _, ledger) => sum + this.share(ledger, rank, id), 0) / LEDGERS.length;
  }
}
