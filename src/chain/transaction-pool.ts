import { verifySignatureAsync } from '../crypto/ed25519.ts';
import type { Urgency } from '../crypto/urgency.ts';
import type { InadmissibleCode } from '../ledger/admission.ts';
import type { SkippedTransaction } from '../ledger/section.ts';
import { workOf } from '../mempool/admission-window.ts';
import type { Origin } from '../mempool/lane.ts';
import type { Mempool } from '../mempool/mempool.ts';
import type { BlockStore } from '../storage/block-store.ts';
import type { DroppedTransaction } from '../types/dropped-transaction.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import { decodeTransaction, type EncodedTransaction, receivedSigningBytes } from '../types/transaction.ts';
import { toHex } from '../util/bytes.ts';
import { errorMessage, NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import type { Logger } from '../util/logger.ts';
import { DeferredChecks } from './deferred-checks.ts';

/** Why a transaction does not even come to the rules of the pool, or why no section may contain it. */
export type AdmissionErrorCode =
  | 'BAD_SIGNATURE'
  | 'WRONG_NETWORK'
  | 'TOO_MANY_PENDING'
  | 'ACCOUNT_NOT_ALLOWED'
  | InadmissibleCode;

export interface TransactionPoolDeps {
  readonly genesisHash: Hash;
  readonly chainId: number;
  readonly mempool: Mempool;
  readonly store: BlockStore;
  /** Whose transactions this node takes into its pool; blocks of others may hold any. Without it those of everyone. */
  readonly isSenderAllowed?: (sender: Address) => boolean;
  readonly logger: Logger;
}

/**
 * The door to the mempool: decode, static checks, signature on the thread pool, then the pool's own rules. Whatever
 * stands in the pool or was fetched through it has a valid signature, so a block made of such transactions needs no
 * second check. What came through the own RPC is on disk before it is answered, and ends in a receipt or a recorded
 * drop even if the node is killed in between.
 */
export class TransactionPool {
  readonly #deps: TransactionPoolDeps;
  readonly #listeners: ((transaction: EncodedTransaction, origin: Origin) => void)[] = [];
  readonly #dropListeners = new Set<(drop: DroppedTransaction) => void>();
  /** Transactions whose signature is being checked, so that copies that arrive together cost one check. */
  readonly #inFlight = new Map<Hash, Promise<void>>();
  readonly #deferred = new DeferredChecks();
  /** What those ask of a block that are on their way into the pool, and those of them that came through the own RPC. */
  readonly #pendingWork = { all: 0, own: 0 };
  #verifiedSignatures = 0;

  constructor(deps: TransactionPoolDeps) {
    this.#deps = deps;
  }

  get mempool(): Mempool {
    return this.#deps.mempool;
  }

  /** Signatures of transactions that were checked and found good since the start, those of fetched blocks included. */
  get verifiedSignatures(): number {
    return this.#verifiedSignatures;
  }

  /** Takes up what the own RPC had accepted before a restart; what no longer fits is recorded as dropped. */
  async restore(): Promise<void> {
    const { store, mempool, logger } = this.#deps;
    for (const bytes of await store.loadPooled()) {
      const transaction = decodeTransaction(bytes);
      try {
        await this.admit(transaction, 'local');
      } catch (error) {
        const { id: txId } = transaction;
        if (mempool.has(txId)) continue;
        logger.info(
          { txId, reason: errorMessage(error) },
          'a pooled transaction is refused after the restart',
        );
        await store.recordDrop({ txId, reason: 'REFUSED', atMs: transaction.value.body.validUntilMs });
      }
    }
  }

  /**
   * Admits untrusted bytes from the own RPC.
   * @throws NodeError of decodeTransaction, AdmissionErrorCode or the mempool's reasons
   */
  async submit(bytes: Uint8Array): Promise<Hash> {
    const [id] = this.submitMany([bytes]);
    return await (id as Promise<Hash>);
  }

  /**
   * The same for several, each with its own answer. Those behind one that is refused because the chain is busy are
   * refused, too: with the next nonces of its sender, they would wait for it in the pool.
   */
  submitMany(many: readonly Uint8Array[]): Promise<Hash>[] {
    let busy: NodeError | undefined;
    return many.map(async (bytes) => {
      busy ??= this.#deps.mempool.whyBusy(this.#pendingWork);
      if (busy !== undefined) throw busy;
      const transaction = decodeTransaction(bytes);
      await this.admit(transaction, 'local');
      return transaction.id;
    });
  }

  /** The same for a decoded transaction of either origin. `mayWait`: its check may wait until a block is decided. */
  async admit(transaction: EncodedTransaction, origin: Origin, mayWait = origin === 'gossip'): Promise<void> {
    const { mempool, store, isSenderAllowed } = this.#deps;
    const { sender } = transaction.value.body;
    if (isSenderAllowed?.(sender) === false)
      throw new NodeError<AdmissionErrorCode>(
        'ACCOUNT_NOT_ALLOWED',
        'this node takes no transactions of this account',
        {
          data: { txId: transaction.id, sender },
          hint: 'its operator can add the account with perm_addAccountsToAllowlist; other nodes may take it',
        },
      );
    mempool.precheck(transaction);
    const { nowMs: cameAtMs } = mempool;
    const ownWork = origin === 'local' ? workOf(transaction) : 0;
    this.#pendingWork.own += ownWork;
    try {
      await this.#verify(transaction, mayWait);
    } finally {
      this.#pendingWork.own -= ownWork;
    }
    mempool.add(transaction, origin, cameAtMs);
    // In the same tick as `add`: a block that holds the transaction is then written after this, and takes it out.
    const saved = origin === 'local' ? store.savePooled(transaction.id, transaction.bytes) : undefined;
    for (const listener of this.#listeners) listener(transaction, origin);
    await saved;
  }

  onAdmitted(listener: (transaction: EncodedTransaction, origin: Origin) => void): void {
    this.#listeners.push(listener);
  }

  /** Calls back for each transaction that leaves the pool without a block. Returns how to stop it. */
  onDropped(listener: (drop: DroppedTransaction) => void): () => void {
    this.#dropListeners.add(listener);
    return () => this.#dropListeners.delete(listener);
  }

  /**
   * The mempool gave a transaction up: the store records it if the own RPC had accepted it, even where it came back
   * from a peer first after a restart. Whoever waits for it hears of it.
   */
  dropped(drop: DroppedTransaction): void {
    this.#deps.store.recordDrop(drop).catch((error: unknown) => {
      this.#deps.logger.error(
        { txId: drop.txId, reason: errorMessage(error) },
        'a drop could not be recorded',
      );
    });
    for (const listener of this.#dropListeners) listener(drop);
  }

  /** Takes out what the builder of a section on the head left out because no section can contain it. */
  dropInadmissible(skipped: readonly SkippedTransaction[]): void {
    const { mempool, logger } = this.#deps;
    for (const { transaction, reason } of skipped) {
      // A gap only says that an earlier one was left out; everything else would keep the chain awake for nothing.
      if (reason.code === 'NONCE_GAP') continue;
      logger.debug({ txId: transaction.id, reason: reason.code }, 'inadmissible transaction left the pool');
      mempool.drop(transaction.id, 'INADMISSIBLE');
    }
  }

  get(id: Hash): EncodedTransaction | undefined {
    return this.#deps.mempool.get(id);
  }

  /** Resolves when those of these transactions that are being checked are in the pool or not. */
  async settled(ids: readonly Hash[]): Promise<void> {
    this.#deferred.hurry(ids);
    await Promise.allSettled(ids.flatMap((id) => this.#inFlight.get(id) ?? []));
  }

  /** Keeps the bytes that an undecided proposal names from being evicted. */
  pin(ids: readonly Hash[]): void {
    this.#deps.mempool.pin(ids);
  }

  /** A block is committed, and the state that the mempool asks is the one after it. */
  onCommitted(transactions: readonly (readonly EncodedTransaction[])[]): void {
    this.#deps.mempool.onCommit(transactions.flat());
    // What the block makes this node say goes first.
    setImmediate(() => this.#deferred.renew());
  }

  /** The next block has begun to form: what comes from peers meanwhile is checked once it is decided, or a while later. */
  deferChecks(): void {
    this.#deferred.begin();
  }

  /** This node needs what came from peers now, for the section that it is about to mine. */
  resumeChecks(): void {
    this.#deferred.end();
  }

  /** Keeps a transaction that was fetched for a proposal beside the pool. @throws NodeError BAD_SIGNATURE */
  async addFetched(transaction: EncodedTransaction): Promise<void> {
    await this.#verify(transaction);
    this.#deps.mempool.addFetched(transaction);
  }

  /**
   * Whether every transaction of a list is signed by its sender; the pool's own need no second check. A block is
   * judged by this, so it does not matter how many other checks wait.
   */
  async areSigned(transactions: readonly EncodedTransaction[], urgency: Urgency = 'now'): Promise<boolean> {
    const unknown = transactions.filter(({ id }) => this.get(id) === undefined);
    this.#deferred.hurry(unknown.map(({ id }) => id));
    try {
      await Promise.all(
        unknown.map(
          (transaction) => this.#inFlight.get(transaction.id) ?? this.#verifySignature(transaction, urgency),
        ),
      );
      return true;
    } catch {
      return false;
    }
  }

  #verify(transaction: EncodedTransaction, mayWait = false): Promise<void> {
    let pending = this.#inFlight.get(transaction.id);
    if (!mayWait) this.#deferred.hurry([transaction.id]);
    if (pending === undefined) {
      if (this.#inFlight.size >= LIMITS.maxPendingVerifications)
        throw new NodeError<AdmissionErrorCode>(
          'TOO_MANY_PENDING',
          'too many signatures wait to be checked',
          { data: { retryAfterMs: LIMITS.minRetryMs }, hint: 'retry after details.retryAfterMs' },
        );
      const turn = mayWait ? this.#deferred.turnOf(transaction.id) : undefined;
      const check =
        turn === undefined
          ? this.#verifySignature(transaction)
          : turn.then(() => this.#verifySignature(transaction));
      // Counted once, however many copies peers send: nobody can close doors with them.
      const work = workOf(transaction);
      this.#pendingWork.all += work;
      pending = check.finally(() => {
        this.#inFlight.delete(transaction.id);
        this.#pendingWork.all -= work;
      });
      this.#inFlight.set(transaction.id, pending);
    }
    return pending;
  }

  async #verifySignature(transaction: EncodedTransaction, urgency: Urgency = 'now'): Promise<void> {
    const { id, value } = transaction;
    const { body, auth } = value;
    if (body.chainId !== this.#deps.chainId)
      throw new NodeError<AdmissionErrorCode>('WRONG_NETWORK', `transaction of chain ${body.chainId}`, {
        data: { txId: id, expected: this.#deps.chainId },
        hint: 'build the transaction with the chain id and genesis hash of net_status',
      });
    const bytes = receivedSigningBytes(this.#deps.genesisHash, transaction);
    if (!(await verifySignatureAsync(toHex(auth.publicKey), bytes, auth.signature, urgency)))
      throw new NodeError<AdmissionErrorCode>('BAD_SIGNATURE', 'the signature does not fit the transaction', {
        data: { txId: id },
        hint: 'sign over the genesis hash of this chain (net_status) and do not change the transaction afterwards',
      });
    this.#verifiedSignatures++;
  }
}
