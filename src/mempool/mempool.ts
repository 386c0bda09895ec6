import type { DroppedTransaction, DropReason } from '../types/dropped-transaction.ts';
import { LEDGERS, type LedgerName } from '../types/names.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import type { NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import { AccountCache } from './account-cache.ts';
import { assertAdmissible } from './admission.ts';
import { AdmissionWindow, workOf } from './admission-window.ts';
import { Aside } from './aside.ts';
import type {
  AddResult,
  ContentFilter,
  MempoolDeps,
  MempoolLimits,
  PoolItem,
  PoolPage,
  PoolStatus,
} from './contract.ts';
import { Lane, type Origin, type PoolEntry } from './lane.ts';
import { LedgerQueue, type SectionRoom } from './ledger-queue.ts';
import { PoolContents } from './pool-contents.ts';
import { itemOf, pageOf, stateOf } from './pool-items.ts';
import { RecentDrops } from './recent-drops.ts';
import { chainBusy, type PoolRefusal, refusal } from './refusal.ts';

/**
 * Transactions with a valid signature that no block holds yet. Per sender and ledger there is one per nonce; those
 * that follow the head without a gap and can be paid for are executable. Everything is bounded, a full pool refuses
 * newcomers, and whatever leaves without a block is recorded with a reason.
 */
export class Mempool {
  readonly #deps: MempoolDeps;
  readonly #limits: MempoolLimits;
  readonly #contents = new PoolContents();
  readonly #queues: Readonly<Record<LedgerName, LedgerQueue>>;
  readonly #accounts: AccountCache;
  readonly #aside = new Aside();
  readonly #drops = new RecentDrops();
  readonly #window: AdmissionWindow;
  /** What passed `check`, which says the same of a transaction at any time. */
  readonly #checked = new WeakSet<EncodedTransaction>();
  #arrivals = 0;

  constructor(deps: MempoolDeps) {
    this.#deps = deps;
    this.#limits = {
      maxTransactions: LIMITS.maxPoolTransactions,
      maxBytes: LIMITS.maxPoolBytes,
      maxBytesPerSender: LIMITS.maxPoolBytesPerSender,
      maxAgeMs: LIMITS.maxPoolAgeMs,
      ...deps.limits,
    };
    this.#queues = Object.fromEntries(LEDGERS.map((ledger) => [ledger, new LedgerQueue(ledger)])) as Record<
      LedgerName,
      LedgerQueue
    >;
    this.#window = new AdmissionWindow(deps.maxBlockWaitMs, () => deps.doors());
    this.#accounts = new AccountCache((ledger, sender) => deps.account(ledger, sender));
  }

  /**
   * Why a newcomer of the own RPC is refused where more comes than blocks take in time, before anybody looks at it: so
   * what is admitted is final soon, however much is offered. What came from peers was admitted by one of them.
   * `pending`: what those ask of a block that are on their way into the pool, and those of them of the own RPC.
   */
  whyBusy(pending: { readonly all: number; readonly own: number }): NodeError<PoolRefusal> | undefined {
    const waiting = this.#executableWork();
    const retryAfterMs = this.#window.retryAfterMs(this.#deps.monotonicMs(), {
      pending: pending.all,
      ownPending: pending.own,
      waiting,
    });
    return retryAfterMs > 0 ? chainBusy({ waiting, retryAfterMs }) : undefined;
  }

  /**
   * All rules of admission but the signature, so that nobody pays for checking one in vain.
   * @throws NodeError with a PoolRefusal, or what `check` throws
   */
  precheck(transaction: EncodedTransaction): void {
    const { ledger, sender, nonce } = transaction.value.body;
    if (this.#contents.has(transaction.id))
      throw refusal('ALREADY_KNOWN', transaction, 'the transaction is in the pool');
    const lane = this.#queues[ledger].lane(sender);
    assertAdmissible(transaction, {
      account: this.#accounts.get(ledger, sender),
      ruleTimeMs: this.#deps.ruleTimeMs(),
      occupant: lane?.get(nonce),
      laneFees: lane?.fees ?? 0n,
      senderBytes: this.#contents.bytesOf(sender),
      poolBytes: this.#contents.bytes,
      poolTransactions: this.#contents.size,
      limits: this.#limits,
    });
    if (this.#checked.has(transaction)) return;
    this.#deps.check?.(transaction);
    this.#checked.add(transaction);
  }

  /** Monotonic: what `add` takes for the time when a transaction came. */
  get nowMs(): number {
    return this.#deps.monotonicMs();
  }

  /**
   * Takes a transaction whose signature is valid, and which waits for its block since `waitsSinceMs`.
   * @throws NodeError with a PoolRefusal, or what `check` throws; nothing has changed then
   */
  add(transaction: EncodedTransaction, origin: Origin, waitsSinceMs = this.nowMs): AddResult {
    this.precheck(transaction);
    const { ledger, sender, nonce, validUntilMs } = transaction.value.body;
    const lane =
      this.#queues[ledger].lane(sender) ?? new Lane(ledger, sender, this.#accounts.get(ledger, sender));
    const occupant = lane.get(nonce);
    if (occupant !== undefined) this.#drop(occupant, 'REPLACED');
    this.#refresh(lane);
    const arrivedMs = this.#deps.ruleTimeMs();
    const entry: PoolEntry = {
      transaction,
      origin,
      lane,
      arrival: this.#arrivals++,
      arrivedMs,
      waitsSinceMs,
      deadlineMs: Math.min(validUntilMs, arrivedMs + this.#limits.maxAgeMs),
      replacements: occupant === undefined ? 0 : occupant.replacements + 1,
    };
    this.#insert(entry);
    this.#window.onAdmitted(this.nowMs, workOf(transaction), origin === 'local');
    this.#drops.forget(transaction.id);
    const state = stateOf(entry);
    if (state === 'pooled') this.#deps.onExecutable?.(ledger);
    return { state, replaced: occupant?.transaction.id };
  }

  /** Whether the transaction waits here for a block. */
  has(id: Hash): boolean {
    return this.#contents.has(id);
  }

  /** A transaction of the pool, or one that stands beside it for a proposal. */
  get(id: Hash): EncodedTransaction | undefined {
    return this.#contents.get(id)?.transaction ?? this.#aside.get(id);
  }

  /** What the pool itself holds of a transaction. */
  item(id: Hash): PoolItem | undefined {
    const entry = this.#contents.get(id);
    return entry === undefined ? undefined : itemOf(entry);
  }

  /** The nonce that the sender's next transaction on a ledger should have. */
  nextNonce(ledger: LedgerName, sender: Address): bigint {
    const lane = this.#queues[ledger].lane(sender);
    if (lane === undefined) return this.#accounts.get(ledger, sender).nextNonce;
    this.#refresh(lane);
    return lane.firstFreeNonce();
  }

  /** Whether the next block could hold a transaction of the ledger, or of any. */
  hasExecutable(ledger?: LedgerName): boolean {
    if (ledger === undefined) return LEDGERS.some((name) => this.hasExecutable(name));
    for (const lane of this.#queues[ledger].rotation()) {
      // Its account may have changed since: a lane that lost its turn leaves the rotation here.
      this.#refresh(lane);
      if (lane.executable > 0) return true;
    }
    return false;
  }

  /** Transactions for a section: senders in turn by arrival, each sender's by nonce, as far as there is room. */
  executable(ledger: LedgerName, room: SectionRoom): EncodedTransaction[] {
    const queue = this.#queues[ledger];
    let lanes = 0;
    for (const lane of queue.rotation()) {
      if (lanes++ >= room.maxTransactions) break;
      this.#refresh(lane);
    }
    return queue.select(room);
  }

  /** Keeps the bytes of these transactions until the height is decided: an undecided proposal names them. */
  pin(ids: Iterable<Hash>): void {
    this.#aside.pin(ids);
  }

  /** Keeps a transaction that was fetched for a proposal, beside the pool. False if there is no room. */
  addFetched(transaction: EncodedTransaction): boolean {
    return this.#contents.has(transaction.id) || this.#aside.add(transaction);
  }

  /**
   * A block is committed and `account` and `ruleTimeMs` speak of it: its transactions leave, others whose nonce is
   * used or whose time is over are dropped, and what was kept for proposals of that height is let go.
   */
  onCommit(included: readonly EncodedTransaction[]): void {
    this.#accounts.clear();
    const arrivalsMs: number[] = [];
    const touched = new Set<Lane>();
    for (const { id, value } of included) {
      this.#drops.forget(id);
      const lane = this.#queues[value.body.ledger].lane(value.body.sender);
      if (lane !== undefined) touched.add(lane);
      const entry = this.#contents.get(id);
      if (entry === undefined) continue;
      arrivalsMs.push(entry.waitsSinceMs);
      this.#remove(entry);
    }
    this.#window.onServed(this.#deps.monotonicMs(), arrivalsMs);
    this.#aside.clear();
    for (const lane of touched) {
      this.#refresh(lane);
      this.#queues[lane.ledger].moveToEnd(lane);
    }
    this.#dropExpired();
    for (const ledger of LEDGERS) this.#retryUnfunded(this.#queues[ledger]);
  }

  /** Gives a transaction up, for example because no block can hold it. False if it is not in the pool. */
  drop(id: Hash, reason: DropReason): boolean {
    const entry = this.#contents.get(id);
    if (entry === undefined) return false;
    this.#drop(entry, reason);
    return true;
  }

  status(): PoolStatus {
    return {
      transactions: this.#contents.size,
      bytes: this.#contents.bytes,
      maxTransactions: this.#limits.maxTransactions,
      maxBytes: this.#limits.maxBytes,
      asideTransactions: this.#aside.size,
      asideBytes: this.#aside.bytes,
      ledgers: LEDGERS.map((ledger) => {
        const { executable, transactions } = this.#queues[ledger];
        return { ledger, pooled: executable, queued: transactions - executable };
      }),
    };
  }

  /** In order of arrival; `cursor` is the `nextCursor` of the page before. */
  content(filter: ContentFilter, page: { readonly limit: number; readonly cursor?: number }): PoolPage {
    return pageOf(this.#contents.all(), filter, page);
  }

  /** Recent drops, newest first, at most LIMITS.maxRecentDrops. */
  dropped(): DroppedTransaction[] {
    return this.#drops.newestFirst();
  }

  findDrop(id: Hash): DroppedTransaction | undefined {
    return this.#drops.find(id);
  }

  #executableWork(): number {
    return LEDGERS.reduce((sum, ledger) => sum + this.#queues[ledger].executableWork, 0);
  }

  #insert(entry: PoolEntry): void {
    const { lane } = entry;
    this.#contents.add(entry);
    lane.insert(entry);
    this.#queues[lane.ledger].place(lane);
  }

  #remove(entry: PoolEntry): void {
    const { transaction, lane } = entry;
    this.#contents.delete(entry);
    lane.remove(entry);
    this.#queues[lane.ledger].place(lane);
    if (this.#aside.isPinned(transaction.id)) this.#aside.add(transaction);
  }

  #drop(entry: PoolEntry, reason: DropReason): void {
    this.#remove(entry);
    const drop = { txId: entry.transaction.id, reason, atMs: this.#deps.ruleTimeMs() };
    this.#drops.add(drop);
    this.#deps.onDropped?.(drop, entry.origin);
  }

  /** Brings a lane up to date with the head. */
  #refresh(lane: Lane): void {
    const wasExecutable = lane.executable > 0;
    const used = lane.update(this.#accounts.get(lane.ledger, lane.sender));
    for (const entry of used) this.#drop(entry, 'NONCE_USED');
    if (lane.size > 0) this.#queues[lane.ledger].place(lane);
    if (!wasExecutable && lane.executable > 0) this.#deps.onExecutable?.(lane.ledger);
  }

  #dropExpired(): void {
    const nowMs = this.#deps.ruleTimeMs();
    for (const entry of this.#contents.expired(nowMs)) {
      const isExpired = nowMs > entry.transaction.value.body.validUntilMs;
      this.#drop(entry, isExpired ? 'EXPIRED' : 'POOL_AGE');
    }
  }

  /** A deposit may have filled some meters; looks at the lanes that waited longest since they were looked at. */
  #retryUnfunded(queue: LedgerQueue): void {
    for (const lane of queue.unfunded(LIMITS.maxLaneRefreshesPerBlock)) {
      this.#refresh(lane);
      queue.moveToEnd(lane);
    }
  }
}
