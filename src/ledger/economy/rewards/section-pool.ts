import { PROPOSER_RANK } from '../../../types/section.ts';
import type { SettledSection } from '../../seam.ts';

/**
 * Who shares what the fees of one section left: 60 % its miner, 20 % the providers of its work, 10 % the proposer of
 * its block, 10 % the signers of the certificate. Everything that nobody earned goes to the treasury.
 */

const PPM = 1_000_000n;
const MINER_PPM = 600_000n;
const PROVIDERS_PPM = 200_000n;
const PROPOSER_PPM = 100_000n;
const SIGNERS_PPM = 100_000n;

/** What elected miners of rank 0 to 3 earn of their share. */
const RANK_PPM: readonly bigint[] = [1_000_000n, 600_000n, 400_000n, 250_000n];

/**
 * How much of what a section can earn its miner and its proposer do earn, by the miner's rank. A section that the
 * proposer mined itself earns them nothing, so that a proposer never gains by leaving one out that an elected miner
 * sent.
 */
export function rankPpm(rank: number): bigint {
  return rank < PROPOSER_RANK ? (RANK_PPM[rank] ?? 0n) : 0n;
}

/**
 * The rank that a section is paid by. A proposer that was elected behind another one is paid as if it had mined for want
 * of a section: otherwise it would gain by leaving out the one of a better rank.
 */
export function paidRank({
  miner,
  rank,
  proposer,
}: Pick<SettledSection, 'miner' | 'rank' | 'proposer'>): number {
  return miner === proposer && rank > 0 ? PROPOSER_RANK : rank;
}

/** Who takes part in one section's pool. */
export interface PoolSharers {
  /** Rank of the section's miner. */
  readonly rank: number;
  /** Credited work of each provider: Φ in millionths. */
  readonly phis: readonly bigint[];
  readonly signers: number;
}

/** One pool, divided; the parts add up to it. */
export interface DividedPool {
  readonly miner: bigint;
  readonly proposer: bigint;
  /** In the order of `phis`. */
  readonly providers: readonly bigint[];
  /** Of each signer. */
  readonly signer: bigint;
  readonly treasury: bigint;
}

/**
 * Divides what is in a pool. Every part is rounded down by itself and the remainders go to the treasury: shares of work
 * that is split among several providers never add up to more than the share of the whole.
 */
export function dividePool(pool: bigint, { rank, phis, signers }: PoolSharers): DividedPool {
  const factor = rankPpm(rank);
  const miner = (pool * MINER_PPM * factor) / (PPM * PPM);
  const proposer = (pool * PROPOSER_PPM * factor) / (PPM * PPM);
  const work = phis.reduce((sum, phi) => sum + phi, 0n);
  const providers = phis.map((phi) => (work === 0n ? 0n : (pool * PROVIDERS_PPM * phi) / (PPM * work)));
  const signer = signers === 0 ? 0n : (pool * SIGNERS_PPM) / (PPM * BigInt(signers));
  const paid = providers.reduce((sum, part) => sum + part, miner + proposer + signer * BigInt(signers));
  return { miner, proposer, providers, signer, treasury: pool - paid };
}
