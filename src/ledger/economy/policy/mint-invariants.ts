import { type BlockContext, InvariantViolation, type StateReader } from '../../seam.ts';
import { EPOCH_POOL, FLX_RESERVE } from '../account.ts';
import { amountOf, totalOf } from '../books.ts';
import { currentEpoch } from './epochs.ts';
import { kappaBound, nexEpochCap } from './nex-mint.ts';
import { hasUnpaidShares } from './shares.ts';

/**
 * New coins come at the end of an epoch and never else: NEX at most the cap of that epoch and κ of its work, FLX at most
 * its cap and all of it into the reserve account.
 * @throws InvariantViolation
 */
export function assertMinting(
  before: StateReader,
  after: StateReader,
  { parameters }: Pick<BlockContext, 'parameters'>,
): void {
  const minted = (token: 'NEX' | 'FLX') => totalOf(after, 'minted', token) - totalOf(before, 'minted', token);
  const [nex, flx] = [minted('NEX'), minted('FLX')];
  const closed = currentEpoch(before);
  const { index } = currentEpoch(after);
  if (index < closed.index) broken(`epoch ${closed.index} is followed by ${index}`);
  if (index === closed.index && (nex > 0n || flx > 0n)) broken('new coins within an epoch');
  if (nex > nexEpochCap(parameters, closed.index)) broken(`${nex} NEX in one epoch`);
  if (nex > kappaBound(parameters, closed.work)) broken(`${nex} NEX for work of ${closed.work}`);
  if (flx > parameters.flxEpochCap) broken(`${flx} FLX in one epoch`);
  if (amountOf(after, FLX_RESERVE, 'FLX') - amountOf(before, FLX_RESERVE, 'FLX') !== flx)
    broken('new FLX elsewhere than in the reserve account');
  if (!hasUnpaidShares(after) && amountOf(after, EPOCH_POOL, 'NEX') > 0n)
    broken('new NEX that belongs to nobody');
}

function broken(rule: string): never {
  throw new InvariantViolation(rule);
}
