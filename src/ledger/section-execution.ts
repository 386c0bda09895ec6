import { hashOf } from '../crypto/hash.ts';
import { CLASS_TOKENS } from '../types/billing.ts';
import type { LedgerName, SubtreeName, TokenName } from '../types/names.ts';
import { type Charge, type LedgerEvent, NO_FAILED_OPERATION, type Receipt } from '../types/receipt.ts';
import { decode } from '../types/ssz.ts';
import type { Address } from '../types/ssz-bytes.ts';
import { COMMON_STATUSES } from '../types/status.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import { errorCode } from '../util/errors.ts';
import {
  checkFunds,
  checkKnown,
  checkTurn,
  feeDemand,
  type Inadmissible,
  type KnownTransaction,
} from './admission.ts';
import type { Begun } from './begin-block.ts';
import { baseGas, hasFree, isFree } from './cost.ts';
import { useNonce } from './nonces.ts';
import { encodeEvent, OperationScope } from './operation-scope.ts';
import { Outbox } from './outbox.ts';
import {
  InvariantViolation,
  type LedgerContext,
  OperationFailure,
  type OperationHandler,
  type StateReader,
  type StateWriter,
} from './seam.ts';
import { SectionCharges } from './section-charges.ts';
import type { SectionResult } from './section-result.ts';
import type { StateView } from './state/state.ts';

/** What executing the operations of one transaction came to. */
interface Outcome {
  readonly status: number;
  readonly failedOperation: number;
  readonly gas: number;
  readonly events: readonly LedgerEvent[];
}

/** A section while it is executed: transactions one after the other on an overlay of S. */
export class SectionExecution {
  readonly #begun: Begun;
  readonly #ledger: LedgerName;
  readonly #view: StateView;
  readonly #own: StateWriter;
  readonly #outbox: Outbox;
  readonly #context: LedgerContext;
  readonly #charges: SectionCharges;
  readonly #transactions: EncodedTransaction[] = [];
  readonly #receipts: Receipt[] = [];
  readonly #proofItems: Uint8Array[] = [];
  #gas = 0;
  #gasSold = 0;

  constructor(begun: Begun, ledger: LedgerName) {
    this.#begun = begun;
    this.#ledger = ledger;
    this.#view = begun.view.extend();
    this.#own = this.#view.writer(ledger);
    this.#charges = new SectionCharges((payer, token) => this.#available(payer, ledger, token));
    this.#outbox = new Outbox(ledger, begun.sectionOutboxBound);
    this.#context = {
      ...begun.context,
      own: this.#own,
      at: (subtree: SubtreeName): StateReader => begun.view.reader(subtree),
      lock: (ref) => begun.rules.settlement.readLock(begun.view.reader('economy'), ledger, ref),
      send: (message) => this.#outbox.send(message),
    };
  }

  /** What needs no state: chain, ledger, operations. */
  know(transaction: EncodedTransaction): KnownTransaction | Inadmissible {
    const { body } = transaction.value;
    if (body.ledger !== this.#ledger)
      return { code: 'WRONG_LEDGER', data: { ledger: body.ledger, section: this.#ledger } };
    const { context, rules } = this.#begun;
    return checkKnown(transaction, context.genesis.chainId, rules, context.parameters);
  }

  /** Expiry, nonce and funds after the transactions executed so far. */
  admit(known: KnownTransaction): Inadmissible | undefined {
    return (
      checkTurn(known.transaction, this.#own, this.#begun.context.timeMs) ??
      checkFunds(known, (payer, ledger, token) => this.#available(payer, ledger, token))
    );
  }

  /** Meters are read as of S; the economy's own transactions are paid from balances as they are now. */
  #available(payer: Address, ledger: LedgerName, token: TokenName): bigint {
    const { settlement } = this.#begun.rules;
    if (ledger === 'economy' && token === 'FLX')
      return settlement.meterBalance(this.#own, payer, ledger, token);
    const atS = settlement.meterBalance(this.#begun.view.reader('economy'), payer, ledger, token);
    return atS - this.#charges.charged(payer, token);
  }

  /**
   * Executes an admitted transaction, which gets a receipt. If it turns out that it would fail without paying, it
   * changes nothing and the answer says why no section may contain it.
   */
  execute(known: KnownTransaction): Inadmissible | undefined {
    const { transaction, module } = known;
    const { body } = transaction.value;
    const { settlement } = this.#begun.rules;
    const paysFromBalance = this.#ledger === 'economy';
    const index = this.#transactions.length;
    module.beginTransaction?.();
    this.#charges.begin(body.sender, feeDemand(known));
    if (paysFromBalance) settlement.holdFee(this.#own, body.sender, body.maxFee);
    const outcome = this.#runOperations(known);
    const refusal = this.#unpaidFailure(known, outcome);
    if (refusal !== undefined) {
      if (paysFromBalance) settlement.releaseFee(this.#own, body.sender, body.maxFee, 0n);
      return refusal;
    }
    useNonce(this.#own, body.sender);
    const fees = this.#feesOf(known, outcome);
    if (paysFromBalance) settlement.releaseFee(this.#own, body.sender, body.maxFee, amountOf(fees, 'FLX'));
    const charges = this.#charges.end(index, fees, outcome.status === COMMON_STATUSES.OK);
    this.#gasSold += this.#soldFor(amountOf(fees, 'FLX'));
    const item = module.proofItem({
      txId: transaction.id,
      sender: body.sender,
      status: outcome.status,
      events: outcome.events,
    });
    this.#transactions.push(transaction);
    this.#proofItems.push(item);
    this.#gas += outcome.gas;
    this.#receipts.push({
      ledger: this.#ledger,
      txId: transaction.id,
      height: this.#begun.context.height,
      index,
      status: outcome.status,
      failedOperation: outcome.failedOperation,
      gas: outcome.gas,
      charges,
      events: [...outcome.events],
      proofCommitment: hashOf('proof-item', item),
    });
    return undefined;
  }

  /**
   * Free operations are free where they succeed, which their quotas bound. A transaction with one that fails pays for
   * all that was executed, and if its maxFee does not cover that, no section may contain it: otherwise anyone could
   * fill blocks with failures that cost nothing.
   */
  #unpaidFailure(known: KnownTransaction, outcome: Outcome): Inadmissible | undefined {
    const { status, failedOperation, gas } = outcome;
    const failedGas = known.cost.operationGas[failedOperation];
    if (failedGas === undefined || !hasFree(known.handlers)) return undefined;
    const executed = status === COMMON_STATUSES.OUT_OF_GAS ? gas - failedGas : gas;
    const needed = BigInt(executed) * this.#begun.context.parameters.gasPrice;
    const { maxFee } = known.transaction.value.body;
    if (needed <= maxFee) return undefined;
    const data = { status, failedOperation, maxFee: maxFee.toString(), needed: needed.toString() };
    return { code: 'FREE_OPERATION_FAILED', data };
  }

  /** All operations in order, or none of them. */
  #runOperations(known: KnownTransaction): Outcome {
    const { transaction, handlers, cost } = known;
    const { parameters } = this.#begun.context;
    const { body } = transaction.value;
    const paysForItself = !isFree(handlers);
    const events: LedgerEvent[] = [];
    const scope = new OperationScope(this.#context, this.#charges, transaction, events);
    const sent = this.#outbox.length;
    let gas = baseGas(transaction, parameters);
    let paidGas = paysForItself ? gas : 0;
    this.#view.checkpoint(this.#ledger);
    for (const [index, handler] of handlers.entries()) {
      const operationGas = cost.operationGas[index] as number;
      gas += operationGas;
      if (handler.free !== true) paidGas += operationGas;
      const failure =
        BigInt(paidGas) * parameters.gasPrice > body.maxFee
          ? { status: COMMON_STATUSES.OUT_OF_GAS, events: [] }
          : this.#runOperation(transaction, handler, index, scope);
      if (failure === undefined) continue;
      this.#view.revert(this.#ledger);
      this.#outbox.truncate(sent);
      return { ...failure, failedOperation: index, gas };
    }
    this.#view.accept(this.#ledger);
    return { status: COMMON_STATUSES.OK, failedOperation: NO_FAILED_OPERATION, gas, events };
  }

  /** How one operation failed, if it did. Anything but a failure that the ledger declares is a bug, and goes up. */
  #runOperation(
    transaction: EncodedTransaction,
    handler: OperationHandler<unknown>,
    index: number,
    scope: OperationScope,
  ): Pick<Outcome, 'status' | 'events'> | undefined {
    const operation = transaction.value.body.operations[index] as { data: Uint8Array };
    let value: unknown;
    try {
      value = decode(handler.spec.type, operation.data, handler.name);
    } catch (error) {
      if (errorCode(error) !== 'MALFORMED_BYTES') throw error;
      return { status: COMMON_STATUSES.MALFORMED_OPERATION, events: [] };
    }
    scope.operationIndex = index;
    try {
      handler.execute(value, scope);
      return undefined;
    } catch (error) {
      if (!(error instanceof OperationFailure)) throw error;
      if (error.status === COMMON_STATUSES.OK)
        throw new InvariantViolation(`${handler.name} failed with the status of success`);
      const { status, event } = error;
      return { status, events: event === undefined ? [] : [encodeEvent(event.spec, event.value, index, 0)] };
    }
  }

  /** Gas in FLX up to maxFee; free operations and fixed fees count only where the transaction succeeded. */
  #feesOf(known: KnownTransaction, outcome: Outcome): Charge[] {
    const { maxFee } = known.transaction.value.body;
    const charges: Charge[] = [];
    const gasFee = this.#gasFee(known, outcome);
    const isOverBudget = gasFee > maxFee;
    if (gasFee > 0n && maxFee > 0n)
      charges.push({ token: CLASS_TOKENS.transaction, amount: isOverBudget ? maxFee : gasFee });
    if (outcome.status === COMMON_STATUSES.OK) charges.push(...known.cost.fixedFees);
    return charges;
  }

  #gasFee(known: KnownTransaction, outcome: Outcome): bigint {
    const gas = outcome.status === COMMON_STATUSES.OK ? known.cost.paidGas : outcome.gas;
    return BigInt(gas) * this.#begun.context.parameters.gasPrice;
  }

  /** How much gas a fee pays for: less than was used where maxFee did not cover it. */
  #soldFor(gasFee: bigint): number {
    const { gasPrice } = this.#begun.context.parameters;
    return gasPrice === 0n ? 0 : Number(gasFee / gasPrice);
  }

  /** What was executed so far; the last call. */
  result(): SectionResult {
    const view = this.#view;
    return {
      ledger: this.#ledger,
      transactions: this.#transactions,
      txIds: this.#transactions.map((transaction) => transaction.id),
      receipts: this.#receipts,
      preRoot: this.#begun.preRoot(this.#ledger),
      postRoot: view.root(this.#ledger),
      gas: this.#gas,
      gasSold: this.#gasSold,
      outbox: this.#outbox.messages,
      charges: this.#charges.charges,
      jobs: this.#charges.jobs,
      proofItems: this.#proofItems,
      view,
      discard: () => view.discard(),
    };
  }

  /** Gives everything back; there will be no result. */
  abandon(): void {
    this.#view.discard();
  }
}

function amountOf(charges: readonly Charge[], token: TokenName): bigint {
  return charges.find((charge) => charge.token === token)?.amount ?? 0n;
}
