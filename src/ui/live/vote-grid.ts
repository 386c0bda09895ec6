import type { MethodResult } from '../../rpc/schema/methods.ts';

type ConsensusState = MethodResult<'ibft_dumpConsensusState'>;

/** How a validator stands at a height, with a shape and a colour each. */
export const CELLS = [
  'sealed',
  'unsealed',
  'committed',
  'prepared',
  'round-change',
  'waiting',
  'unknown',
] as const;
export type Cell = (typeof CELLS)[number];

export const CELL_MEANINGS: Readonly<Record<Cell, string>> = {
  sealed: 'its seal stands in the certificate',
  unsealed: 'decided without its seal',
  committed: 'commit heard',
  prepared: 'prepare heard',
  'round-change': 'wants a later round',
  waiting: 'not heard of yet',
  unknown: 'not known here',
};

/** The cell of a validator at a decided height; `sealers` are undefined while they are not known. */
export function decidedCell(validator: string, sealers: ReadonlySet<string> | undefined): Cell {
  if (sealers === undefined) return 'unknown';
  return sealers.has(validator) ? 'sealed' : 'unsealed';
}

/** The cell of a validator at the height that is being decided. */
export function runningCell(one: ConsensusState['validators'][number], round: number): Cell {
  if (one.committed) return 'committed';
  if (one.prepared) return 'prepared';
  if (one.claimedRound !== null && one.claimedRound > 0 && one.claimedRound >= round) return 'round-change';
  return 'waiting';
}
