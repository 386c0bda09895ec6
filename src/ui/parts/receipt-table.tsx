import type { MethodResult } from '../../rpc/schema/methods.ts';
import { grouped, units } from '../format.ts';
import { BlockLink, LedgerBadge, TransactionLink } from './names.tsx';
import { Empty } from './panel.tsx';

export type Receipt = MethodResult<'tx_getReceipt'>;

interface ReceiptTableProps {
  /** Undefined while they are not there yet. */
  readonly receipts: readonly Receipt[] | undefined;
  readonly withHeight?: boolean;
}

/** Receipts, one a line. */
export function ReceiptTable({ receipts, withHeight = false }: ReceiptTableProps) {
  if (receipts === undefined) return <Empty>asking the node …</Empty>;
  if (receipts.length === 0) return <Empty>None.</Empty>;
  return (
    <table class="fixed">
      <thead>
        <tr>
          <th scope="col" class="w-transaction">
            Transaction
          </th>
          {withHeight && (
            <th scope="col" class="w-height">
              Height
            </th>
          )}
          <th scope="col" class="w-ledger">
            Ledger
          </th>
          <th scope="col">Outcome</th>
          <th scope="col" class="number w-gas">
            Gas
          </th>
          <th scope="col" class="number w-charge">
            Charge
          </th>
        </tr>
      </thead>
      <tbody>
        {receipts.map((receipt) => (
          <tr key={receipt.txId}>
            <td>
              <TransactionLink txId={receipt.txId} />
            </td>
            {withHeight && (
              <td>
                <BlockLink height={receipt.height} />
              </td>
            )}
            <td>
              <LedgerBadge ledger={receipt.ledger} />
            </td>
            <td title={outcomeOf(receipt)}>
              <Status status={receipt.status} />
              {receipt.status === 'OK' && <span> {eventNames(receipt)}</span>}
            </td>
            <td class="number">{grouped(receipt.gas)}</td>
            <td class="number">{chargeOf(receipt)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** `OK`, or the name of what failed. */
export function Status({ status }: { status: string }) {
  return (
    <span class="status" data-tone={status === 'OK' ? 'good' : 'bad'} title={status}>
      {status === 'OK' ? '✓ OK' : `✗ ${status}`}
    </span>
  );
}

function eventNames({ events }: Receipt): string {
  return events.map(({ name }) => name).join(', ');
}

function outcomeOf(receipt: Receipt): string {
  return receipt.status === 'OK' ? eventNames(receipt) : receipt.status;
}

export function chargeOf({ charges }: Receipt): string {
  return charges.length === 0
    ? '–'
    : charges.map(({ token, amount }) => `${units(amount)} ${token}`).join(' + ');
}
