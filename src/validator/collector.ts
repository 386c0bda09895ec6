import type { Chain } from '../chain/chain.ts';
import { proposerOf } from '../consensus/proposer.ts';
import type { Address } from '../types/ssz-bytes.ts';
import { LIMITS } from '../util/limits.ts';

/** Whether all talk to all in one hop, and blocks follow one another within a fraction of a second. */
export function isSmallSet({ validators }: Pick<Chain, 'validators'>): boolean {
  return validators.size <= LIMITS.maxDirectValidators;
}

/**
 * In a large set, what all validators have to say to all goes through one of them: n messages to it and n from it
 * instead of n² between all. Whoever proposes in a round of the height above the head collects, so that the work goes
 * round. Undefined in a small set, where all talk to all in one hop. The collector is trusted with nothing: it passes on
 * what others signed, and who does not hear from it in time turns to everyone.
 */
export function collectorOf(chain: Pick<Chain, 'head' | 'validators'>, round = 0): Address | undefined {
  if (isSmallSet(chain)) return undefined;
  return proposerOf(chain.head.proposer, round, chain.validators);
}

/** Who proposes first above the head, and who follows if nothing comes of that, as far as it is worth preparing for. */
export function proposersAbove({ head, validators }: Pick<Chain, 'head' | 'validators'>): Address[] {
  const rounds = Math.min(LIMITS.urgentValidatorPeers, validators.size);
  return Array.from({ length: rounds }, (_, round) => proposerOf(head.proposer, round, validators));
}
