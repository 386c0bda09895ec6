import { useState } from 'preact/hooks';
import type { MethodResult } from '../../rpc/schema/methods.ts';
import { age, bytes, clockTime, grouped, units } from '../format.ts';
import { ageClasses } from '../live/ages.ts';
import { useCall } from '../live/use-call.ts';
import { useNow } from '../live/use-now.ts';
import { Failure } from '../parts/failure.tsx';
import { LedgerBadge, Name, TransactionLink } from '../parts/names.tsx';
import { Panel } from '../parts/panel.tsx';
import { type Column, Table } from '../parts/table.tsx';

const SHOWN = 200;

type Waiting = MethodResult<'txpool_content'>['items'][number];
type Drop = MethodResult<'txpool_dropped'>['items'][number];
type LedgerPool = MethodResult<'txpool_status'>['ledgers'][number];

const DROP_COLUMNS: readonly Column<Drop>[] = [
  { title: 'At', width: 'w-age', cell: ({ at }) => clockTime(at) },
  { title: 'Transaction', cell: ({ txId }) => <TransactionLink txId={txId} /> },
  { title: 'Reason', cell: ({ reason }) => reason, attributes: ({ reason }) => ({ title: reason }) },
];

const ADDRESS = /^meta1[02-9ac-hj-np-z]{58}$/;

/** What waits to be put into a block, by ledger, age and sender, and what was dropped and why. */
export function MempoolView() {
  const [sender, setSender] = useState('');
  const now = useNow(1_000);
  const { data: status, error } = useCall('txpool_status', {}, { everyMs: 700 });
  const one = ADDRESS.test(sender);
  const { data: all } = useCall('txpool_content', { limit: SHOWN }, { everyMs: 1_000, off: one });
  const { data: own } = useCall(
    'txpool_contentFrom',
    { address: sender, limit: SHOWN },
    { everyMs: 1_000, off: !one },
  );
  const entries = (one ? own : all)?.items;
  const { data: dropped } = useCall('txpool_dropped', { limit: SHOWN }, { everyMs: 2_000 });
  const most = Math.max(1, ...(status?.ledgers ?? []).map(({ pooled, queued }) => pooled + queued));
  const ages = ageClasses(entries?.map(({ receivedAt }) => receivedAt) ?? [], now);
  const ledgerColumns: readonly Column<LedgerPool>[] = [
    { title: 'Ledger', namesRow: true, cell: ({ ledger }) => <LedgerBadge ledger={ledger} /> },
    {
      title: 'Waiting',
      cell: ({ pooled, queued }) => (
        <>
          <Bar part={pooled / most} />
          <Bar part={queued / most} pale />
        </>
      ),
      attributes: ({ ledger }) => ({ 'data-ledger': ledger }),
    },
    {
      title: 'Counts',
      numeric: true,
      cell: ({ pooled, queued }) => `${grouped(pooled)} ready, ${grouped(queued)} queued`,
    },
  ];
  const ageColumns: readonly Column<(typeof ages)[number]>[] = [
    { title: 'Age', namesRow: true, cell: ({ name }) => name },
    { title: 'Share', cell: ({ count }) => <Bar part={count / Math.max(1, entries?.length ?? 1)} /> },
    { title: 'Transactions', numeric: true, cell: ({ count }) => grouped(count) },
  ];
  const waitingColumns: readonly Column<Waiting>[] = [
    {
      title: 'Transaction',
      width: 'w-transaction',
      cell: ({ transaction }) => <TransactionLink txId={transaction.txId} />,
    },
    {
      title: 'Ledger',
      width: 'w-ledger',
      cell: ({ transaction }) => <LedgerBadge ledger={transaction.ledger} />,
    },
    {
      title: 'Sender',
      width: 'w-name',
      cell: ({ transaction }) => <Name text={transaction.sender} what="sender" />,
    },
    {
      title: 'Operations',
      cell: ({ transaction }) => transaction.operations.map(({ name }) => name).join(', '),
    },
    {
      title: 'Max fee',
      width: 'w-gas',
      numeric: true,
      cell: ({ transaction }) => units(transaction.maxFee),
    },
    { title: 'State', width: 'w-round', cell: ({ state }) => state },
    {
      title: 'Age',
      width: 'w-round',
      numeric: true,
      cell: ({ receivedAt }) => age(now - Date.parse(receivedAt)),
    },
  ];
  return (
    <>
      <h1>Mempool</h1>
      {error !== undefined && <Failure error={error} />}
      <div class="columns">
        <Panel
          title="By ledger"
          note={
            status &&
            `${grouped(status.transactions)} of ${grouped(status.maxTransactions)} transactions, ${bytes(status.bytes)} of ${bytes(status.maxBytes)}`
          }
        >
          <Table
            columns={ledgerColumns}
            rows={status?.ledgers}
            keyOf={({ ledger }) => ledger}
            layout="bars"
          />
        </Panel>
        <Panel title="By age" note={entries && `of ${entries.length} that are shown`}>
          <Table columns={ageColumns} rows={ages} keyOf={({ name }) => name} layout="bars" />
        </Panel>
      </div>
      <Panel
        title="Waiting"
        note={
          <input
            class="small"
            placeholder="of one sender: meta1…"
            aria-label="Show one sender only"
            spellcheck={false}
            value={sender}
            aria-invalid={sender !== '' && !one}
            onInput={({ currentTarget }) => setSender(currentTarget.value.trim())}
          />
        }
      >
        <div class="scroll pool-box">
          <Table
            columns={waitingColumns}
            rows={entries}
            keyOf={({ transaction }) => transaction.txId}
            empty="Nothing waits."
          />
        </div>
      </Panel>
      <Panel title="Dropped" note="newest first">
        <div class="scroll pool-box">
          <Table
            columns={DROP_COLUMNS}
            rows={dropped?.items}
            keyOf={({ txId, at }) => `${txId} ${at}`}
            empty="None."
          />
        </div>
      </Panel>
    </>
  );
}

/** A part of one as a length. */
function Bar({ part, pale = false }: { part: number; pale?: boolean }) {
  return (
    <i class="bar" data-pale={pale} style={{ width: `${Math.min(100, part * 100)}%` }} aria-hidden="true" />
  );
}
