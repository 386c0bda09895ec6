import type { Parameters } from '../types/genesis.ts';
import type { TokenName } from '../types/names.ts';
import type { Charge } from '../types/receipt.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import type { LedgerModule, OperationHandler } from './seam.ts';

/** What a transaction takes if all its operations are executed; known before it is executed. */
export interface TransactionCost {
  /** Gas of all operations and bytes: what counts against the section's bound. */
  readonly gas: number;
  /** The part of the gas that is paid for if the transaction succeeds. */
  readonly paidGas: number;
  /** Fixed fees in other tokens than FLX, summed per token. */
  readonly fixedFees: readonly Charge[];
}

const indexes = new WeakMap<LedgerModule, ReadonlyMap<number, OperationHandler<unknown>>>();

/** The handler of an operation kind. */
function findHandler(module: LedgerModule, kind: number): OperationHandler<unknown> | undefined {
  let index = indexes.get(module);
  if (index === undefined) {
    index = new Map(module.handlers.map((handler) => [handler.spec.kind, handler]));
    indexes.set(module, index);
  }
  return index.get(kind);
}

/** Gas of the bytes of a transaction. */
export function byteGas(transaction: EncodedTransaction, parameters: Parameters): number {
  return parameters.gasPerByte * transaction.bytes.length;
}

/** Bytes are free where every operation is. */
export function isFree(handlers: readonly OperationHandler<unknown>[]): boolean {
  return handlers.every((handler) => handler.free === true);
}

/** Whether some operation is free; then the transaction pays for it only if it fails. */
export function hasFree(handlers: readonly OperationHandler<unknown>[]): boolean {
  return handlers.some((handler) => handler.free === true);
}

/** The handlers of all operations in order, or undefined if the ledger does not know one of them. */
export function handlersOf(
  transaction: EncodedTransaction,
  module: LedgerModule,
): OperationHandler<unknown>[] | undefined {
  const handlers: OperationHandler<unknown>[] = [];
  for (const { kind } of transaction.value.body.operations) {
    const handler = findHandler(module, kind);
    if (handler === undefined) return undefined;
    handlers.push(handler);
  }
  return handlers;
}

export function sumByToken(charges: Iterable<Charge>): Charge[] {
  const sums = new Map<TokenName, bigint>();
  for (const { token, amount } of charges) sums.set(token, (sums.get(token) ?? 0n) + amount);
  return [...sums].filter(([, amount]) => amount > 0n).map(([token, amount]) => ({ token, amount }));
}

/** Fixed fees of a transaction with these operations. */
export function fixedFeesOf(
  handlers: readonly OperationHandler<unknown>[],
  parameters: Parameters,
): Charge[] {
  return sumByToken(handlers.flatMap((handler) => handler.fee?.(parameters) ?? []));
}

export function transactionCost(
  transaction: EncodedTransaction,
  handlers: readonly OperationHandler<unknown>[],
  parameters: Parameters,
): TransactionCost {
  const bytes = byteGas(transaction, parameters);
  const gas = handlers.reduce((sum, handler) => sum + handler.gas, bytes);
  const paid = handlers.reduce((sum, handler) => sum + (handler.free === true ? 0 : handler.gas), bytes);
  return { gas, paidGas: isFree(handlers) ? 0 : paid, fixedFees: fixedFeesOf(handlers, parameters) };
}
