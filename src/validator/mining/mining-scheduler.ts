import type { Chain } from '../../chain/chain.ts';
import type { MinedSection } from '../../chain/section-ground.ts';
import type { TransactionPool } from '../../chain/transaction-pool.ts';
import type { Network } from '../../network/contract.ts';
import type { InboundMessage, Verdict } from '../../network/inbound-message.ts';
import { sectionEvidence } from '../../types/evidence-check.ts';
import { LEDGERS, type LedgerName } from '../../types/names.ts';
import {
  decodeSectionMessage,
  encodeSectionMessage,
  type Section,
  type SectionMessage,
  type SignedSectionStatement,
} from '../../types/section.ts';
import type { Address, Hash } from '../../types/ssz-bytes.ts';
import type { Clock } from '../../util/clock.ts';
import type { Logger } from '../../util/logger.ts';
import type { BlockBudget } from '../block-budget.ts';
import type { BlockFetcher } from '../block-fetcher.ts';
import type { BlockPace } from '../block-pace.ts';
import { collectorOf } from '../collector.ts';
import type { SectionSource } from '../proposal-builder.ts';
import type { VoteSigner } from '../vote-signer.ts';
import { EarlySections } from './early-sections.ts';
import { LedgerWorker } from './ledger-worker.ts';
import { FETCH_PATIENCE_MS, SECTION_WAIT_MS } from './mining-round.ts';

/** Transactions of a section that take longer to execute than a message to everyone takes: some milliseconds. */
const LONG_SECTION = 32;

export interface SchedulerDeps {
  readonly chain: Chain;
  readonly pool: TransactionPool;
  readonly network: Network;
  readonly fetcher: BlockFetcher;
  readonly votes: Pick<VoteSigner, 'id' | 'maySign' | 'signSection' | 'signedSections'>;
  readonly budget: BlockBudget;
  /** Sees to it that all have these transactions before a message that names them. */
  readonly reveal: (transactionIds: readonly Hash[]) => void;
  readonly pace: BlockPace;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Five workers, one for each ledger and its proof type, and the coordinator that turns what miners sent into the
 * sections of an own proposal. It never holds up a vote: what it waits for is bounded in time, and what fails stays
 * within its worker.
 */
export class MiningScheduler implements SectionSource {
  readonly workers: Readonly<Record<LedgerName, LedgerWorker>>;
  readonly #deps: SchedulerDeps;
  readonly #early = new EarlySections();
  readonly #listeners = new Set<() => void>();
  readonly #unsubscribe: (() => void)[] = [];

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
    this.workers = Object.fromEntries(LEDGERS.map((ledger) => [ledger, this.#worker(ledger)])) as Record<
      LedgerName,
      LedgerWorker
    >;
    deps.network.onMessage('section', (message) => this.#onMessage(message));
  }

  #worker(ledger: LedgerName): LedgerWorker {
    const { chain, pool, fetcher, votes, reveal, clock, logger } = this.#deps;
    return new LedgerWorker({
      ledger,
      self: votes.id,
      chain,
      pool,
      share: () => this.#share(),
      sign: (section, ids) => votes.signSection(section, ids),
      reveal,
      publish: (section, bytes) => this.#sendSection(section, bytes),
      fetch: ({ signed: { section }, transactionIds }) =>
        fetcher.ofSection(section.height, transactionIds, section.miner),
      onContradiction: (first, second) => this.#report(first, second),
      onChange: () => this.#notify(),
      clock,
      logger,
    });
  }

  start(): void {
    const { chain, pool } = this.#deps;
    this.#unsubscribe.push(
      chain.onCommitted(({ block }) => {
        for (const { section } of block.body.sections) this.workers[section.ledger].settle(section, true);
        this.#begin();
      }),
    );
    pool.onAdmitted(({ value }) => this.workers[value.body.ledger].workArrived());
    this.#begin();
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    for (const worker of Object.values(this.workers)) worker.stop();
    this.#notify();
  }

  /** Calls back whenever something about the workers changed. Returns how to stop it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** This node has voted for a block to the end: miners of the block above it may build ahead. */
  prepareAbove(blockHash: Hash): void {
    const { chain, logger } = this.#deps;
    const block = chain.candidate(blockHash)?.block;
    for (const { section } of block?.body.sections ?? []) this.workers[section.ledger].settle(section, false);
    // What was said to peers goes first: mining ahead can wait for a turn of the event loop.
    setImmediate(() => {
      const ground = chain.groundAbove(blockHash);
      if (ground === undefined || !ground.parent.validators.has(this.#deps.votes.id)) return;
      for (const worker of Object.values(this.workers))
        try {
          worker.prepare(ground);
        } catch (error) {
          logger.error({ ledger: worker.ledger, err: error }, 'a section could not be built ahead');
        }
    });
  }

  /**
   * The best sections for the block to come. Waits at most until 300 ms after miners began to send, for ledgers of which
   * the own pool has transactions, and for what has come; what comes to other ledgers meanwhile does not prolong it.
   */
  async collect(height: number): Promise<readonly MinedSection[]> {
    const { chain, clock, votes } = this.#deps;
    const isOver = () => height !== chain.head.height + 1;
    const waitsAt = (now: number) =>
      LEDGERS.map((ledger) => this.workers[ledger].round?.waitUntilMs(votes.id) ?? now);
    const startMs = clock.monotonicMs();
    const latestMs = Math.max(startMs + SECTION_WAIT_MS, ...waitsAt(startMs)) + FETCH_PATIENCE_MS;
    while (!isOver()) {
      const now = clock.monotonicMs();
      const waits = waitsAt(now).map((ms) => Math.min(ms, latestMs));
      if (Math.max(...waits) <= now) break;
      await this.#nextChange(Math.min(...waits.filter((ms) => ms > now)) - now);
    }
    if (isOver()) return [];
    return LEDGERS.flatMap((ledger) => this.workers[ledger].round?.best ?? []);
  }

  /** Resolves at the next change of a worker, or after so many milliseconds. */
  #nextChange(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        unsubscribe();
        resolve();
      };
      const timer = setTimeout(done, Math.max(1, withinMs));
      const unsubscribe = this.onChange(done);
    });
  }

  #begin(): void {
    const { chain, clock, votes, pace, logger } = this.#deps;
    const height = chain.head.height + 1;
    const ground = chain.ground;
    const untilDueMs = chain.head.timeMs + pace.intervalMs - clock.wallMs();
    const dueAtMs = clock.monotonicMs() + Math.min(untilDueMs, pace.intervalMs);
    const maySign = !chain.isNextDecided && votes.maySign(height);
    const restored = maySign ? votes.signedSections(height) : [];
    for (const worker of Object.values(this.workers))
      try {
        worker.begin(ground, dueAtMs, maySign);
      } catch (error) {
        logger.error({ ledger: worker.ledger, err: error }, 'a mining worker did not begin');
      }
    for (const message of restored)
      this.workers[message.signed.section.ledger]
        .resume(message, encodeSectionMessage(message))
        .catch((error: unknown) => logger.error({ err: error }, 'an own section could not be sent again'));
    for (const message of this.#early.take())
      void this.workers[message.signed.section.ledger].receive(message);
  }

  async #onMessage({ bytes, validator }: InboundMessage): Promise<Verdict> {
    let message: SectionMessage;
    try {
      message = decodeSectionMessage(bytes);
    } catch {
      return 'reject';
    }
    const { section } = message.signed;
    const next = this.#deps.chain.head.height + 1;
    if (section.height === next) return this.workers[section.ledger].receive(message);
    // Its miner saw the block below decided first; whether it was elected shows when it is decided here too.
    const { nextValidators } = this.#deps.chain;
    if (section.height === next + 1 && validator === section.miner && nextValidators.has(section.miner))
      this.#early.keep(message, bytes.length);
    return 'ignore';
  }

  /**
   * To all of a small set. In a large one a section goes to who may propose it, and to the miners of its ledger, who
   * would send their own without it. The best one, if it takes long to execute, goes to everyone else behind them, who are
   * done with it when the proposal comes; any other one they see in the block.
   */
  #sendSection({ ledger, rank, txCount }: Section, bytes: Uint8Array): void {
    const { chain, network, votes } = this.#deps;
    const { members } = chain.validators;
    const proposers = [collectorOf(chain, 0), collectorOf(chain, 1)];
    const others = rank > 0 || txCount < LONG_SECTION ? [] : members.map(({ id }) => id);
    const receivers = new Set([...proposers, ...chain.ground.elected[ledger], ...others]);
    if (receivers.delete(undefined)) {
      network.publish('section', bytes);
      return;
    }
    receivers.delete(votes.id);
    for (const receiver of receivers) if (receiver !== undefined) network.sendTo(receiver, 'section', bytes);
  }

  /** An equal part of what a block may hold for each ledger that has something to mine. */
  #share(): number {
    const { pool, budget } = this.#deps;
    const waiting = LEDGERS.filter((ledger) => pool.mempool.hasExecutable(ledger)).length;
    return Math.ceil(budget.transactions / Math.max(1, waiting));
  }

  #report(first: SignedSectionStatement, second: SignedSectionStatement): void {
    const { chain, logger } = this.#deps;
    const validator: Address = first.signer;
    chain.evidence
      .admit(sectionEvidence(first, second), 'own')
      .then((admission) => logger.debug({ validator, admission }, 'a miner signed two sections'))
      .catch((error: unknown) => logger.error({ validator, err: error }, 'evidence could not be kept'));
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
