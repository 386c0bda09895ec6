import { CLAIMANTS, type Claimant } from '../../../types/billing.ts';
import { U128 } from '../../../types/ssz-numbers.ts';
import type { StateReader, StateWriter } from '../../seam.ts';
import { Table } from '../../state/table.ts';
import { type FeeSplit, splitJobFee } from '../rewards/fee-split.ts';

/**
 * What banks owe in US dollars, micro-units, at claim/<LEI>/<claimant>. A fee in AUR is burned, because only banks hold
 * AUR; whoever has a share of it gets a claim on the bank whose AUR it was. Claims only grow: no operation settles one
 * yet.
 */
const claims = new Table('claim', U128);

const PART_OF = {
  'miner-locked': 'minerLocked',
  'miner-spendable': 'minerSpendable',
  owner: 'owner',
  treasury: 'treasury',
} as const satisfies Record<Claimant, keyof FeeSplit>;

/** A job's fee is a hundredth of its value, so this splits a fee in the same shares. */
const VALUE_PER_FEE = 100n;

/** Which claim a path of the state is, or undefined for a path of another table. */
export function parseClaimPath(path: string): { lei: string; claimant: Claimant } | undefined {
  if (!path.startsWith('claim/')) return undefined;
  const [, lei, name, ...rest] = path.split('/');
  const claimant = CLAIMANTS.find((candidate) => candidate === name);
  if (lei === undefined || claimant === undefined || rest.length > 0) return undefined;
  return { lei, claimant };
}

export function claimOn(state: StateReader, lei: string, claimant: Claimant): bigint {
  return claims.get(state, lei, claimant) ?? 0n;
}

/** Puts the shares of a fee on record as claims on a bank, and returns them: they add up to the fee. */
export function addClaims(state: StateWriter, lei: string, fee: bigint): FeeSplit {
  const split = splitJobFee(fee * VALUE_PER_FEE);
  for (const claimant of CLAIMANTS) {
    const part = split[PART_OF[claimant]];
    if (part > 0n) claims.set(state, claimOn(state, lei, claimant) + part, lei, claimant);
  }
  return split;
}
