import type { CachedVerifier } from '../crypto/cached-verifier.ts';
import type { State, StateView } from '../ledger/state/state.ts';
import type { Certificate } from '../types/certificate.ts';
import type { Genesis } from '../types/genesis.ts';
import type { LedgerName } from '../types/names.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import type { StateChange } from '../types/state-leaf.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import type { ValidatorSet } from '../types/validator.ts';
import type { Clock } from '../util/clock.ts';
import { NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import type { Logger } from '../util/logger.ts';
import type { BadBlocks } from './bad-blocks.ts';
import type { BlockFault } from './block-fault.ts';
import { BlockValidator, type ValidationVerdict } from './block-validator.ts';
import { type BlockProducer, buildBlock } from './build-block.ts';
import { CandidateBlocks } from './candidate-blocks.ts';
import type { ChainHead, ChainPosition } from './chain-position.ts';
import { blockBytes, type CompleteBlock } from './complete-block.ts';
import type { EvidencePool } from './evidence-pool.ts';
import { type ExecutedBlock, type SimulatedTransaction, simulateTransaction } from './execute.ts';
import { Grounds } from './grounds.ts';
import type { ChainHistory, StoredBlock } from './history.ts';
import type { ParentFacts } from './parent-facts.ts';
import { type ReplayedBlock, replayBlock } from './replay-block.ts';
import type { MinedSection, SectionGround } from './section-ground.ts';
import { type TracedTransaction, traceTransaction } from './trace-transaction.ts';
import type { TransactionPool } from './transaction-pool.ts';
import { UndoLog } from './undo-log.ts';

export type ChainErrorCode = 'STATE_MISMATCH' | 'NOT_NEXT_BLOCK' | 'INVALID_COMMITTED_BLOCK';

export interface ChainDeps {
  readonly genesis: Genesis;
  readonly genesisHash: Hash;
  readonly history: ChainHistory;
  readonly state: State;
  readonly pool: TransactionPool;
  readonly evidence: EvidencePool;
  readonly verifier: CachedVerifier;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The chain as this node has committed it, and the blocks under consideration above its head. Consensus and sync
 * both commit through `commit`, one at a time; a block is executed at most once, whoever asks first.
 */
export class Chain {
  readonly genesis: Genesis;
  readonly genesisHash: Hash;
  readonly #deps: ChainDeps;
  readonly #candidates = new CandidateBlocks();
  readonly #undoLog = new UndoLog();
  readonly #grounds: Grounds;
  readonly #validator: BlockValidator;
  readonly #listeners = new Set<(committed: StoredBlock) => void>();
  #at: ChainPosition;
  #committing: Promise<void> = Promise.resolve();

  /** A chain at the state that `state` holds, which the caller has checked against the head's state root. */
  constructor(deps: ChainDeps, at: ChainPosition) {
    this.#deps = deps;
    this.genesis = deps.genesis;
    this.genesisHash = deps.genesisHash;
    this.#grounds = new Grounds(deps.state);
    this.#at = at;
    this.#validator = new BlockValidator({
      ...deps,
      candidates: this.#candidates,
      position: () => this.#at,
      ground: () => this.ground,
    });
  }

  get history(): ChainHistory {
    return this.#deps.history;
  }

  /** What validators have to answer for and no block holds yet. */
  get evidence(): EvidencePool {
    return this.#deps.evidence;
  }

  get head(): ChainHead {
    return this.#at.head;
  }

  /** V(head): whose seals the head's certificate carries. */
  get previousValidators(): ValidatorSet {
    return this.#at.previousValidators;
  }

  /** V(head + 1): who decides the next block. */
  get validators(): ValidatorSet {
    return this.#at.validators;
  }

  /** V(head + 2). */
  get nextValidators(): ValidatorSet {
    return this.#at.nextValidators;
  }

  /** The committed state, for reads. */
  get state(): State {
    return this.#deps.state;
  }

  /** Whether the next block has something to do: an executable transaction, or messages between ledgers. */
  hasWork(): boolean {
    return this.#at.hasPendingWork || this.#deps.pool.mempool.hasExecutable();
  }

  /** Is called after each commit, in order of heights. Returns how to stop it. */
  onCommitted(listener: (committed: StoredBlock) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A block above the head that this node has the bytes of: proposed, fetched or restored from the journal. */
  candidate(hash: Hash): CompleteBlock | undefined {
    return this.#candidates.get(hash)?.complete;
  }

  /** See BlockValidator.addCandidate. */
  addCandidate(complete: CompleteBlock): BlockFault | undefined {
    return this.#validator.addCandidate(complete);
  }

  /** See BlockValidator.validate. */
  validate(complete: CompleteBlock, options: { reproposal: boolean }): Promise<ValidationVerdict> {
    return this.#validator.validate(complete, options);
  }

  /** See BlockValidator.checkAhead. */
  checkAhead(complete: CompleteBlock, certificate: Certificate): Promise<void> {
    return this.#validator.checkAhead(complete, certificate);
  }

  /** Whether the validators have decided the block after the head, and this node knows it though it is not there yet. */
  get isNextDecided(): boolean {
    return this.#candidates.hasDecided;
  }

  /** Whether a certificate proves that V(head + 1) decided this block as the next one. */
  isCertified(hash: Hash, certificate: Certificate): Promise<boolean> {
    return this.#validator.isCertified(hash, certificate);
  }

  /** The last candidates that were refused. */
  get badBlocks(): BadBlocks {
    return this.#validator.badBlocks;
  }

  /** Lowest height that `replay` still knows the state for; undefined before the first commit of this process. */
  lowestReplayable(): number | undefined {
    return this.#undoLog.lowestHeight();
  }

  /**
   * Lets `use` look at the state after the block at `height`; undefined if it is not at hand any more, or not yet. The
   * view is discarded afterwards.
   */
  lookAt<T>(height: number, use: (view: StateView) => T): T | undefined {
    const { state } = this.#deps;
    const view =
      height === this.#at.head.height ? state.extend() : this.#undoLog.groundOf(height + 1, state)?.view;
    if (view === undefined) return undefined;
    try {
      return use(view);
    } finally {
      view.discard();
    }
  }

  /**
   * Executes a committed block once more, on the state that it was executed on, and compares everything that it
   * claims. Undefined if that state is not at hand any more. Nothing of the outcome is kept.
   */
  replay(height: number): ReplayedBlock | undefined {
    const stored = this.#deps.history.block(height);
    const below = this.#undoLog.groundOf(height, this.#deps.state);
    if (stored === undefined || below === undefined) return undefined;
    return replayBlock(stored, below);
  }

  /**
   * Executes a section of a committed block once more, up to one transaction, and tells what that does. Undefined if the
   * state for it is not at hand any more, or does not bear it. Nothing of the outcome is kept.
   */
  trace(height: number, ledger: LedgerName, index: number): TracedTransaction | undefined {
    const stored = this.#deps.history.block(height);
    const below = this.#undoLog.groundOf(height, this.#deps.state);
    if (stored === undefined || below === undefined) return undefined;
    return traceTransaction(stored, below, ledger, index);
  }

  /** What a transaction would do in the very next block, alone; nothing is kept. Its signature is not checked. */
  simulate(transaction: EncodedTransaction): SimulatedTransaction {
    return simulateTransaction(transaction, this.#parentFacts(), this.#deps.state);
  }

  /** The ground on which the next block's sections are mined and checked. */
  get ground(): SectionGround {
    return this.#grounds.onHead(this.#parentFacts());
  }

  /**
   * The ground above a block that is being voted on, for those who mine ahead. It becomes `ground` when that block is
   * committed. Undefined for a block that is not executed; asking for another one lets go of this one.
   */
  groundAbove(hash: Hash): SectionGround | undefined {
    const candidate = this.#candidates.get(hash);
    return candidate === undefined ? undefined : this.#grounds.above(hash, candidate, this.#parentFacts());
  }

  /**
   * Builds the next block with this node as its proposer, out of `mined` sections of elected miners on `ground` and
   * of its own for the other ledgers; it is a candidate, already executed.
   */
  build(
    producer: BlockProducer,
    maxTransactions: number = LIMITS.maxTransactionsPerSection,
    mined: readonly MinedSection[] = [],
  ): CompleteBlock {
    const { pool, evidence, clock } = this.#deps;
    const built = buildBlock({
      ground: this.ground,
      lastCertificate: this.#at.head.certificate,
      evidence: evidence.forNextBlock(),
      mined,
      mempool: pool.mempool,
      producer,
      maxTransactions,
      wallMs: clock.wallMs(),
    });
    pool.dropInadmissible(built.skipped);
    this.addCandidate(built.complete);
    // Built twice within one tick of the clock, a block is the same block: one execution is enough.
    this.#candidates.keep(built.complete.hash, built.executed);
    return built.complete;
  }

  /**
   * Makes a decided block the head: one synced batch to disk, then the state in memory. Calls are served one after
   * the other; a block that is already committed is no error.
   * @throws NodeError NOT_NEXT_BLOCK; INVALID_COMMITTED_BLOCK when this node cannot reproduce a decided block
   */
  commit(complete: CompleteBlock, certificate: Certificate): Promise<void> {
    const run = this.#committing.then(() => this.#commitNow(complete, certificate));
    this.#committing = run.catch(() => undefined);
    return run;
  }

  async #commitNow(complete: CompleteBlock, certificate: Certificate): Promise<void> {
    const { height } = complete.block.header;
    if (height <= this.#at.head.height) return;
    if (height !== this.#at.head.height + 1)
      throw new NodeError<ChainErrorCode>(
        'NOT_NEXT_BLOCK',
        `block ${height} does not follow ${this.#at.head.height}`,
      );
    const verdict = await this.validate(complete, { reproposal: true });
    const executed = this.#candidates.get(complete.hash)?.executed;
    if (!verdict.valid || executed === undefined)
      throw new NodeError<ChainErrorCode>(
        'INVALID_COMMITTED_BLOCK',
        'a decided block is invalid on this node',
        {
          data: { height, hash: complete.hash, reason: verdict.valid ? 'NOT_EXECUTED' : verdict.reason },
          hint: 'this node computes another state than its validators: stop it, and compare versions and data',
        },
      );
    const changes = executed.view.changes();
    await this.#persist(complete, certificate, executed, changes);
    this.#undoLog.note(this.#parentFacts(), this.#deps.state, changes);
    this.#advance(complete, certificate, executed);
  }

  async #persist(
    complete: CompleteBlock,
    certificate: Certificate,
    executed: ExecutedBlock,
    stateChanges: StateChange[],
  ): Promise<void> {
    await this.#deps.history.store.saveBlock({
      height: complete.block.header.height,
      hash: complete.hash,
      bytes: blockBytes(complete),
      receipts: executed.receipts,
      proofItems: executed.proofItems,
      ...(executed.bill === undefined ? {} : { bill: executed.bill }),
      certificate,
      stateChanges,
      // The header says V(height + 1); where that is another set than V(height), later proofs need its members.
      ...(this.#at.nextValidators.hash === this.#at.validators.hash
        ? {}
        : { nextValidators: this.#at.nextValidators.members }),
    });
  }

  #advance(complete: CompleteBlock, certificate: Certificate, executed: ExecutedBlock): void {
    const { state, pool, evidence, logger } = this.#deps;
    const { header } = complete.block;
    state.commit(executed.view);
    this.#grounds.advance(executed);
    const { height, timeMs, proposer } = header;
    this.#candidates.advanceTo(height, executed);
    this.#at = {
      head: { height, hash: complete.hash, timeMs, proposer, header, certificate },
      beacon: header.beacon.output,
      previousValidators: this.#at.validators,
      validators: executed.validators,
      nextValidators: executed.nextValidators,
      hasPendingWork: executed.hasPendingWork,
    };
    pool.onCommitted(complete.transactions);
    evidence.onCommitted();
    logger.info(
      {
        height,
        hash: complete.hash,
        round: certificate.round,
        transactions: complete.transactions.flat().length,
      },
      'block committed',
    );
    const { block } = complete;
    const committed = { height, hash: complete.hash, block, certificate, receipts: executed.receipts };
    for (const listener of this.#listeners) listener(committed);
  }

  #parentFacts(): ParentFacts {
    return {
      genesis: this.genesis,
      genesisHash: this.genesisHash,
      height: this.#at.head.height,
      hash: this.#at.head.hash,
      timeMs: this.#at.head.timeMs,
      beacon: this.#at.beacon,
      validators: this.#at.validators,
      nextValidators: this.#at.nextValidators,
    };
  }
}
