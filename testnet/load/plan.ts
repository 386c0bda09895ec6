import { signTransaction } from '../../src/client/transaction-builder.ts';
import type { LedgerName } from '../../src/types/names.ts';
import type {
  LedgerScenarios,
  OperationScenario,
  PlanContext,
  PlannedTransaction,
  PlanSetting,
} from './scenario.ts';

/** A signed transaction, ready to be sent. */
export interface PreparedTransaction {
  readonly txId: string;
  readonly bytes: Uint8Array;
  readonly ledger: LedgerName;
  readonly operation: string;
  /** Status that its receipt should have. */
  readonly expected: string;
  /** Address of the sender; its transactions are sent in order, to one node. */
  readonly sender: string;
  /** Milliseconds from the beginning of the load. */
  readonly atMs: number;
}

export interface PlanOptions extends PlanSetting {
  readonly maxFee: bigint;
  /** Next nonces on the chain, by {@link nonceKey}. */
  readonly nonces: ReadonlyMap<string, bigint>;
}

export function nonceKey(address: string, ledger: LedgerName): string {
  return `${address} ${ledger}`;
}

/** How long a transaction stays valid after it was planned to leave. */
const LIFETIME_MS = 10 * 60_000;
/** Of 10 transactions of a kind, how many are meant to fail. */
const FAILURES_PER_TEN = 1;

/** Plans and signs transactions, and counts every sender's nonces. */
export class Planner {
  readonly #options: PlanOptions;
  readonly #nonces: Map<string, bigint>;
  readonly #turns = new Map<readonly unknown[], number>();
  #unique = 0;

  constructor(options: PlanOptions) {
    this.#options = options;
    this.#nonces = new Map(options.nonces);
  }

  context(atMs: number): PlanContext {
    const { maxFee: _fee, nonces: _nonces, ...setting } = this.#options;
    return {
      ...setting,
      atMs,
      unique: () => this.#unique++,
      nonceOf: (sender, ledger) => this.#nonceOf(sender.address, ledger),
      rotate: (list) => this.#rotate(list),
    };
  }

  #nonceOf(address: string, ledger: LedgerName): bigint {
    return this.#nonces.get(nonceKey(address, ledger)) ?? 0n;
  }

  #rotate<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError('nothing to take in turn');
    const turn = this.#turns.get(list) ?? 0;
    this.#turns.set(list, turn + 1);
    return list[turn % list.length] as T;
  }

  /** Signs a planned transaction with its sender's next nonce, which is used up. */
  sign(
    ledger: LedgerName,
    operation: string,
    planned: PlannedTransaction,
    atMs: number,
  ): PreparedTransaction {
    const { sender } = planned;
    const nonce = this.#nonceOf(sender.address, ledger);
    this.#nonces.set(nonceKey(sender.address, ledger), nonce + 1n);
    const encoded = signTransaction(sender.keys, this.#options, {
      ledger,
      nonce,
      validUntilMs: this.#options.startMs + Math.ceil(atMs) + LIFETIME_MS,
      maxFee: this.#options.maxFee,
      operations: planned.operations,
    });
    return {
      txId: encoded.id,
      bytes: encoded.bytes,
      ledger,
      operation,
      expected: planned.expected,
      sender: sender.address,
      atMs,
    };
  }

  /**
   * `rate` transactions a second over `seconds`, evenly spaced. Every scenario comes in turn first, to succeed and to
   * fail, so that even a short load shows each kind; then by weight.
   */
  plan(ledgers: readonly LedgerScenarios[], rate: number, seconds: number): PreparedTransaction[] {
    const scenarios = ledgers.flatMap(({ ledger, create }) =>
      create().map((scenario) => ({ ledger: scenario.ledger ?? ledger, scenario })),
    );
    const schedule = new Schedule(scenarios.map(({ scenario }) => scenario));
    const prepared: PreparedTransaction[] = [];
    for (let index = 0; index < Math.round(rate * seconds); index++) {
      const atMs = Math.round((index * 1_000) / rate);
      const context = this.context(atMs);
      const { which, planned } = schedule.next(context);
      const { ledger, scenario } = scenarios[which] as (typeof scenarios)[number];
      prepared.push(this.sign(ledger, scenario.operation, planned, atMs));
    }
    return prepared;
  }
}

/** Chooses which scenario is next, and whether it is to fail. */
class Schedule {
  readonly #scenarios: readonly OperationScenario[];
  /** How much each scenario is owed; the one that is owed most is next (smooth weighted round-robin). */
  readonly #credit: number[];
  readonly #succeeded: number[];
  readonly #failed: number[];

  constructor(scenarios: readonly OperationScenario[]) {
    this.#scenarios = scenarios;
    this.#credit = scenarios.map(() => 0);
    this.#succeeded = scenarios.map(() => 0);
    this.#failed = scenarios.map(() => 0);
  }

  /** What was never shown comes first, as soon as it can be; then the scenario that is owed most. */
  next(context: PlanContext): { which: number; planned: PlannedTransaction } {
    for (const [which, { succeed, fail }] of this.#scenarios.entries()) {
      const planned =
        (this.#succeeded[which] === 0 ? this.#note(this.#succeeded, which, succeed(context)) : undefined) ??
        (this.#failed[which] === 0 ? this.#note(this.#failed, which, fail(context)) : undefined);
      if (planned !== undefined) return { which, planned };
    }
    for (const which of this.#byCredit()) {
      const planned = this.#choose(which, context);
      if (planned === undefined) continue;
      this.#charge(which);
      return { which, planned };
    }
    throw new RangeError('no scenario can be planned');
  }

  #note(
    counters: number[],
    which: number,
    planned: PlannedTransaction | undefined,
  ): PlannedTransaction | undefined {
    if (planned !== undefined) counters[which] = (counters[which] as number) + 1;
    return planned;
  }

  #byCredit(): number[] {
    return this.#scenarios
      .map((_, index) => index)
      .sort((a, b) => (this.#credit[b] as number) - (this.#credit[a] as number));
  }

  #choose(which: number, context: PlanContext): PlannedTransaction | undefined {
    const { succeed, fail } = this.#scenarios[which] as OperationScenario;
    const failed = this.#failed[which] as number;
    const all = failed + (this.#succeeded[which] as number);
    if (failed * 10 < all * FAILURES_PER_TEN) {
      const planned = this.#note(this.#failed, which, fail(context));
      if (planned !== undefined) return planned;
    }
    return this.#note(this.#succeeded, which, succeed(context));
  }

  #charge(which: number): void {
    let total = 0;
    for (const [index, { weight }] of this.#scenarios.entries()) {
      this.#credit[index] = (this.#credit[index] as number) + weight;
      total += weight;
    }
    this.#credit[which] = (this.#credit[which] as number) - total;
  }
}
