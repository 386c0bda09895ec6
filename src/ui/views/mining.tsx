import type { MethodResult } from '../../rpc/schema/methods.ts';
import { type LedgerName, PROOF_TYPES } from '../../types/names.ts';
import { clockTime, grouped, shortened } from '../format.ts';
import { useCall } from '../live/use-call.ts';
import { Failure } from '../parts/failure.tsx';
import { BlockLink, LedgerBadge, Name } from '../parts/names.tsx';
import { Empty, Panel } from '../parts/panel.tsx';

const HISTORY = 60;
type LedgerStatus = MethodResult<'miner_status'>['ledgers'][number];

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
            {history?.items.length === 0 && <Empty>None yet.</Empty>}
            {history !== undefined && history.items.length > 0 && (
              <table class="fixed">
                <thead>
                  <tr>
                    <th scope="col">Height</th>
                    <th scope="col">Ledger</th>
                    <th scope="col">Proof</th>
                    <th scope="col" class="number">
                      Rank
                    </th>
                    <th scope="col" class="number">
                      Transactions
                    </th>
                    <th scope="col" class="number">
                      Work
                    </th>
                    <th scope="col">State</th>
                    <th scope="col">Mined at</th>
                    <th scope="col" class="w-name">
                      Section
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {history.items.map((one) => (
                    <tr key={`${one.height} ${one.ledger} ${one.sectionHash}`}>
                      <td>
                        <BlockLink height={one.height} />
                      </td>
                      <td>
                        <LedgerBadge ledger={one.ledger} />
                      </td>
                      <td>{one.proofType}</td>
                      <td class="number">{one.rank ?? '–'}</td>
                      <td class="number">{grouped(one.txCount)}</td>
                      <td class="number">{grouped(one.work)}</td>
                      <td data-section={one.state}>{one.state}</td>
                      <td>{one.minedAt === null ? '–' : clockTime(one.minedAt)}</td>
                      <td>
                        <Name text={one.sectionHash} what="section hash" />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
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
