import type { Parameters } from '../types/genesis.ts';
import type { TokenName } from '../types/names.ts';
import type { Charge } from '../types/receipt.ts';
import { decode } from '../types/ssz.ts';
import type { EncodedTransaction, Operation } from '../types/transaction.ts';
import { errorCode } from '../util/errors.ts';
import type { LedgerModule, OperationHandler } from './seam.ts';

/** What a transaction takes if all its operations are executed; known before it is executed. */
export interface TransactionCost {
  /** Gas of the transaction with all operations: what counts against the section's bound. */
  readonly gas: number;
  /** Of each operation alone. */
  readonly operationGas: readonly number[];
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

/** Gas of a transaction before any of its operations: nonce, fee and receipt, and its bytes. */
export function baseGas(
  { bytes }: EncodedTransaction,
  { gasPerTransaction, gasPerByte }: Parameters,
): number {
  return gasPerTransaction + gasPerByte * bytes.length;
}

/** Gas of one operation. One that cannot be decoded brings nothing to work on: it fails at once. */
function gasOf(handler: OperationHandler<unknown>, data: Uint8Array): number {
  if (handler.extraGas === undefined) return handler.gas;
  try {
    return handler.gas + handler.extraGas(decode(handler.spec.type, data, handler.name));
  } catch (error) {
    if (errorCode(error) !== 'MALFORMED_BYTES') throw error;
    return handler.gas;
  }
}

/** A transaction is free where every operation is. */
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
  const { operations } = transaction.value.body;
  const operationGas = handlers.map((handler, i) => gasOf(handler, (operations[i] as Operation).data));
  const gas = operationGas.reduce((sum, one) => sum + one, baseGas(transaction, parameters));
  const free = operationGas.reduce((sum, one, i) => (handlers[i]?.free === true ? sum + one : sum), 0);
  const paidGas = isFree(handlers) ? 0 : gas - free;
  return { gas, operationGas, paidGas, fixedFees: fixedFeesOf(handlers, parameters) };
}
