import { clockTime, grouped } from '../format.ts';
import type { Block } from '../live/head-feed.ts';
import { useNode } from '../live/node.ts';
import { useStore } from '../live/store.ts';
import { useCall } from '../live/use-call.ts';
import { Failure } from '../parts/failure.tsx';
import { Fields } from '../parts/fields.tsx';
import { BlockLink, LedgerBadge, Name } from '../parts/names.tsx';
import { Empty, Panel } from '../parts/panel.tsx';
import { ReceiptTable } from '../parts/receipt-table.tsx';
import { type Column, Table } from '../parts/table.tsx';

const RECEIPTS = 200;

const SECTION_COLUMNS: readonly Column<Block['sections'][number]>[] = [
  {
    title: 'Ledger',
    width: 'w-ledger',
    namesRow: true,
    cell: ({ ledger }) => <LedgerBadge ledger={ledger} />,
  },
  { title: 'Transactions', numeric: true, cell: ({ txCount }) => grouped(txCount) },
  {
    title: 'Miner',
    cell: ({ txCount, miner }) => (txCount === 0 ? 'nothing to mine' : <Name text={miner} what="miner" />),
    attributes: ({ txCount }) => (txCount === 0 ? { colSpan: 4, class: 'dim' } : {}),
  },
  { title: 'Rank', numeric: true, cell: ({ rank }) => rank },
  { title: 'Work', numeric: true, cell: ({ work }) => grouped(work) },
  { title: 'Proof bytes', numeric: true, cell: ({ proofBytes }) => grouped(proofBytes) },
  { title: 'Root after', cell: ({ post }) => <Name text={post} what="root" /> },
];

/** One block: what it commits to, who sealed it, and what it holds. */
export function BlockView({ height }: { height: number }) {
  const { feed } = useNode();
  const newest = useStore(feed.heads).at(-1)?.height ?? 0;
  const { data: block, error } = useCall('chain_getBlock', { height });
  const { data: certificate } = useCall('chain_getCertificate', { height });
  const { data: receipts } = useCall('chain_getReceipts', { height, limit: RECEIPTS });
  return (
    <>
      <div class="heading">
        <h1>Block {grouped(height)}</h1>
        <nav aria-label="Neighbouring blocks">
          {height > 1 && <BlockLink height={height - 1}>‹ before</BlockLink>}
          {height < newest && <BlockLink height={height + 1}>after ›</BlockLink>}
        </nav>
      </div>
      {error !== undefined && <Failure error={error} />}
      {block === undefined ? (
        error === undefined && <Empty>asking the node …</Empty>
      ) : (
        <>
          <div class="columns">
            <Panel title="Header">
              <Fields
                of={{
                  hash: <Name text={block.hash} what="block hash" />,
                  time: `${clockTime(block.time)} · ${block.time}`,
                  proposer: <Name text={block.header.proposer} what="proposer" />,
                  parent: <Name text={block.header.parentHash} what="parent hash" />,
                  'state root': <Name text={block.header.stateRoot} what="state root" />,
                  'receipts root': <Name text={block.header.receiptsRoot} what="receipts root" />,
                  beacon: <Name text={block.header.beacon.output} what="beacon" />,
                }}
              />
            </Panel>
            <Panel title="Certificate">
              {certificate === undefined ? (
                <Empty>asking the node …</Empty>
              ) : (
                <Fields
                  of={{
                    round: certificate.round,
                    seals: `${certificate.signedBy.length} of ${certificate.validators}, quorum ${certificate.quorum}`,
                    'signed by': (
                      <ul class="names">
                        {certificate.signedBy.map((id) => (
                          <li key={id}>
                            <Name text={id} what="validator" />
                          </li>
                        ))}
                      </ul>
                    ),
                  }}
                />
              )}
            </Panel>
          </div>
          <Sections block={block} />
        </>
      )}
      <Panel
        title="Receipts"
        note={
          receipts?.total === undefined
            ? undefined
            : `${Math.min(RECEIPTS, receipts.total)} of ${receipts.total}`
        }
      >
        <div class="scroll list-box">
          <ReceiptTable receipts={receipts?.items} />
        </div>
      </Panel>
    </>
  );
}

function Sections({ block }: { block: Block }) {
  return (
    <Panel title="Sections" note="one for each ledger">
      <div class="scroll">
        <Table columns={SECTION_COLUMNS} rows={block.sections} keyOf={({ ledger }) => ledger} />
      </div>
    </Panel>
  );
}
