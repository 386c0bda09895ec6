import type { LedgerName } from '../../types/names.ts';
import type { OperationName } from '../../types/operations/catalogs.ts';
import type { CliContext } from '../context.ts';
import type { SendOptions } from './send-transaction.ts';

/** Sends an operation by its name; `data` is its JSON form. What signs and sends is loaded when it is called. */
export async function sendNamed<Ledger extends LedgerName>(
  context: CliContext,
  options: SendOptions,
  ledger: Ledger,
  name: OperationName<Ledger>,
  data: unknown,
): Promise<void> {
  const { operationNamed } = await import('../../client/transaction-builder.ts');
  const { sendOperations } = await import('./send-transaction.ts');
  const operation = operationNamed(ledger, name, data);
  await sendOperations(context, options, ledger, () => operation);
}
