import { clockTime, grouped, units } from '../format.ts';
import { useCall } from '../live/use-call.ts';
import { Failure } from '../parts/failure.tsx';
import { Fields, Json } from '../parts/fields.tsx';
import { BlockLink, LedgerBadge, Name } from '../parts/names.tsx';
import { Empty, Panel } from '../parts/panel.tsx';
import { chargeOf, type Receipt, Status } from '../parts/receipt-table.tsx';
import { ProofPanel } from './proof-panel.tsx';

const POLL_MS = 1_000;

/** One transaction wherever it is: what it wants, what became of it, and the proof. */
export function TransactionView({ txId }: { txId: string }) {
  const { data: status } = useCall('tx_status', { txId }, { everyMs: POLL_MS });
  const included = status?.state === 'included';
  const known = included || status?.state === 'pooled' || status?.state === 'queued';
  const { data, error } = useCall('tx_get', { txId }, { off: !known });
  const { data: receipt } = useCall('tx_getReceipt', { txId }, { off: !included });
  const transaction = data?.transaction;
  return (
    <>
      <h1>Transaction</h1>
      <div class="transaction-id">
        <Name text={txId} what="transaction id" whole />
      </div>
      {error !== undefined && <Failure error={error} />}
      {status === undefined && <Empty>asking the node …</Empty>}
      {status?.state === 'unknown' && <Empty>This node does not know it.</Empty>}
      {status?.state === 'dropped' && (
        <Empty>
          Dropped at {clockTime(status.at)}: {status.reason}
        </Empty>
      )}
      {known && (
        <div class="columns">
          <Panel title="Transaction" note={transaction && <LedgerBadge ledger={transaction.ledger} />}>
            {transaction === undefined ? (
              <Empty>asking the node …</Empty>
            ) : (
              <Fields
                of={{
                  sender: <Name text={transaction.sender} what="sender" />,
                  nonce: grouped(transaction.nonce),
                  'most it pays': `${units(transaction.maxFee)} FLX`,
                  'valid until': new Date(transaction.validUntilMs).toISOString(),
                  size: `${grouped(transaction.bytes)} bytes`,
                  operations: transaction.operations.map((operation, i) => (
                    <div key={i} class="operation">
                      <strong>{operation.name}</strong>
                      <Json value={operation.data} label={`data of ${operation.name}`} />
                    </div>
                  )),
                }}
              />
            )}
          </Panel>
          <Panel title="Receipt" note={receipt && <Status status={receipt.status} />}>
            {receipt === undefined ? (
              <Empty>{included ? 'asking the node …' : 'Not in a block yet.'}</Empty>
            ) : (
              <ReceiptFields receipt={receipt} />
            )}
          </Panel>
        </div>
      )}
      {included && <ProofPanel txId={txId} />}
    </>
  );
}

function ReceiptFields({ receipt }: { receipt: Receipt }) {
  return (
    <Fields
      of={{
        block: <BlockLink height={receipt.height}>{grouped(receipt.height)}</BlockLink>,
        index: receipt.index,
        gas: grouped(receipt.gas),
        charge: chargeOf(receipt),
        'failed operation': receipt.failedOperation ?? undefined,
        events: receipt.events.map((event, i) => (
          <div key={i} class="operation">
            <strong>{event.name}</strong>
            <Json value={event.data} label={`data of ${event.name}`} />
          </div>
        )),
      }}
    />
  );
}
