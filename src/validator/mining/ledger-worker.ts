import type { Chain } from '../../chain/chain.ts';
import { candidatesOf } from '../../chain/section-candidates.ts';
import type { SectionGround } from '../../chain/section-ground.ts';
import { checkSectionForm, checkSectionSize } from '../../chain/section-rules.ts';
import type { TransactionPool } from '../../chain/transaction-pool.ts';
import { merkleRoot } from '../../crypto/merkle.ts';
import { electedRank } from '../../mining/election.ts';
import type { Verdict } from '../../network/inbound-message.ts';
import type { LedgerName } from '../../types/names.ts';
import {
  hashSection,
  type Section,
  type SectionMessage,
  type SignedSectionStatement,
  statementOf,
} from '../../types/section.ts';
import type { Address, Hash } from '../../types/ssz-bytes.ts';
import type { EncodedTransaction } from '../../types/transaction.ts';
import { fromHex, toHex } from '../../util/bytes.ts';
import type { Clock } from '../../util/clock.ts';
import { LIMITS } from '../../util/limits.ts';
import type { Logger } from '../../util/logger.ts';
import { isSmallSet } from '../collector.ts';
import { FETCH_PATIENCE_MS, type HeardSection, MiningRound } from './mining-round.ts';
import { RankStep } from './rank-step.ts';
import { type OwnSection, SectionHistory } from './section-history.ts';

type SectionBuilder = ReturnType<SectionGround['open']>;

/** What a worker does for the block to come. `IDLE`: not elected. */
export type WorkerState = 'IDLE' | 'ELECTED' | 'BUILDING' | 'MINED';

export interface WorkerDeps {
  readonly ledger: LedgerName;
  readonly self: Address;
  readonly chain: Chain;
  readonly pool: TransactionPool;
  /** How many transactions an own section may hold now. */
  readonly share: () => number;
  /** Signs and journals an own section; only then its bytes may leave. */
  readonly sign: (
    section: Section,
    transactionIds: readonly Hash[],
  ) => Promise<{ message: SectionMessage; bytes: Uint8Array }>;
  /** Sees to it that all have these transactions before a section that names them. */
  readonly reveal: (transactionIds: readonly Hash[]) => void;
  readonly publish: (section: Section, bytes: Uint8Array) => void;
  /** The transactions of a section that was received; undefined when its height ended first. */
  readonly fetch: (message: SectionMessage) => Promise<EncodedTransaction[] | undefined>;
  /** An elected miner has signed two sections. */
  readonly onContradiction: (first: SignedSectionStatement, second: SignedSectionStatement) => void;
  /** Anything that those who wait for sections or watch the scheduler want to know. */
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Mines one ledger: learns whether it is elected, builds, signs and sends the own section when its rank has its turn,
 * and checks the sections of others as they come. A worker touches nothing of another one, and what fails or hangs in
 * it is over when the next height begins.
 */
export class LedgerWorker {
  readonly history = new SectionHistory();
  readonly #deps: WorkerDeps;
  readonly #step = new RankStep();
  #round: MiningRound | undefined;
  #state: WorkerState = 'IDLE';
  #timer: NodeJS.Timeout | undefined;
  /** A section that is being built on a block that is still voted on. */
  #ahead: { readonly ground: SectionGround; readonly builder: SectionBuilder } | undefined;
  #failures = 0;

  constructor(deps: WorkerDeps) {
    this.#deps = deps;
  }

  get ledger(): LedgerName {
    return this.#deps.ledger;
  }

  get state(): WorkerState {
    return this.#state;
  }

  get round(): MiningRound | undefined {
    return this.#round;
  }

  /** How often building, signing or sending failed, or did not come to an end within its height. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * The parent is decided. `dueAtMs`, monotonic: when the block on it is due; `maySign`: whether this node may sign
   * anything for this height.
   */
  begin(ground: SectionGround, dueAtMs: number, maySign: boolean): void {
    const { ledger, self, clock } = this.#deps;
    if (this.#state === 'BUILDING') this.#failures += 1;
    this.stop();
    if (this.#ahead !== undefined && this.#ahead.ground !== ground) this.#dropAhead();
    const rank = maySign ? electedRank(ground.elected, ledger, self) : undefined;
    this.#round = new MiningRound({ ground, rank, decidedAtMs: clock.monotonicMs(), dueAtMs });
    this.#setState(rank === undefined ? 'IDLE' : 'ELECTED');
    this.workArrived();
  }

  /** Ends what goes on for the present height. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#round = undefined;
  }

  /** The pool may have a transaction for this ledger. */
  workArrived(): void {
    const round = this.#round;
    if (round === undefined || round.firstWorkAtMs !== undefined) return;
    if (!this.#deps.pool.mempool.hasExecutable(this.ledger)) return;
    round.firstWorkAtMs = this.#deps.clock.monotonicMs();
    this.#plan(round);
  }

  /** Monotonic: when the own section closes and leaves; undefined for who has none to send. */
  get sendsAtMs(): number | undefined {
    const { rank, startMs } = this.#round ?? {};
    return rank === undefined || startMs === undefined ? undefined : startMs + rank * this.#step.ms;
  }

  #plan(round: MiningRound): void {
    const { rank } = round;
    const { sendsAtMs } = this;
    if (rank === undefined || sendsAtMs === undefined || this.#state !== 'ELECTED') return;
    const afterMs = Math.max(0, sendsAtMs - this.#deps.clock.monotonicMs());
    this.#timer = setTimeout(() => {
      if (this.#round !== round || !round.isFirst(rank)) return;
      this.#mine(round, rank).catch((error: unknown) => {
        this.#failures += 1;
        this.#deps.logger.error({ ledger: this.ledger, err: error }, 'a section was not mined');
        if (this.#round === round) this.#setState('ELECTED');
      });
    }, afterMs);
  }

  /** Builds ahead on a block that this node has voted for to the end. Nothing is signed before it is decided. */
  prepare(ground: SectionGround): void {
    if (this.#ahead?.ground === ground) return;
    this.#dropAhead();
    const { ledger, self, chain, pool, share } = this.#deps;
    if (electedRank(ground.elected, ledger, self) !== 0) return;
    pool.resumeChecks();
    if (!pool.mempool.hasExecutable(ledger)) return;
    const builder = ground.open(ledger);
    this.#ahead = { ground, builder };
    // What the block below holds is still in the pool, and is refused here for its nonce: twice as many are asked for.
    const { maxSectionBytes, maxSectionOperations } = chain.genesis.parameters;
    const candidates = pool.mempool.executable(ledger, {
      maxBytes: 2 * maxSectionBytes,
      maxOperations: 2 * maxSectionOperations,
      maxTransactions: Math.min(LIMITS.maxTransactionsPerSection, 2 * share()),
    });
    builder.add(candidates);
  }

  async #mine(round: MiningRound, rank: number): Promise<void> {
    const { ledger, self, chain, pool, share, sign, reveal, publish, clock } = this.#deps;
    this.#setState('BUILDING');
    if (!isSmallSet(chain)) pool.deferChecks();
    const builder = this.#takeAhead(round.ground) ?? round.ground.open(ledger);
    const room = { maxTransactions: share(), maxBytes: chain.genesis.parameters.maxSectionBytes };
    const left = Math.max(0, room.maxTransactions - builder.size);
    const candidates = candidatesOf(pool.mempool, ledger, chain.genesis.parameters, {
      ...room,
      maxTransactions: builder.size + left,
    });
    pool.dropInadmissible(builder.add(candidates));
    if (builder.size === 0) {
      builder.abandon();
      round.firstWorkAtMs = undefined;
      this.#setState('ELECTED');
      return;
    }
    const result = builder.result();
    const section = round.ground.sectionOf(result, self, rank);
    const { message, bytes } = await sign(section, result.txIds);
    if (this.#round !== round) return;
    reveal(result.txIds);
    publish(section, bytes);
    round.offer({ signed: message.signed, result });
    this.history.add({
      height: section.height,
      rank,
      sectionHash: hashSection(section),
      transactions: section.txCount,
      work: section.work,
      minedAtMs: clock.wallMs(),
    });
    this.#setState('MINED');
  }

  /** Sends a section again that an earlier life of this node has signed: there may be no other one. */
  async resume(message: SectionMessage, bytes: Uint8Array): Promise<void> {
    const round = this.#round;
    if (round === undefined || message.signed.section.parent !== round.ground.parent.hash) return;
    clearTimeout(this.#timer);
    this.#setState('MINED');
    this.#deps.publish(message.signed.section, bytes);
    await this.receive(message);
  }

  /**
   * Takes up a section of the present height on the present parent, of whomever.
   * @returns the verdict for the carriers; execution goes on after it
   */
  async receive(message: SectionMessage): Promise<Verdict> {
    const round = this.#round;
    const { signed, transactionIds } = message;
    const { section } = signed;
    if (round === undefined || section.parent !== round.ground.parent.hash) return 'ignore';
    const miner = round.ground.elected[this.ledger][section.rank];
    // Whom the ground did not elect has nothing to send: what nobody mines, and what a proposer mines, stands in blocks.
    if (miner === undefined || checkSectionForm(signed, round.ground.parent, miner) !== undefined)
      return 'reject';
    if (section.txCount !== transactionIds.length || section.txRoot !== rootOf(transactionIds))
      return 'reject';
    const statement = statementOf(signed);
    const earlier = round.heard(section.rank)?.statement;
    if (earlier !== undefined) {
      if (earlier.body.sectionHash === statement.body.sectionHash) return 'accept';
      this.#deps.onContradiction(earlier, statement);
      return 'ignore';
    }
    const heardAtMs = this.#deps.clock.monotonicMs();
    if (section.rank === 0 && round.startMs !== undefined) this.#step.observe(heardAtMs - round.startMs);
    round.hear({ message, statement, heardAtMs, transactions: [], state: 'heard' });
    this.#checkFirst(round);
    return 'accept';
  }

  /** Goes on with the check of the section that is to be checked now. */
  #checkFirst(round: MiningRound): void {
    const heard = this.#round === round ? round.first() : undefined;
    if (heard?.state === 'heard') this.#fetch(round, heard);
    if (heard?.state === 'ready') this.#execute(round, heard);
  }

  #fetch(round: MiningRound, heard: HeardSection): void {
    heard.state = 'fetching';
    const settle = (transactions: readonly EncodedTransaction[] | undefined) => {
      clearTimeout(patience);
      if (heard.state !== 'fetching') return;
      heard.state = transactions === undefined ? 'refused' : 'ready';
      heard.transactions = transactions ?? [];
      this.#checkFirst(round);
    };
    const patience = setTimeout(() => settle(undefined), FETCH_PATIENCE_MS);
    this.#signedTransactions(heard.message)
      .then(settle)
      .catch((error: unknown) => {
        this.#deps.logger.error({ ledger: this.ledger, err: error }, 'a section could not be checked');
        clearTimeout(patience);
        heard.state = 'refused';
        this.#checkFirst(round);
      });
  }

  async #signedTransactions(message: SectionMessage): Promise<readonly EncodedTransaction[] | undefined> {
    const transactions = await this.#deps.fetch(message);
    const isSigned = transactions !== undefined && (await this.#deps.pool.areSigned(transactions));
    return isSigned ? transactions : undefined;
  }

  #execute(round: MiningRound, heard: HeardSection): void {
    const { signed } = heard.message;
    const { section } = signed;
    const fault = checkSectionSize(signed, heard.transactions, round.ground.parent);
    const outcome = fault === undefined ? round.ground.execute(section, heard.transactions) : { fault };
    if ('result' in outcome) {
      heard.state = 'checked';
      round.offer({ signed, result: outcome.result });
      this.#deps.onChange();
      return;
    }
    heard.state = 'refused';
    const { height, rank, miner } = section;
    this.#deps.logger.warn(
      { ledger: this.ledger, height, rank, miner, reason: outcome.fault },
      'invalid section',
    );
    this.#checkFirst(round);
  }

  /** A block holds this section of the ledger; `isDecided` if it is final. */
  settle(section: Section, isDecided: boolean): OwnSection | undefined {
    const settled = this.history.settle(section.height, hashSection(section), isDecided);
    if (settled !== undefined) this.#deps.onChange();
    return settled;
  }

  #takeAhead(ground: SectionGround): SectionBuilder | undefined {
    if (this.#ahead?.ground !== ground) return undefined;
    const { builder } = this.#ahead;
    this.#ahead = undefined;
    return builder;
  }

  #dropAhead(): void {
    this.#ahead?.builder.abandon();
    this.#ahead = undefined;
  }

  #setState(state: WorkerState): void {
    this.#state = state;
    this.#deps.onChange();
  }
}

function rootOf(ids: readonly Hash[]): Hash {
  return toHex(merkleRoot(ids.map(fromHex)));
}
