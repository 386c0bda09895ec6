import { LEDGERS, type LedgerName, PROOF_TYPES } from '../../types/names.ts';
import { age, grouped } from '../format.ts';
import { countOf, type Head, rangeWithReceipts } from '../live/head-feed.ts';
import { useNode } from '../live/node.ts';
import { useStore } from '../live/store.ts';
import { useCall } from '../live/use-call.ts';
import { useNow } from '../live/use-now.ts';
import { Failure } from '../parts/failure.tsx';
import { BlockLink, LedgerBadge } from '../parts/names.tsx';
import { Empty, Panel } from '../parts/panel.tsx';
import { ReceiptTable } from '../parts/receipt-table.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { hashOf } from '../route.ts';

const RECEIPTS = 80;
const BLOCKS = 40;

/** The five ledgers: what each did of late, and the blocks that hold it. */
export function LedgersView({ ledger }: { ledger: LedgerName | undefined }) {
  const { feed } = useNode();
  const heads = useStore(feed.heads);
  return (
    <>
      <h1>Ledgers</h1>
      <ul class="ledger-cards" aria-label="Ledgers">
        {LEDGERS.map((name) => (
          <li key={name}>
            <LedgerCard ledger={name} chosen={name === ledger} heads={heads} />
          </li>
        ))}
      </ul>
      <div class="columns wide-left">
        <RecentReceipts key={ledger} ledger={ledger} heads={heads} />
        <RecentBlocks ledger={ledger} heads={heads} />
      </div>
    </>
  );
}

function LedgerCard({
  ledger,
  chosen,
  heads,
}: {
  ledger: LedgerName;
  chosen: boolean;
  heads: readonly Head[];
}) {
  const counts = heads.map((head) => countOf(head, ledger));
  const last = heads.findLast((_, i) => (counts[i] ?? 0) > 0);
  return (
    <a
      class="ledger-card"
      data-ledger={ledger}
      href={hashOf({ view: 'ledgers', ledger: chosen ? undefined : ledger })}
      aria-current={chosen ? 'true' : undefined}
    >
      <LedgerBadge ledger={ledger} />
      <strong>{grouped(counts.reduce((sum, count) => sum + count, 0))}</strong>
      <span class="dim">transactions in {heads.length} blocks</span>
      <span class="dim">Proof of {PROOF_TYPES[ledger]}</span>
      <span class="dim">{last === undefined ? 'none of late' : `last at ${last.height}`}</span>
    </a>
  );
}

function RecentReceipts({ ledger, heads }: { ledger: LedgerName | undefined; heads: readonly Head[] }) {
  const range = rangeWithReceipts(heads, ledger, RECEIPTS);
  const { data, error } = useCall(
    'chain_searchReceipts',
    { limit: RECEIPTS, ...range, ...(ledger === undefined ? {} : { ledger }) },
    { keep: true, off: range === undefined },
  );
  const receipts = data?.items.toReversed();
  return (
    <Panel title="Receipts" note={ledger === undefined ? 'of all ledgers' : <LedgerBadge ledger={ledger} />}>
      {error !== undefined && <Failure error={error} />}
      <div class="scroll list-box">
        {range === undefined ? (
          <Empty>No transaction in the last {heads.length} blocks.</Empty>
        ) : (
          <ReceiptTable receipts={receipts} withHeight />
        )}
      </div>
    </Panel>
  );
}

function RecentBlocks({ ledger, heads }: { ledger: LedgerName | undefined; heads: readonly Head[] }) {
  const now = useNow(1_000);
  const columns: readonly Column<Head>[] = [
    { title: 'Height', namesRow: true, cell: ({ height }) => <BlockLink height={height} /> },
    { title: 'Age', cell: ({ timeMs }) => age(now - timeMs) },
    {
      title: 'Receipts',
      numeric: true,
      cell: (head) => grouped(countOf(head, ledger)),
      attributes: (head) => ({ 'data-zero': countOf(head, ledger) === 0 }),
    },
  ];
  return (
    <Panel title="Blocks" note="newest first">
      <div class="scroll list-box">
        <Table columns={columns} rows={heads.slice(-BLOCKS).reverse()} keyOf={({ height }) => height} />
      </div>
    </Panel>
  );
}
