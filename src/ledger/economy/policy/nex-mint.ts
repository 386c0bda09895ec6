import type { Parameters } from '../../../types/genesis.ts';
import { gammaMicro } from '../rewards/poe-index.ts';

/** What of the parameters says how much NEX an epoch brings. */
export type MintRules = Pick<
  Parameters,
  'nexEpochCap' | 'nexHalvingEpochs' | 'nexMintThreshold' | 'nexMintKappaPpm'
>;

const MICRO = 1_000_000n;

/** Most NEX that one epoch may bring: half as much after each `nexHalvingEpochs`, and in the end nothing. */
export function nexEpochCap({ nexEpochCap: cap, nexHalvingEpochs }: MintRules, epoch: number): bigint {
  return cap >> BigInt(Math.floor(epoch / nexHalvingEpochs));
}

/** A part κ ≤ 1 of what the epoch's work brought the chain for good: who pays for work that nobody needs, loses. */
export function kappaBound({ nexMintKappaPpm }: MintRules, work: bigint): bigint {
  return (work * BigInt(nexMintKappaPpm)) / MICRO;
}

/**
 * Micro-NEX that an epoch brings: Γ(Φ) of its cap, nothing below the threshold, and never more than κ allows. Γ is
 * taken once, of the whole network, so that nothing is gained by appearing as many.
 * @param phi of the network, in millionths; one is normal load
 * @param work in micro-NEX
 */
export function nexMint(rules: MintRules, epoch: number, phi: bigint, work: bigint): bigint {
  if (phi < rules.nexMintThreshold) return 0n;
  const byLoad = (nexEpochCap(rules, epoch) * gammaMicro(phi)) / MICRO;
  const byWork = kappaBound(rules, work);
  return byLoad < byWork ? byLoad : byWork;
}
