import { useState } from 'preact/hooks';
import { age, bytes, clockTime, grouped, units } from '../format.ts';
import { ageClasses } from '../live/ages.ts';
import { useCall } from '../live/use-call.ts';
import { useNow } from '../live/use-now.ts';
import { Failure } from '../parts/failure.tsx';
import { LedgerBadge, Name, TransactionLink } from '../parts/names.tsx';
import { Empty, Panel } from '../parts/panel.tsx';

const SHOWN = 200;
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
          <table class="bars">
            <thead class="hidden">
              <tr>
                <th scope="col">Ledger</th>
                <th scope="col">Waiting</th>
                <th scope="col">Counts</th>
              </tr>
            </thead>
            <tbody>
              {status?.ledgers.map(({ ledger, pooled, queued }) => (
                <tr key={ledger} data-ledger={ledger}>
                  <th scope="row">
                    <LedgerBadge ledger={ledger} />
                  </th>
                  <td>
                    <Bar part={pooled / most} />
                    <Bar part={queued / most} pale />
                  </td>
                  <td class="number">
                    {grouped(pooled)} ready, {grouped(queued)} queued
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Panel>
        <Panel title="By age" note={entries && `of ${entries.length} that are shown`}>
          <table class="bars">
            <thead class="hidden">
              <tr>
                <th scope="col">Age</th>
                <th scope="col">Share</th>
                <th scope="col">Transactions</th>
              </tr>
            </thead>
            <tbody>
              {ages.map(({ name, count }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>
                    <Bar part={count / Math.max(1, entries?.length ?? 1)} />
                  </td>
                  <td class="number">{grouped(count)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Panel>
      </div>
      <div class="columns wide-left">
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
            {entries?.length === 0 && <Empty>Nothing waits.</Empty>}
            {entries !== undefined && entries.length > 0 && (
              <table class="fixed">
                <thead>
                  <tr>
                    <th scope="col" class="w-transaction">
                      Transaction
                    </th>
                    <th scope="col" class="w-ledger">
                      Ledger
                    </th>
                    <th scope="col" class="w-name">
                      Sender
                    </th>
                    <th scope="col">Operations</th>
                    <th scope="col" class="number w-gas">
                      Max fee
                    </th>
                    <th scope="col" class="w-round">
                      State
                    </th>
                    <th scope="col" class="number w-round">
                      Age
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {entries.map(({ transaction, state, receivedAt }) => (
                    <tr key={transaction.txId}>
                      <td>
                        <TransactionLink txId={transaction.txId} />
                      </td>
                      <td>
                        <LedgerBadge ledger={transaction.ledger} />
                      </td>
                      <td>
                        <Name text={transaction.sender} what="sender" />
                      </td>
                      <td>{transaction.operations.map(({ name }) => name).join(', ')}</td>
                      <td class="number">{units(transaction.maxFee)}</td>
                      <td>{state}</td>
                      <td class="number">{age(now - Date.parse(receivedAt))}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </div>
        </Panel>
        <Panel title="Dropped" note="newest first">
          <div class="scroll pool-box">
            {dropped?.items.length === 0 && <Empty>None.</Empty>}
            {dropped !== undefined && dropped.items.length > 0 && (
              <table class="fixed">
                <thead>
                  <tr>
                    <th scope="col" class="w-age">
                      At
                    </th>
                    <th scope="col">Transaction</th>
                    <th scope="col">Reason</th>
                  </tr>
                </thead>
                <tbody>
                  {dropped.items.map((drop) => (
                    <tr key={`${drop.txId} ${drop.at}`}>
                      <td>{clockTime(drop.at)}</td>
                      <td>
                        <TransactionLink txId={drop.txId} />
                      </td>
                      <td title={drop.reason}>{drop.reason}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </div>
        </Panel>
      </div>
    </>
  );
}

/** A part of one as a length. */
function Bar({ part, pale = false }: { part: number; pale?: boolean }) {
  return (
    <i class="bar" data-pale={pale} style={{ width: `${Math.min(100, part * 100)}%` }} aria-hidden="true" />
  );
}
