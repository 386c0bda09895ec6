import type { MethodResult } from '../../rpc/schema/methods.ts';
import { clockTime, duration, grouped } from '../format.ts';
import { useNode } from '../live/node.ts';
import { useStore } from '../live/store.ts';
import { useCall } from '../live/use-call.ts';
import { BlockLink, Name } from '../parts/names.tsx';
import { Panel, Tile } from '../parts/panel.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { Verdict } from '../parts/verdict.tsx';
import { VoteGrid, VoteKey } from '../parts/vote-grid.tsx';

const POLL_MS = 500;
const HISTORY = 200;
const SHOWN = 60;

type Missing = MethodResult<'ibft_diagnose'>['missing'][number];
type History = MethodResult<'ibft_roundHistory'>['items'][number];
type FailedRound = History['rounds'][number] & { readonly height: number };

const MISSING_COLUMNS: readonly Column<Missing>[] = [
  {
    title: 'Validator',
    width: 'w-name',
    cell: ({ validator }) => <Name text={validator} what="validator" />,
  },
  { title: 'State', width: 'w-status', cell: ({ state }) => state, attributes: () => ({ class: 'bad' }) },
  {
    title: 'Reason',
    cell: ({ reason, height }) => reason ?? (height === undefined ? '–' : `at height ${height}`),
    attributes: ({ reason }) => ({ title: reason }),
  },
];

const FAILED_COLUMNS: readonly Column<FailedRound>[] = [
  { title: 'Height', width: 'w-height', cell: ({ height }) => <BlockLink height={height} /> },
  { title: 'Round', width: 'w-round', cell: ({ round }) => round },
  { title: 'At', width: 'w-age', cell: ({ startedAt }) => clockTime(startedAt) },
  {
    title: 'Why',
    cell: ({ reason, outcome }) => reason ?? outcome,
    attributes: ({ proposer }) => ({ title: proposer ?? undefined }),
  },
  {
    title: 'Lasted',
    width: 'w-round',
    numeric: true,
    cell: ({ durationMs }) => (durationMs === null ? '–' : duration(durationMs)),
  },
];

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
        <MissingValidators missing={diagnosis?.missing} />
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

function MissingValidators({ missing }: { missing: readonly Missing[] | undefined }) {
  return (
    <Panel title="Missing validators">
      <div class="scroll log-box">
        <Table columns={MISSING_COLUMNS} rows={missing} keyOf={({ validator }) => validator} empty="None." />
      </div>
    </Panel>
  );
}

function FailedRounds() {
  const { data } = useCall('ibft_roundHistory', { limit: HISTORY }, { everyBlock: true, everyMs: 2_000 });
  const failed = data?.items.flatMap(({ height, rounds }) =>
    rounds
      .filter(({ outcome }) => outcome === 'timeout' || outcome === 'others-ahead')
      .map((round) => ({ height, ...round }))
      .reverse(),
  );
  return (
    <Panel title="Rounds that failed" note={data && `of the last ${data.items.length} heights`}>
      <div class="scroll log-box">
        <Table
          columns={FAILED_COLUMNS}
          rows={failed?.slice(0, SHOWN)}
          keyOf={({ height, round }) => `${height} ${round}`}
          empty="None."
        />
      </div>
    </Panel>
  );
}
