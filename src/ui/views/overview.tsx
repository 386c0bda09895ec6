import { useMemo } from 'preact/hooks';
import { LEDGERS } from '../../types/names.ts';
import { age, duration, grouped } from '../format.ts';
import { quantile } from '../live/bounded.ts';
import { countOf, type Head } from '../live/head-feed.ts';
import { useNode } from '../live/node.ts';
import { useStore } from '../live/store.ts';
import { useCall } from '../live/use-call.ts';
import { useNow } from '../live/use-now.ts';
import { Chart } from '../parts/chart.tsx';
import { BlockLink, LedgerBadge, Name } from '../parts/names.tsx';
import { Panel, Tile } from '../parts/panel.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { Verdict } from '../parts/verdict.tsx';

const CHARTED = 80;
const TICKER_ROWS = 14;

/** The node at a glance. */
export function Overview() {
  const { feed, finality } = useNode();
  const heads = useStore(feed.heads);
  const measured = useStore(finality.finality);
  const now = useNow(1_000);
  const { data: diagnosis } = useCall('ibft_diagnose', {}, { everyMs: 2_000 });
  const { data: peers } = useCall('net_peerCount', {}, { everyMs: 5_000 });
  const { data: pool } = useCall('txpool_status', {}, { everyMs: 2_000 });
  const { data: history } = useCall('ibft_roundHistory', { limit: 20 }, { everyBlock: true });

  const newest = heads.at(-1);
  const gaps = intervals(heads.slice(-21)).filter((gap): gap is number => gap !== null);
  const decided = (history?.items ?? []).flatMap(({ durationMs }) =>
    durationMs === null ? [] : [durationMs],
  );
  const waiting = pool?.ledgers.reduce((sum, { pooled, queued }) => sum + pooled + queued, 0);
  return (
    <>
      <h1>Overview</h1>
      <Verdict diagnosis={diagnosis} />
      <dl class="tiles">
        <Tile
          label="Height"
          value={grouped(newest?.height ?? 0)}
          detail={newest === undefined ? undefined : `made ${age(now - newest.timeMs)} ago`}
        />
        <Tile label="Block interval" value={durationOr(quantile(gaps, 0.5))} detail="median of 20" />
        <Tile
          label="Time to finality"
          value={durationOr(measured.p50)}
          detail={
            measured.p95 === undefined
              ? 'none seen yet'
              : `p95 ${duration(measured.p95)} of ${measured.count}`
          }
        />
        <Tile label="Height decided in" value={durationOr(quantile(decided, 0.5))} detail="median of 20" />
        <Tile
          label="Validators"
          value={diagnosis === undefined ? '–' : `${diagnosis.quorum.have} / ${diagnosis.quorum.validators}`}
          detail={diagnosis === undefined ? undefined : `quorum ${diagnosis.quorum.need}`}
          tone={diagnosis === undefined ? undefined : diagnosis.ok ? 'good' : 'bad'}
        />
        <Tile
          label="Peers"
          value={peers?.connected ?? '–'}
          detail={peers && `${peers.validators} validators`}
        />
        <Tile label="Mempool" value={waiting === undefined ? '–' : grouped(waiting)} detail="transactions" />
      </dl>
      <div class="columns">
        <IntervalChart heads={heads} />
        <TransactionsChart heads={heads} />
      </div>
      <Ticker heads={heads} now={now} />
    </>
  );
}

function durationOr(ms: number | undefined): string {
  return ms === undefined ? '–' : duration(ms);
}

/** The time from each block's parent to it, null where the page does not know the parent. */
function intervals(heads: readonly Head[]): (number | null)[] {
  return heads.map(({ height, timeMs }, i) => {
    const before = heads[i - 1];
    return before?.height === height - 1 ? timeMs - before.timeMs : null;
  });
}

function IntervalChart({ heads }: { heads: readonly Head[] }) {
  const { x, series } = useMemo(() => {
    const shown = heads.slice(-CHARTED);
    const values = intervals(heads).slice(-CHARTED);
    return {
      x: shown.map(({ height }) => height),
      series: [{ label: 'interval', colour: '--blue', values }],
    };
  }, [heads]);
  return (
    <Panel title="Time between blocks">
      <Chart label="Time between blocks" xLabel="height" x={x} series={series} format={duration} />
    </Panel>
  );
}

function TransactionsChart({ heads }: { heads: readonly Head[] }) {
  const { x, series } = useMemo(() => {
    const shown = heads.slice(-CHARTED);
    return {
      x: shown.map(({ height }) => height),
      series: [{ label: 'transactions', colour: '--teal', values: shown.map(({ txCount }) => txCount) }],
    };
  }, [heads]);
  return (
    <Panel title="Transactions per block">
      <Chart
        label="Transactions per block"
        xLabel="height"
        x={x}
        series={series}
        format={(value) => (Number.isInteger(value) ? grouped(value) : '')}
        bars
      />
    </Panel>
  );
}

function Ticker({ heads, now }: { heads: readonly Head[]; now: number }) {
  const rows = heads.slice(-TICKER_ROWS).reverse();
  const columns: readonly Column<Head>[] = [
    {
      title: 'Height',
      width: 'w-height',
      namesRow: true,
      cell: ({ height }) => <BlockLink height={height} />,
    },
    { title: 'Age', width: 'w-age', cell: ({ timeMs }) => age(now - timeMs) },
    { title: 'Round', width: 'w-round', cell: ({ round }) => round ?? '·' },
    {
      title: 'Proposer',
      width: 'w-name',
      cell: ({ proposer }) => <Name text={proposer} what="proposer" />,
    },
    ...LEDGERS.map((ledger) => ({
      title: ledger,
      head: <LedgerBadge ledger={ledger} />,
      numeric: true,
      cell: (head: Head) => grouped(countOf(head, ledger)),
      attributes: (head: Head) => ({ 'data-zero': countOf(head, ledger) === 0 }),
    })),
  ];
  return (
    <Panel title="Blocks" note="newest first">
      <div class="scroll ticker">
        <Table columns={columns} rows={rows} keyOf={({ height }) => height} />
      </div>
    </Panel>
  );
}
