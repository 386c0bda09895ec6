import type { EndInput } from '../../src/ledger/end-block.ts';
import { LEDGERS } from '../../src/types/names.ts';
import { PROPOSER_RANK } from '../../src/types/section.ts';

type Mined = Pick<EndInput, 'proposer' | 'miners'>;

/** A block of this proposer, all of whose sections one miner made: the proposer itself, unless told otherwise. */
export function minedBy(proposer: string, miner = proposer, rank: number = PROPOSER_RANK): Mined {
  return { proposer, miners: Object.fromEntries(LEDGERS.map((ledger) => [ledger, { miner, rank }])) };
}
