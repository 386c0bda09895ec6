import type { Parameters } from '../types/genesis.ts';
import { LEDGERS, type LedgerName, type TokenName } from '../types/names.ts';
import type { Address } from '../types/ssz-bytes.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import { LIMITS } from '../util/limits.ts';
import { baseGas, handlersOf, isFree, type TransactionCost, transactionCost } from './cost.ts';
import { nextNonce } from './nonces.ts';
import type { LedgerRules } from './rules.ts';
import type { LedgerModule, OperationHandler, StateReader } from './seam.ts';

/** Why no valid section may contain a transaction, now or ever. */
export type InadmissibleCode =
  | 'WRONG_CHAIN'
  | 'WRONG_LEDGER'
  | 'LEDGER_NOT_AVAILABLE'
  | 'UNKNOWN_OPERATION'
  | 'TRANSACTION_TOO_EXPENSIVE'
  | 'EXPIRED'
  | 'NONCE_TOO_LOW'
  | 'NONCE_GAP'
  | 'INSUFFICIENT_METER'
  | 'MAX_FEE_TOO_LOW'
  | 'FREE_OPERATION_FAILED';

export interface Inadmissible {
  readonly code: InadmissibleCode;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What is known of a transaction before the state is asked. */
export interface KnownTransaction {
  readonly transaction: EncodedTransaction;
  readonly module: LedgerModule;
  readonly handlers: readonly OperationHandler<unknown>[];
  readonly cost: TransactionCost;
}

function refuse(code: InadmissibleCode, data: Record<string, unknown> = {}): Inadmissible {
  return { code, data };
}

/**
 * Everything that needs no account: chain, ledger, operations, size, and that it is paid for whatever its operations come to.
 * The signature is checked elsewhere.
 */
export function checkKnown(
  transaction: EncodedTransaction,
  chainId: number,
  rules: LedgerRules,
  parameters: Parameters,
): KnownTransaction | Inadmissible {
  const { body } = transaction.value;
  if (body.chainId !== chainId) return refuse('WRONG_CHAIN', { chainId: body.chainId, expected: chainId });
  const module = rules.modules[body.ledger];
  if (module === undefined) return refuse('LEDGER_NOT_AVAILABLE', { ledger: body.ledger });
  const handlers = handlersOf(transaction, module);
  if (handlers === undefined) {
    const known = new Set(module.handlers.map((handler) => handler.spec.kind));
    const kind = body.operations.find((operation) => !known.has(operation.kind))?.kind;
    return refuse('UNKNOWN_OPERATION', { ledger: body.ledger, kind });
  }
  const cost = transactionCost(transaction, handlers, parameters);
  const maxGas = maxTransactionGas(parameters);
  if (cost.gas > maxGas) return refuse('TRANSACTION_TOO_EXPENSIVE', { gas: cost.gas, maxGas });
  if (transaction.bytes.length > parameters.maxSectionBytes)
    return refuse('TRANSACTION_TOO_EXPENSIVE', {
      bytes: transaction.bytes.length,
      maxBytes: parameters.maxSectionBytes,
    });
  if (body.operations.length > parameters.maxSectionOperations)
    return refuse('TRANSACTION_TOO_EXPENSIVE', {
      operations: body.operations.length,
      maxOperations: parameters.maxSectionOperations,
    });
  const needed = isFree(handlers) ? 0n : BigInt(baseGas(transaction, parameters)) * parameters.gasPrice;
  if (body.maxFee < needed)
    return refuse('MAX_FEE_TOO_LOW', { maxFee: body.maxFee.toString(), needed: needed.toString() });
  return { transaction, module, handlers, cost };
}

/** At most an equal part of a block, so that it has a place however busy the other ledgers are. */
function maxTransactionGas({ maxSectionGas, maxBlockGas }: Parameters): number {
  return Math.min(maxSectionGas, Math.floor(maxBlockGas / LEDGERS.length));
}

/** Expiry and nonce against the ledger's own sub-tree. */
export function checkTurn(
  transaction: EncodedTransaction,
  own: StateReader,
  ruleTimeMs: number,
): Inadmissible | undefined {
  const { nonce, sender, validUntilMs } = transaction.value.body;
  if (validUntilMs < ruleTimeMs) return refuse('EXPIRED', { validUntilMs, ruleTimeMs });
  const expected = nextNonce(own, sender);
  if (nonce < expected)
    return refuse('NONCE_TOO_LOW', { nonce: nonce.toString(), expected: expected.toString() });
  if (nonce > expected)
    return refuse('NONCE_GAP', { nonce: nonce.toString(), expected: expected.toString() });
  return undefined;
}

/** What the sender must be able to pay, whatever the outcome: maxFee and the fixed fees. */
export function feeDemand(known: KnownTransaction): ReadonlyMap<TokenName, bigint> {
  const demand = new Map<TokenName, bigint>([['FLX', known.transaction.value.body.maxFee]]);
  for (const { token, amount } of known.cost.fixedFees) demand.set(token, (demand.get(token) ?? 0n) + amount);
  return demand;
}

/** Whether every demand is covered; `available` says what the sender can still pay with on this ledger. */
export function checkFunds(
  known: KnownTransaction,
  available: (sender: Address, ledger: LedgerName, token: TokenName) => bigint,
): Inadmissible | undefined {
  const { sender, ledger } = known.transaction.value.body;
  for (const [token, needed] of feeDemand(known)) {
    if (needed === 0n) continue;
    const balance = available(sender, ledger, token);
    if (balance < needed)
      return refuse('INSUFFICIENT_METER', {
        token,
        needed: needed.toString(),
        available: balance.toString(),
      });
  }
  return undefined;
}

/** What a section still has room for: as much as genesis allows, or `maxGas` if that is less. */
export class SectionRoom {
  #gas: number;
  #bytes: number;
  #operations: number;
  #transactions: number = LIMITS.maxTransactionsPerSection;

  constructor(parameters: Parameters, maxGas: number = parameters.maxSectionGas) {
    this.#gas = Math.min(parameters.maxSectionGas, maxGas);
    this.#bytes = parameters.maxSectionBytes;
    this.#operations = parameters.maxSectionOperations;
  }

  fits({ cost, transaction, handlers }: KnownTransaction): boolean {
    if (cost.gas > this.#gas || transaction.bytes.length > this.#bytes) return false;
    return handlers.length <= this.#operations && this.#transactions > 0;
  }

  /** Takes the room of a transaction, or returns false and takes nothing. */
  take(known: KnownTransaction): boolean {
    if (!this.fits(known)) return false;
    const { cost, transaction, handlers } = known;
    this.#gas -= cost.gas;
    this.#bytes -= transaction.bytes.length;
    this.#operations -= handlers.length;
    this.#transactions--;
    return true;
  }
}
