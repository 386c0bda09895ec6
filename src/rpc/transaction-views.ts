import type * as z from 'zod';
import type { LedgerName } from '../types/names.ts';
import { kindToJson, type LedgerCatalog } from '../types/operations/catalog.ts';
import { CATALOGS, statusName } from '../types/operations/catalogs.ts';
import { NO_FAILED_OPERATION, type Receipt } from '../types/receipt.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import type * as results from './schema/results.ts';
import { addressText, bytes0x, hash0x } from './text-forms.ts';

/**
 * An operation or event by name. What its catalog does not know can stand in a block as well (a failed transaction
 * with an unknown operation has a receipt), so it is shown by number and bytes.
 */
function namedData(specs: LedgerCatalog['operations'], kind: number, data: Uint8Array) {
  try {
    return kindToJson(specs, kind, data);
  } catch {
    return { name: `kind:${kind}`, data: bytes0x(data) };
  }
}

export function receiptView(receipt: Receipt): z.input<typeof results.Receipt> {
  const { events } = CATALOGS[receipt.ledger];
  return {
    ledger: receipt.ledger,
    txId: hash0x(receipt.txId),
    height: receipt.height,
    index: receipt.index,
    status: statusName(receipt.ledger, receipt.status),
    failedOperation: receipt.failedOperation === NO_FAILED_OPERATION ? null : receipt.failedOperation,
    gas: receipt.gas,
    charges: receipt.charges.map(({ token, amount }) => ({ token, amount: amount.toString() })),
    events: receipt.events.map(({ operation, kind, data }) => ({
      operation,
      ...namedData(events, kind, data),
    })),
    proofCommitment: hash0x(receipt.proofCommitment),
  };
}

export function transactionView({
  id,
  bytes,
  value,
}: EncodedTransaction): z.input<typeof results.Transaction> {
  const { body, auth } = value;
  const { operations } = CATALOGS[body.ledger];
  return {
    txId: hash0x(id),
    version: body.version,
    chainId: body.chainId,
    ledger: body.ledger,
    sender: addressText(body.sender),
    nonce: body.nonce.toString(),
    validUntilMs: body.validUntilMs,
    maxFee: body.maxFee.toString(),
    operations: body.operations.map(({ kind, data }) => namedData(operations, kind, data)),
    scheme: auth.scheme,
    publicKey: bytes0x(auth.publicKey),
    signature: bytes0x(auth.signature),
    bytes: bytes.length,
  };
}

/** A transaction on one line. */
export function transactionLine({ id, value }: EncodedTransaction): z.input<typeof results.TransactionLine> {
  const { ledger, sender, nonce, maxFee, operations } = value.body;
  return {
    txId: hash0x(id),
    ledger,
    sender: addressText(sender),
    nonce: nonce.toString(),
    maxFee: maxFee.toString(),
    operations: operationNames(ledger, operations),
  };
}

/** The names of a transaction's operations. */
export function operationNames(
  ledger: LedgerName,
  operations: readonly { readonly kind: number }[],
): string[] {
  const specs = Object.entries(CATALOGS[ledger].operations);
  return operations.map(({ kind }) => specs.find(([, spec]) => spec.kind === kind)?.[0] ?? `kind:${kind}`);
}
