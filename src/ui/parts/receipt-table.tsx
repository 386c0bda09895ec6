import type { MethodResult } from '../../rpc/schema/methods.ts';
import { grouped, units } from '../format.ts';
import { BlockLink, LedgerBadge, TransactionLink } from './names.tsx';
import { type Column, Table } from './table.tsx';

export type Receipt = MethodResult<'tx_getReceipt'>;

const TRANSACTION: Column<Receipt> = {
  title: 'Transaction',
  width: 'w-transaction',
  cell: ({ txId }) => <TransactionLink txId={txId} />,
};
const HEIGHT: Column<Receipt> = {
  title: 'Height',
  width: 'w-height',
  cell: ({ height }) => <BlockLink height={height} />,
};
const OTHERS: readonly Column<Receipt>[] = [
  { title: 'Ledger', width: 'w-ledger', cell: ({ ledger }) => <LedgerBadge ledger={ledger} /> },
  {
    title: 'Outcome',
    cell: (receipt) => (
      <>
        <Status status={receipt.status} />
        {receipt.status === 'OK' && <span> {eventNames(receipt)}</span>}
      </>
    ),
    attributes: (receipt) => ({ title: outcomeOf(receipt) }),
  },
  { title: 'Gas', width: 'w-gas', numeric: true, cell: ({ gas }) => grouped(gas) },
  { title: 'Charge', width: 'w-charge', numeric: true, cell: chargeOf },
];
const COLUMNS: readonly Column<Receipt>[] = [TRANSACTION, ...OTHERS];
const WITH_HEIGHT: readonly Column<Receipt>[] = [TRANSACTION, HEIGHT, ...OTHERS];

interface ReceiptTableProps {
  /** Undefined while they are not there yet. */
  readonly receipts: readonly Receipt[] | undefined;
  readonly withHeight?: boolean;
}

/** Receipts, one a line. */
export function ReceiptTable({ receipts, withHeight = false }: ReceiptTableProps) {
  const columns = withHeight ? WITH_HEIGHT : COLUMNS;
  return <Table columns={columns} rows={receipts} keyOf={({ txId }) => txId} empty="None." />;
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
