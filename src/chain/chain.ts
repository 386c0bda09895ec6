import type { CachedVerifier } from '../crypto/cached-verifier.ts';
import { evidenceGround } from '../ledger/evidence.ts';
import type { SkippedTransaction } from '../ledger/section.ts';
import type { State } from '../ledger/state/state.ts';
import type { BlockHeader } from '../types/block.ts';
import { type Certificate, certificateChecks } from '../types/certificate.ts';
import { evidenceListChecks } from '../types/evidence-check.ts';
import type { Genesis } from '../types/genesis.ts';
import type { Address, Hash } from '../types/ssz.ts';
import type { StateChange } from '../types/state-leaf.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import type { ValidatorSet } from '../types/validator.ts';
import type { Clock } from '../util/clock.ts';
import { NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import type { Logger } from '../util/logger.ts';
import { BadBlocks } from './bad-blocks.ts';
import { type BlockProducer, buildBlock } from './build-block.ts';
import { blockBytes, type CompleteBlock, completeBlock } from './complete-block.ts';
import type { EvidencePool } from './evidence-pool.ts';
import {
  type ExecutedBlock,
  executeComplete,
  type SimulatedTransaction,
  simulateTransaction,
} from './execute.ts';
import { type BlockFault, checkBlockForm, checkBody, type ParentFacts } from './header-rules.ts';
import type { ChainHistory, StoredBlock } from './history.ts';
import { type MinedSection, SectionGround } from './section-ground.ts';
import type { TransactionPool } from './transaction-pool.ts';
import { UndoLog } from './undo-log.ts';

/** The last committed block, or genesis at height 0, whose "hash" is the genesis hash. */
export interface ChainHead {
  readonly height: number;
  readonly hash: Hash;
  readonly timeMs: number;
  readonly proposer: Address | undefined;
  readonly header: BlockHeader | undefined;
  readonly certificate: Certificate | undefined;
}

export type ValidationVerdict =
  | { readonly valid: true }
  | { readonly valid: false; readonly reason: BlockFault };

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

/** Where a chain stands when a node opens it. */
export interface ChainPosition {
  readonly head: ChainHead;
  readonly beacon: Hash;
  /** V(head), V(head + 1), V(head + 2). */
  readonly previousValidators: ValidatorSet;
  readonly validators: ValidatorSet;
  readonly nextValidators: ValidatorSet;
  readonly hasPendingWork: boolean;
}

/** What executing a committed block once more came to: the roots, which are those of its header, or what differs. */
export type ReplayedBlock =
  | { readonly hash: Hash; readonly stateRoot: Hash; readonly receiptsRoot: Hash }
  | { readonly hash: Hash; readonly fault: BlockFault };

interface Candidate {
  readonly complete: CompleteBlock;
  fault: BlockFault | undefined;
  executed: ExecutedBlock | undefined;
  /** Whether its transactions are signed, where that was asked before its turn. */
  signed?: Promise<boolean>;
}

/**
 * The chain as this node has committed it, and the blocks under consideration above its head. Consensus and sync
 * both commit through `commit`, one at a time; a block is executed at most once, whoever asks first.
 */
export class Chain {
  readonly genesis: Genesis;
  readonly genesisHash: Hash;
  readonly #deps: ChainDeps;
  readonly #candidates = new Map<Hash, Candidate>();
  readonly #badBlocks = new BadBlocks();
  readonly #undoLog = new UndoLog();
  readonly #listeners = new Set<(committed: StoredBlock) => void>();
  #head: ChainHead;
  #beacon: Hash;
  #previousValidators: ValidatorSet;
  #validators: ValidatorSet;
  #nextValidators: ValidatorSet;
  #hasPendingWork: boolean;
  /** Above the head, and above the block that will perhaps be the next one. */
  #ground: SectionGround | undefined;
  #groundAhead: SectionGround | undefined;
  #committing: Promise<void> = Promise.resolve();

  /** A chain at the state that `state` holds, which the caller has checked against the head's state root. */
  constructor(deps: ChainDeps, at: ChainPosition) {
    this.#deps = deps;
    this.genesis = deps.genesis;
    this.genesisHash = deps.genesisHash;
    this.#head = at.head;
    this.#beacon = at.beacon;
    this.#previousValidators = at.previousValidators;
    this.#validators = at.validators;
    this.#nextValidators = at.nextValidators;
    this.#hasPendingWork = at.hasPendingWork;
  }

  get history(): ChainHistory {
    return this.#deps.history;
  }

  /** What validators have to answer for and no block holds yet. */
  get evidence(): EvidencePool {
    return this.#deps.evidence;
  }

  get head(): ChainHead {
    return this.#head;
  }

  /** V(head): whose seals the head's certificate carries. */
  get previousValidators(): ValidatorSet {
    return this.#previousValidators;
  }

  /** V(head + 1): who decides the next block. */
  get validators(): ValidatorSet {
    return this.#validators;
  }

  /** V(head + 2). */
  get nextValidators(): ValidatorSet {
    return this.#nextValidators;
  }

  /** The committed state, for reads. */
  get state(): State {
    return this.#deps.state;
  }

  /** Whether the next block has something to do: an executable transaction, or messages between ledgers. */
  hasWork(): boolean {
    return this.#hasPendingWork || this.#deps.pool.mempool.hasExecutable();
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

  /**
   * Remembers a complete block, unless its body is not the one that its header commits to: then says why, and the
   * right body may still come. The one that was not heard of for longest makes room, executed or not: a block that
   * the validators hold on to is proposed again and again.
   */
  addCandidate(complete: CompleteBlock): BlockFault | undefined {
    const known = this.#candidates.get(complete.hash);
    const fault = known?.complete === complete ? undefined : checkBody(complete);
    if (fault !== undefined) {
      this.#badBlocks.note(complete, fault, this.#deps.clock.wallMs());
      return fault;
    }
    this.#candidates.delete(complete.hash);
    this.#candidates.set(complete.hash, known ?? { complete, fault: undefined, executed: undefined });
    for (const [hash, oldest] of this.#candidates) {
      if (this.#candidates.size <= LIMITS.maxCandidateBlocks) break;
      this.#candidates.delete(hash);
      oldest.executed?.view.discard();
    }
    return undefined;
  }

  /** The last candidates that were refused. */
  get badBlocks(): BadBlocks {
    return this.#badBlocks;
  }

  /** Lowest height that `replay` still knows the state for; undefined before the first commit of this process. */
  lowestReplayable(): number | undefined {
    return this.#undoLog.lowestHeight();
  }

  /**
   * Executes a committed block once more, on the state that it was executed on, and compares everything that it
   * claims. Undefined if that state is not at hand any more. Nothing of the outcome is kept.
   */
  replay(height: number): ReplayedBlock | undefined {
    const stored = this.#deps.history.block(height);
    const below = this.#undoLog.groundOf(height, this.#deps.state);
    if (stored === undefined || below === undefined) return undefined;
    const ground = new SectionGround(below.parent, below.view);
    try {
      const outcome = executeComplete(completeBlock(stored.block), ground);
      if ('fault' in outcome) return { hash: stored.hash, fault: outcome.fault };
      outcome.executed.view.discard();
      const { stateRoot, receiptsRoot } = outcome.executed;
      return { hash: stored.hash, stateRoot, receiptsRoot };
    } finally {
      ground.discard();
      below.view.discard();
    }
  }

  /** What a transaction would do in the very next block, alone; nothing is kept. Its signature is not checked. */
  simulate(transaction: EncodedTransaction): SimulatedTransaction {
    return simulateTransaction(transaction, this.#parentFacts(), this.#deps.state);
  }

  /** The ground on which the next block's sections are mined and checked. */
  get ground(): SectionGround {
    const { state } = this.#deps;
    if (this.#ground?.parent.hash !== this.#head.hash)
      this.#ground = new SectionGround(this.#parentFacts(), state);
    return this.#ground;
  }

  /**
   * The ground above a block that is being voted on, for those who mine ahead. It becomes `ground` when that block is
   * committed. Undefined for a block that is not executed; asking for another one lets go of this one.
   */
  groundAbove(hash: Hash): SectionGround | undefined {
    const executed = this.#candidates.get(hash)?.executed;
    const header = this.#candidates.get(hash)?.complete.block.header;
    if (executed === undefined || header === undefined) return undefined;
    if (this.#groundAhead?.base === executed.view) return this.#groundAhead;
    this.#groundAhead?.discard();
    const facts: ParentFacts = {
      genesis: this.genesis,
      genesisHash: this.genesisHash,
      height: header.height,
      hash,
      timeMs: header.timeMs,
      beacon: header.beacon.output,
      validators: executed.validators,
      nextValidators: executed.nextValidators,
    };
    this.#groundAhead = new SectionGround(facts, executed.view);
    return this.#groundAhead;
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
      lastCertificate: this.#head.certificate,
      evidence: evidence.forNextBlock(),
      mined,
      mempool: pool.mempool,
      producer,
      maxTransactions,
      wallMs: clock.wallMs(),
    });
    this.dropInadmissible(built.skipped);
    this.addCandidate(built.complete);
    const candidate = this.#candidates.get(built.complete.hash);
    // Built twice within one tick of the clock, a block is the same block: one execution is enough.
    if (candidate === undefined || candidate.executed !== undefined) built.executed.view.discard();
    else candidate.executed = built.executed;
    return built.complete;
  }

  /** Takes out of the pool what a builder on `ground` left out because no section can contain it. */
  dropInadmissible(skipped: readonly SkippedTransaction[]): void {
    const { pool, logger } = this.#deps;
    for (const { transaction, reason } of skipped) {
      // A gap only says that an earlier one was left out; everything else would keep the chain awake for nothing.
      if (reason.code === 'NONCE_GAP') continue;
      logger.debug({ txId: transaction.id, reason: reason.code }, 'inadmissible transaction left the pool');
      pool.mempool.drop(transaction.id, 'INADMISSIBLE');
    }
  }

  /**
   * Full validation of a block on the head. A block whose time is ahead of this clock by no more than the hold is
   * held until its time is acceptable, because a slow clock is no reason to refuse; a re-proposal or
   * a certified block is not held against the wall clock at all.
   */
  async validate(complete: CompleteBlock, options: { reproposal: boolean }): Promise<ValidationVerdict> {
    const bodyFault = this.addCandidate(complete);
    if (bodyFault !== undefined) return { valid: false, reason: bodyFault };
    const candidate = this.#candidates.get(complete.hash);
    if (candidate === undefined) throw new Error('a candidate was evicted while it was validated');
    if (!options.reproposal) {
      const { maxClockDriftMs } = this.genesis.parameters;
      const earlyMs = complete.block.header.timeMs - this.#deps.clock.wallMs() - maxClockDriftMs;
      if (earlyMs > LIMITS.maxProposalHoldMs) return this.#refuse(complete, 'TIME_TOO_LATE');
      if (earlyMs > 0) await new Promise((resolve) => setTimeout(resolve, earlyMs));
    }
    if (candidate.executed === undefined && candidate.fault === undefined)
      candidate.fault = await this.#findFault(candidate);
    return candidate.fault === undefined ? { valid: true } : this.#refuse(complete, candidate.fault);
  }

  #refuse(complete: CompleteBlock, reason: BlockFault): ValidationVerdict {
    // One that the head has overtaken is late, not bad.
    if (complete.block.header.height > this.#head.height)
      this.#badBlocks.note(complete, reason, this.#deps.clock.wallMs());
    return { valid: false, reason };
  }

  async #findFault(candidate: Candidate): Promise<BlockFault | undefined> {
    const { complete } = candidate;
    const { parent } = this.ground;
    const fault = checkBlockForm(complete, this.ground);
    if (fault !== undefined) return fault;
    const lastCertificate = complete.block.body.lastCertificate[0];
    if (
      lastCertificate !== undefined &&
      !(await this.#isCertifiedBy(this.#previousValidators, parent.hash, lastCertificate))
    )
      return 'WRONG_LAST_CERTIFICATE';
    const evidenceFault = await this.#findEvidenceFault(complete);
    if (evidenceFault !== undefined) return evidenceFault;
    if (!(await (candidate.signed ?? this.#deps.pool.areSigned(complete.transactions.flat()))))
      return 'BAD_TRANSACTION_SIGNATURE';
    // Another caller may have executed it, or the head may have moved on, while signatures were checked.
    if (candidate.executed !== undefined) return undefined;
    if (parent.hash !== this.#head.hash) return 'WRONG_PARENT';
    const outcome = executeComplete(complete, this.ground);
    if ('fault' in outcome) return outcome.fault;
    // One that made room meanwhile is executed again if it comes back.
    if (this.#candidates.get(complete.hash) === candidate) candidate.executed = outcome.executed;
    else outcome.executed.view.discard();
    return undefined;
  }

  async #findEvidenceFault({ block }: CompleteBlock): Promise<BlockFault | undefined> {
    const { state, verifier } = this.#deps;
    const outcome = evidenceListChecks(block.body.evidence, evidenceGround(state));
    if ('fault' in outcome) return outcome.fault;
    return (await verifier.verifyAll(outcome.checks)) ? undefined : 'BAD_EVIDENCE_SIGNATURE';
  }

  /**
   * Starts checking the signatures of the block after the next one on the thread pool, while the next one is executed.
   * Nothing follows from the outcome before its turn has come.
   */
  checkAhead(complete: CompleteBlock, certificate: Certificate): void {
    if (this.addCandidate(complete) !== undefined) return;
    const candidate = this.#candidates.get(complete.hash);
    if (candidate !== undefined) candidate.signed ??= this.#deps.pool.areSigned(complete.transactions.flat());
    this.#isCertifiedBy(this.#nextValidators, complete.hash, certificate).catch(() => undefined);
  }

  /** Whether a certificate proves that V(head + 1) decided this block as the next one. */
  isCertified(hash: Hash, certificate: Certificate): Promise<boolean> {
    if (certificate.height !== this.#head.height + 1) return Promise.resolve(false);
    return this.#isCertifiedBy(this.#validators, hash, certificate);
  }

  async #isCertifiedBy(
    validators: ValidatorSet,
    blockHash: Hash,
    certificate: Certificate,
  ): Promise<boolean> {
    const { genesisHash } = this;
    const outcome = certificateChecks(certificate, {
      height: certificate.height,
      blockHash,
      genesisHash,
      validators,
    });
    return 'checks' in outcome && this.#deps.verifier.verifyAll(outcome.checks);
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
    if (height <= this.#head.height) return;
    if (height !== this.#head.height + 1)
      throw new NodeError<ChainErrorCode>(
        'NOT_NEXT_BLOCK',
        `block ${height} does not follow ${this.#head.height}`,
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
      ...(this.#nextValidators.hash === this.#validators.hash
        ? {}
        : { nextValidators: this.#nextValidators.members }),
    });
  }

  #advance(complete: CompleteBlock, certificate: Certificate, executed: ExecutedBlock): void {
    const { state, pool, evidence, logger } = this.#deps;
    const { header } = complete.block;
    state.commit(executed.view);
    this.#ground?.discard();
    // One that stands on another block, or on another execution of this one, is of no use any more.
    const isAhead = this.#groundAhead?.base === executed.view;
    if (!isAhead) this.#groundAhead?.discard();
    this.#ground = isAhead ? this.#groundAhead : undefined;
    this.#groundAhead = undefined;
    for (const candidate of this.#candidates.values())
      if (candidate.executed !== undefined && candidate.executed !== executed)
        candidate.executed.view.discard();
    this.#candidates.clear();
    this.#previousValidators = this.#validators;
    this.#validators = executed.validators;
    this.#nextValidators = executed.nextValidators;
    this.#beacon = header.beacon.output;
    this.#hasPendingWork = executed.hasPendingWork;
    const { height, timeMs, proposer } = header;
    this.#head = { height, hash: complete.hash, timeMs, proposer, header, certificate };
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
      height: this.#head.height,
      hash: this.#head.hash,
      timeMs: this.#head.timeMs,
      beacon: this.#beacon,
      validators: this.#validators,
      nextValidators: this.#nextValidators,
    };
  }
}
