import type { LedgerName } from '../types/names.ts';
import type { Address } from '../types/ssz-bytes.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import { workOf } from './admission-window.ts';

/** Where a transaction came from: through the own RPC, or from a peer. */
export type Origin = 'local' | 'gossip';

/** What the head says of a sender on a ledger. `available` is what can pay fees there, in micro-FLX. */
export interface Account {
  readonly nextNonce: bigint;
  readonly available: bigint;
}

export interface PoolEntry {
  readonly transaction: EncodedTransaction;
  readonly origin: Origin;
  readonly lane: Lane;
  /** Counts up with each arrival. */
  readonly arrival: number;
  /** Rule time of its arrival. */
  readonly arrivedMs: number;
  /** The same on the monotonic clock. */
  readonly waitsSinceMs: number;
  /** Rule time after which the pool gives it up. */
  readonly deadlineMs: number;
  /** How many transactions had this nonce in the pool before. */
  readonly replacements: number;
}

/** The pooled transactions of one sender on one ledger, at most one per nonce. */
export class Lane {
  readonly ledger: LedgerName;
  readonly sender: Address;
  readonly #entries = new Map<bigint, PoolEntry>();
  #account: Account;
  #fees = 0n;
  #executable = 0;
  /** Sum of the maxFee of the executable entries. */
  #executableFees = 0n;
  #executableWork = 0;

  constructor(ledger: LedgerName, sender: Address, account: Account) {
    this.ledger = ledger;
    this.sender = sender;
    this.#account = account;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Sum of the maxFee of all entries. */
  get fees(): bigint {
    return this.#fees;
  }

  /** How many entries, from the next nonce on without a gap, the sender can pay for: a block may take them now. */
  get executable(): number {
    return this.#executable;
  }

  /** What the executable entries ask of a block. */
  get executableWork(): number {
    return this.#executableWork;
  }

  /** The next nonce is here but cannot be paid for: only a change of the account helps. */
  get isUnfunded(): boolean {
    return this.#executable === 0 && this.#entries.has(this.#account.nextNonce);
  }

  get(nonce: bigint): PoolEntry | undefined {
    return this.#entries.get(nonce);
  }

  /** The `index`-th executable entry. */
  executableAt(index: number): PoolEntry | undefined {
    return index < this.#executable ? this.#entries.get(this.#account.nextNonce + BigInt(index)) : undefined;
  }

  isExecutable(entry: PoolEntry): boolean {
    return entry.transaction.value.body.nonce < this.#account.nextNonce + BigInt(this.#executable);
  }

  /** The nonce that the sender's next transaction should have: after the head and after what waits without a gap. */
  firstFreeNonce(): bigint {
    let nonce = this.#account.nextNonce;
    while (this.#entries.has(nonce)) nonce += 1n;
    return nonce;
  }

  /** Puts an entry in the place of its nonce, which must be free. */
  insert(entry: PoolEntry): void {
    const { nonce, maxFee } = entry.transaction.value.body;
    this.#entries.set(nonce, entry);
    this.#fees += maxFee;
    this.#extend();
  }

  remove(entry: PoolEntry): void {
    const { nonce, maxFee } = entry.transaction.value.body;
    this.#entries.delete(nonce);
    this.#fees -= maxFee;
    if (this.isExecutable(entry)) this.#count();
  }

  /** Takes over what the head says now; returns the entries whose nonce is used, which are still there. */
  update(account: Account): PoolEntry[] {
    if (account === this.#account) return [];
    const isLater = account.nextNonce > this.#account.nextNonce;
    this.#account = account;
    this.#count();
    if (!isLater) return [];
    return [...this.#entries.values()].filter(
      ({ transaction }) => transaction.value.body.nonce < account.nextNonce,
    );
  }

  #count(): void {
    this.#executable = 0;
    this.#executableFees = 0n;
    this.#executableWork = 0;
    this.#extend();
  }

  /** Takes in what follows the executable entries; bounded by the number of nonces that a sender may have ahead. */
  #extend(): void {
    for (;;) {
      const entry = this.#entries.get(this.#account.nextNonce + BigInt(this.#executable));
      if (entry === undefined) return;
      const fees = this.#executableFees + entry.transaction.value.body.maxFee;
      if (fees > this.#account.available) return;
      this.#executableFees = fees;
      this.#executableWork += workOf(entry.transaction);
      this.#executable += 1;
    }
  }
}
