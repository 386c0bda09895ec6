import type { MethodResult } from '../../rpc/schema/methods.ts';
import { clockTime, duration, grouped } from '../format.ts';
import { useNode } from '../live/node.ts';
import { useStore } from '../live/store.ts';
import { useCall } from '../live/use-call.ts';
import { BlockLink, Name } from '../parts/names.tsx';
import { Empty, Panel, Tile } from '../parts/panel.tsx';
import { Verdict } from '../parts/verdict.tsx';
import { VoteGrid, VoteKey } from '../parts/vote-grid.tsx';

const POLL_MS = 500;
const HISTORY = 200;
const SHOWN = 60;

/** How the validators come to agree, now and of late, and why not. */
export function ConsensusView() {
  const { feed } = useNode();
  const heads = useStore(feed.heads);
  const { data: diagnosis } = useCall('ibft_diagnose', {}, { everyMs: 1_000 });
  const { data: state } = useCall('ibft_dumpConsensusState', {}, { everyMs: POLL_MS });
  const { data: round } = useCall('ibft_getRoundState', {}, { everyMs: POLL_MS });
  return (
    <>
      <h1>Consensus</h1>
      <Verdict diagnosis={diagnosis} />
      <RoundTiles round={round} />
      <Panel title="Validators and heights" note={<VoteKey />}>
        <VoteGrid heads={heads} state={state} proposer={round?.proposer ?? null} />
      </Panel>
      <div class="columns">
        <Missing missing={diagnosis?.missing} />
        <FailedRounds />
      </div>
    </>
  );
}

function RoundTiles({ round }: { round: MethodResult<'ibft_getRoundState'> | undefined }) {
  const votes = (count: number | undefined) =>
    round === undefined || count === undefined ? '–' : `${count} / ${round.quorum}`;
  return (
    <dl class="tiles six">
      <Tile label="Height in decision" value={grouped(round?.consensusHeight ?? 0)} />
      <Tile
        label="Round"
        value={round?.round ?? '–'}
        detail={
          round?.roundEndsInMs == null
            ? 'no timer runs'
            : `ends in ${duration(Math.max(0, round.roundEndsInMs))}`
        }
        tone={round !== undefined && round.round > 0 ? 'warn' : undefined}
      />
      <Tile
        label="Step"
        value={<span class="step">{round?.step ?? '–'}</span>}
        detail={round?.voting === false ? 'this node does not vote' : undefined}
      />
      <Tile label="Prepares" value={votes(round?.prepares.length)} detail="of the quorum" />
      <Tile label="Commits" value={votes(round?.commits.length)} detail="of the quorum" />
      <Tile label="Round changes" value={round?.roundChanges.length ?? '–'} detail="at this height" />
    </dl>
  );
}

function Missing({ missing }: { missing: MethodResult<'ibft_diagnose'>['missing'] | undefined }) {
  return (
    <Panel title="Missing validators">
      <div class="scroll log-box">
        {missing?.length === 0 && <Empty>None.</Empty>}
        {missing !== undefined && missing.length > 0 && (
          <table class="fixed">
            <thead>
              <tr>
                <th scope="col" class="w-name">
                  Validator
                </th>
                <th scope="col" class="w-status">
                  State
                </th>
                <th scope="col">Reason</th>
              </tr>
            </thead>
            <tbody>
              {missing.map((one) => (
                <tr key={one.validator}>
                  <td>
                    <Name text={one.validator} what="validator" />
                  </td>
                  <td class="bad">{one.state}</td>
                  <td title={one.reason}>
                    {one.reason ?? (one.height === undefined ? '–' : `at height ${one.height}`)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
    </Panel>
  );
}

function FailedRounds() {
  const { data } = useCall('ibft_roundHistory', { limit: HISTORY }, { everyBlock: true, everyMs: 2_000 });
  const failed = (data?.items ?? []).flatMap(({ height, rounds }) =>
    rounds
      .filter(({ outcome }) => outcome === 'timeout' || outcome === 'others-ahead')
      .map((round) => ({ height, ...round }))
      .reverse(),
  );
  return (
    <Panel title="Rounds that failed" note={data && `of the last ${data.items.length} heights`}>
      <div class="scroll log-box">
        {failed.length === 0 && <Empty>None.</Empty>}
        {failed.length > 0 && (
          <table class="fixed">
            <thead>
              <tr>
                <th scope="col" class="w-height">
                  Height
                </th>
                <th scope="col" class="w-round">
                  Round
                </th>
                <th scope="col" class="w-age">
                  At
                </th>
                <th scope="col">Why</th>
                <th scope="col" class="number w-round">
                  Lasted
                </th>
              </tr>
            </thead>
            <tbody>
              {failed.slice(0, SHOWN).map((one) => (
                <tr key={`${one.height} ${one.round}`}>
                  <td>
                    <BlockLink height={one.height} />
                  </td>
                  <td>{one.round}</td>
                  <td>{clockTime(one.startedAt)}</td>
                  <td title={one.proposer ?? undefined}>{one.reason ?? one.outcome}</td>
                  <td class="number">{one.durationMs === null ? '–' : duration(one.durationMs)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
    </Panel>
  );
}
