import type { StoredBlock } from '../chain/history.ts';
import { createConsensus } from '../consensus/consensus.ts';
import type { Consensus, ConsensusEffect, ConsensusEvent, ConsensusOptions } from '../consensus/contract.ts';
import type { CachedVerifier } from '../crypto/cached-verifier.ts';
import type { RoundState } from '../types/round-state.ts';
import { errorMessage } from '../util/errors.ts';
import type { BlockPace } from './block-pace.ts';
import { collectorOf } from './collector.ts';
import { ConsensusWatch } from './consensus-watch.ts';
import { type EffectDeps, EffectRunner, encodeDecided, inBackground } from './effect-runner.ts';
import { EventQueue } from './event-queue.ts';
import type { HaltFact } from './halt-fact.ts';
import { MessageIntake } from './message-intake.ts';
import { restoredState } from './restore.ts';
import { RoundHistory } from './round-history.ts';
import { Timers } from './timers.ts';
import { VoteCollection } from './vote-collection.ts';

export interface DriverDeps extends EffectDeps {
  readonly verifier: CachedVerifier;
  readonly pace: BlockPace;
  /** The node stops taking part, for good. */
  readonly onHalt: (fact: HaltFact) => void;
}

/**
 * The host of the consensus core: it owns the only queue of events and the timers, takes what comes from the network and
 * the chain to the core, one event after the other, and has the effects of each done before the next.
 */
export class ConsensusDriver {
  readonly #deps: DriverDeps;
  readonly #core: Consensus;
  /** What the debug interface shows of the last heights. */
  readonly rounds: RoundHistory;
  /** What goes on within a round, for who watches. */
  readonly watch: ConsensusWatch;
  readonly #intake: MessageIntake;
  readonly #timers = new Timers();
  readonly #queue = new EventQueue();
  readonly #collection: VoteCollection;
  readonly #effects: EffectRunner;
  readonly #drops = new Map<string, number>();
  #draining = false;
  #running = false;
  #unsubscribe: (() => void) | undefined;

  constructor(deps: DriverDeps, options: ConsensusOptions) {
    this.#deps = deps;
    this.#core = createConsensus(options);
    this.rounds = new RoundHistory(this.#core, deps.clock);
    this.watch = new ConsensusWatch(this.#core);
    this.#collection = new VoteCollection(deps.network, options.self);
    this.#effects = new EffectRunner(deps, {
      timers: this.#timers,
      collection: this.#collection,
      enqueue: (event) => this.#enqueue(event),
      enqueueFirst: (event) => this.#queue.addFirst(event),
      countUnused: (reason) => this.#count(reason),
      halt: (fact) => this.#halt(fact),
    });
    const { chain, verifier, logger } = deps;
    this.#intake = new MessageIntake({
      chain,
      verifier,
      logger,
      onMessage: (message, bytes) => {
        this.#collection.heard(message, bytes);
        this.#enqueue({ kind: 'message', nowMs: this.#now(), message, bytes: bytes.length });
      },
      onUnused: (reason) => this.#count(reason),
    });
    for (const topic of ['proposal', 'vote', 'block'] as const)
      deps.network.onMessage(topic, async (inbound) =>
        this.#running ? await this.#intake.judge(inbound) : 'ignore',
      );
  }

  /** Begins with the height above the chain's head; `restored` comes from the journal. */
  start(): void {
    this.#running = true;
    this.#unsubscribe = this.#deps.chain.onCommitted((committed) => this.#onCommitted(committed));
    this.#startHeight();
  }

  stop(): void {
    this.#running = false;
    this.#unsubscribe?.();
    this.#timers.cancelAll();
    this.#collection.stop();
    this.#queue.clear();
  }

  /** An executable transaction, carried-over work or an undelivered outbox is there. */
  workAvailable(): void {
    this.#enqueue({ kind: 'work-available', nowMs: this.#now() });
  }

  roundState(): RoundState {
    return this.#core.roundState();
  }

  /** How many messages were not used, by reason. */
  drops(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#drops);
  }

  #now(): number {
    return this.#deps.clock.monotonicMs();
  }

  #startHeight(): void {
    const { chain, signer, clock } = this.#deps;
    const height = chain.head.height + 1;
    this.#deps.network.setValidators(chain.validators, chain.nextValidators);
    this.#deps.fetcher.forgetBelow(height);
    const { head, validators } = chain;
    this.#collection.startHeight({
      height,
      collectorOf: (round) => collectorOf({ head, validators }, round),
      quorum: validators.quorum,
    });
    // Nobody needs votes for a height that is decided: a late node passes many of them.
    const journalled = chain.isNextDecided ? { records: [], maySign: false } : signer?.votes.restore(height);
    const restored = journalled === undefined ? undefined : restoredState(journalled);
    for (const block of restored?.complete ?? []) chain.addCandidate(block);
    this.#enqueue({
      kind: 'start-height',
      nowMs: this.#now(),
      wallMs: clock.wallMs(),
      blockIntervalMs: this.#deps.pace.intervalMs,
      parent: chain.head,
      validators: chain.validators,
      nextValidators: chain.nextValidators,
      ...(restored === undefined ? {} : { restored: restored.state }),
    });
    if (chain.hasWork()) this.workAvailable();
  }

  #onCommitted(committed: StoredBlock): void {
    this.#timers.cancelAll();
    this.#startHeight();
    this.#announce(committed);
    inBackground(this.#deps.logger, 'evidence', this.#intake.onCommitted(committed));
    const closing = this.#deps.signer?.votes.closeUpTo(committed.height);
    if (closing !== undefined) inBackground(this.#deps.logger, 'journal', closing);
  }

  /** Validators have decided themselves; the block goes to those who only follow. */
  #announce(committed: StoredBlock): void {
    if (this.#deps.signer === undefined) return;
    this.#deps.network.relayToObservers('block', () => encodeDecided(committed));
  }

  #enqueue(event: ConsensusEvent): void {
    if (!this.#running) return;
    if (!this.#queue.add(event)) {
      this.#count('QUEUE_FULL');
      return;
    }
    if (!this.#draining) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    try {
      for (let event = this.#queue.take(); event !== undefined && this.#running; event = this.#queue.take())
        for (const effect of this.#handle(event)) await this.#effects.run(effect);
    } catch (error) {
      this.#deps.logger.fatal({ err: error }, 'the consensus core failed');
      const height = this.#deps.chain.head.height + 1;
      this.#halt({ code: 'CORE_FAILED', height, blockHash: undefined, reason: errorMessage(error) });
    } finally {
      this.#draining = false;
    }
  }

  #handle(event: ConsensusEvent): ConsensusEffect[] {
    if (event.kind === 'timeout' && event.timer === 'round') this.rounds.beforeRoundTimeout();
    const effects = this.#core.handle(event);
    this.rounds.afterEvent();
    this.watch.afterEvent(event, effects);
    return effects;
  }

  /** It must not vote on, and must say so. */
  #halt(fact: HaltFact): void {
    this.stop();
    this.#deps.onHalt(fact);
  }

  #count(reason: string): void {
    this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + 1);
  }
}
