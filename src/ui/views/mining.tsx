import type { MethodResult } from '../../rpc/schema/methods.ts';
import { type LedgerName, PROOF_TYPES } from '../../types/names.ts';
import { clockTime, grouped, shortened } from '../format.ts';
import { useCall } from '../live/use-call.ts';
import { Failure } from '../parts/failure.tsx';
import { BlockLink, LedgerBadge, Name } from '../parts/names.tsx';
import { Empty, Panel } from '../parts/panel.tsx';
import { type Column, Table } from '../parts/table.tsx';

const HISTORY = 60;
type LedgerStatus = MethodResult<'miner_status'>['ledgers'][number];
type MinedSection = MethodResult<'miner_history'>['items'][number];

const MINED_COLUMNS: readonly Column<MinedSection>[] = [
  { title: 'Height', cell: ({ height }) => <BlockLink height={height} /> },
  { title: 'Ledger', cell: ({ ledger }) => <LedgerBadge ledger={ledger} /> },
  { title: 'Proof', cell: ({ proofType }) => proofType },
  { title: 'Rank', numeric: true, cell: ({ rank }) => rank ?? '–' },
  { title: 'Transactions', numeric: true, cell: ({ txCount }) => grouped(txCount) },
  { title: 'Work', numeric: true, cell: ({ work }) => grouped(work) },
  {
    title: 'State',
    cell: ({ state }) => state,
    attributes: ({ state }) => ({ 'data-section': state }),
  },
  { title: 'Mined at', cell: ({ minedAt }) => (minedAt === null ? '–' : clockTime(minedAt)) },
  {
    title: 'Section',
    width: 'w-name',
    cell: ({ sectionHash }) => <Name text={sectionHash} what="section hash" />,
  },
];

/** Per proof type: who is elected to mine, and what the worker of this node does. */
export function MiningView() {
  const { data: modules } = useCall('rpc_modules', {});
  const known = modules?.miner !== undefined;
  const { data: status, error } = useCall('miner_status', {}, { everyMs: 700, off: !known });
  const { data: history } = useCall('miner_history', { limit: HISTORY }, { everyBlock: true, off: !known });
  return (
    <>
      <div class="heading">
        <h1>Mining</h1>
        <span class="dim">
          {status === undefined
            ? ''
            : status.mining
              ? `for height ${grouped(status.nextHeight)}`
              : 'this node does not mine'}
        </span>
      </div>
      {error !== undefined && <Failure error={error} />}
      {modules !== undefined && !known && <Empty>This node does not mine.</Empty>}
      {status !== undefined && (
        <ul class="ledger-cards" aria-label="Workers by proof type">
          {status.ledgers.map((one) => (
            <li key={one.ledger}>
              <WorkerCard status={one} self={status.miner} />
            </li>
          ))}
        </ul>
      )}
      {known && (
        <Panel title="Sections mined here" note="newest first">
          <div class="scroll mined-box">
            <Table
              columns={MINED_COLUMNS}
              rows={history?.items}
              keyOf={(one) => `${one.height} ${one.ledger} ${one.sectionHash}`}
              empty="None yet."
            />
          </div>
        </Panel>
      )}
    </>
  );
}

function WorkerCard({ status, self }: { status: LedgerStatus; self: string | null }) {
  const { ledger, elected, waiting, worker } = status;
  return (
    <section class="ledger-card worker" data-ledger={ledger} aria-label={`Proof of ${proofName(ledger)}`}>
      <header>
        <LedgerBadge ledger={ledger} />
        <span class="dim">Proof of {proofName(ledger)}</span>
      </header>
      <strong data-state={worker?.state}>{worker?.state ?? 'not mining'}</strong>
      <span class="dim">
        {grouped(waiting)} waiting{worker?.rank == null ? '' : `, own rank ${worker.rank}`}
      </span>
      <ol class="ranks" start={0} aria-label="Elected miners by rank">
        {elected.map((miner, rank) => (
          <li key={rank} data-own={miner === self}>
            <span class="dim">{rank}</span>
            <code title={miner}>{miner === self ? 'this node' : shortened(miner, 8, 5)}</code>
            {worker?.best?.rank === rank && <span title="its section is here">●</span>}
          </li>
        ))}
      </ol>
      <dl class="counts">
        {(['MINED', 'INCLUDED', 'FINAL', 'LOST'] as const).map((state) => (
          <div key={state}>
            <dt>{state.toLowerCase()}</dt>
            <dd>{worker === null ? '–' : grouped(worker.counts[state])}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function proofName(ledger: LedgerName): string {
  return PROOF_TYPES[ledger];
}
