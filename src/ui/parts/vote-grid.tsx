import type { MethodResult } from '../../rpc/schema/methods.ts';
import { shortened } from '../format.ts';
import type { Head } from '../live/head-feed.ts';
import { useSealers } from '../live/use-sealers.ts';
import { CELL_MEANINGS, type Cell, decidedCell, runningCell } from '../live/vote-grid.ts';
import { Empty } from './panel.tsx';

/** Heights that are shown besides the one that is being decided. */
const HEIGHTS = 22;
const KEY: readonly Cell[] = ['sealed', 'unsealed', 'committed', 'prepared', 'round-change', 'waiting'];

interface VoteGridProps {
  readonly heads: readonly Head[];
  readonly state: MethodResult<'ibft_dumpConsensusState'> | undefined;
  /** Of the present round. */
  readonly proposer: string | null;
}

/** A row for each validator, a column for each height; the last one is being decided. */
export function VoteGrid({ heads, state, proposer }: VoteGridProps) {
  const shown = heads.slice(-HEIGHTS).filter(({ height }) => height < (state?.consensusHeight ?? Infinity));
  const sealersOf = useSealers(shown.map(({ height }) => height));
  if (state === undefined) return <Empty>asking the node …</Empty>;
  return (
    <div class="scroll grid-box">
      <table class="vote-grid">
        <thead>
          <tr>
            <th scope="col">Validator</th>
            {shown.map(({ height }) => {
              const round = sealersOf(height)?.round ?? 0;
              return (
                <th key={height} scope="col" title={`height ${height}, decided in round ${round}`}>
                  {String(height).slice(-3)}
                  {round > 0 && <sup>{round}</sup>}
                </th>
              );
            })}
            <th scope="col" class="now" title={`height ${state.consensusHeight}, round ${state.round}`}>
              now
              {state.round > 0 && <sup>{state.round}</sup>}
            </th>
          </tr>
        </thead>
        <tbody>
          {state.validators.map((one) => (
            <tr key={one.validator}>
              <th scope="row" title={`${one.validator}: ${one.state}`}>
                <i class="presence" data-state={one.state} aria-hidden="true" />
                <code>{shortened(one.validator, 9, 5)}</code>
                <span class="hidden">{one.state}</span>
              </th>
              {shown.map((head) => (
                <CellMark
                  key={head.height}
                  cell={decidedCell(one.validator, sealersOf(head.height)?.validators)}
                  proposed={head.proposer === one.validator}
                />
              ))}
              <CellMark cell={runningCell(one, state.round)} proposed={proposer === one.validator} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CellMark({ cell, proposed }: { cell: Cell; proposed: boolean }) {
  const meaning = `${proposed ? 'proposer; ' : ''}${CELL_MEANINGS[cell]}`;
  return (
    <td title={meaning}>
      <i class="vote" data-cell={cell} data-proposed={proposed} />
      <span class="hidden">{meaning}</span>
    </td>
  );
}

/** What the marks mean. */
export function VoteKey() {
  return (
    <ul class="vote-key">
      {KEY.map((cell) => (
        <li key={cell} title={CELL_MEANINGS[cell]}>
          <i class="vote" data-cell={cell} aria-hidden="true" />
          {cell}
        </li>
      ))}
      <li>
        <i class="vote" data-cell="waiting" data-proposed="true" aria-hidden="true" />
        proposer
      </li>
    </ul>
  );
}
