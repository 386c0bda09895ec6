import { LEDGERS, type LedgerName } from '../types/names.ts';
import type { Address } from '../types/ssz-bytes.ts';
import { LIMITS } from '../util/limits.ts';
import { LruCache } from '../util/lru-cache.ts';
import type { Account } from './lane.ts';

type ReadAccount = (ledger: LedgerName, sender: Address) => Account;

/** What the head says of senders: one object per account and head, by which a lane sees that nothing has changed. */
export class AccountCache {
  readonly #read: ReadAccount;
  readonly #known: ReadonlyMap<LedgerName, LruCache<Address, Account>>;

  constructor(read: ReadAccount) {
    this.#read = read;
    this.#known = new Map(
      LEDGERS.map((ledger) => [ledger, new LruCache(LIMITS.maxCachedAccountsPerLedger)] as const),
    );
  }

  get(ledger: LedgerName, sender: Address): Account {
    const accounts = this.#known.get(ledger);
    const known = accounts?.get(sender);
    if (known !== undefined) return known;
    const account = this.#read(ledger, sender);
    accounts?.set(sender, account);
    return account;
  }

  /** The head has moved on. */
  clear(): void {
    for (const accounts of this.#known.values()) accounts.clear();
  }
}
