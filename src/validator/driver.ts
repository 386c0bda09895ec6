import type { Chain } from '../chain/chain.ts';
import { blockBytes, type CompleteBlock } from '../chain/complete-block.ts';
import type { StoredBlock } from '../chain/history.ts';
import { createConsensus } from '../consensus/consensus.ts';
import type {
  Consensus,
  ConsensusEffect,
  ConsensusEvent,
  ConsensusOptions,
  ProposedBlock,
  UnsignedMessage,
} from '../consensus/contract.ts';
import { fieldsOf } from '../consensus/message-fields.ts';
import type { CachedVerifier } from '../crypto/cached-verifier.ts';
import type { Network } from '../network/contract.ts';
import { proposalOf } from '../types/block.ts';
import type { Certificate } from '../types/certificate.ts';
import { type ConsensusMessage, encodeConsensusMessage } from '../types/consensus-message.ts';
import { evidenceOf } from '../types/evidence-check.ts';
import type { RoundState } from '../types/round-state.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import type { Clock } from '../util/clock.ts';
import { errorMessage } from '../util/errors.ts';
import type { Logger } from '../util/logger.ts';
import type { BlockFetcher } from './block-fetcher.ts';
import type { BlockPace } from './block-pace.ts';
import { collectorOf } from './collector.ts';
import { ConsensusWatch } from './consensus-watch.ts';
import { EventQueue } from './event-queue.ts';
import { MessageIntake } from './message-intake.ts';
import { topicOf } from './message-topic.ts';
import type { ProposalBuilder } from './proposal-builder.ts';
import { restoredState } from './restore.ts';
import { RoundHistory } from './round-history.ts';
import { Timers } from './timers.ts';
import { VoteCollection } from './vote-collection.ts';
import type { VoteSigner } from './vote-signer.ts';

export interface DriverDeps {
  readonly chain: Chain;
  readonly network: Network;
  readonly fetcher: BlockFetcher;
  /** Absent on a node that only follows. */
  readonly signer?: {
    readonly votes: VoteSigner;
    readonly builder: ProposalBuilder;
    /** Hears for which block this node has voted to the end: it will probably be the next one. */
    readonly onCommitSent?: (blockHash: Hash) => void;
  };
  readonly verifier: CachedVerifier;
  readonly pace: BlockPace;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The chain is ahead of this node: sync takes over and commits through the chain. */
  readonly onBehind: (height: number) => void;
  /** The node stops taking part, for good. */
  readonly onHalt: (fact: HaltFact) => void;
}

/**
 * Why a node cannot take part any more: it cannot commit what the validators decided, or its own core failed, after
 * which nothing that it would sign can be trusted.
 */
export interface HaltFact {
  readonly code: 'CANNOT_COMMIT' | 'CORE_FAILED';
  readonly height: number;
  readonly blockHash: Hash | undefined;
  readonly reason: string;
}

/**
 * The host of the consensus core: it owns the only queue of events, the clock, the timers, the signer with its
 * journal, and executes effects in order. Work that takes long (build, validate, fetch) runs beside the queue and
 * comes back as an event.
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
  readonly #drops = new Map<string, number>();
  #draining = false;
  #running = false;
  #resendCounter = 0;
  #unsubscribe: (() => void) | undefined;

  constructor(deps: DriverDeps, options: ConsensusOptions) {
    this.#deps = deps;
    this.#core = createConsensus(options);
    this.rounds = new RoundHistory(this.#core, deps.clock);
    this.watch = new ConsensusWatch(this.#core);
    this.#collection = new VoteCollection(deps.network, options.self);
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
    this.#inBackground('evidence', this.#intake.onCommitted(committed));
    const closing = this.#deps.signer?.votes.closeUpTo(committed.height);
    if (closing !== undefined) this.#inBackground('journal', closing);
  }

  /** Validators have decided themselves; the block goes to those who only follow. */
  #announce(committed: StoredBlock): void {
    if (this.#deps.signer === undefined) return;
    const { block, certificate } = committed;
    this.#deps.network.relayToObservers('block', () =>
      encodeConsensusMessage({ kind: 'decided', block: proposalOf(block), certificate }),
    );
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
        for (const effect of this.#handle(event)) await this.#execute(effect);
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

  async #execute(effect: ConsensusEffect): Promise<void> {
    try {
      await this.#executeUnsafe(effect);
    } catch (error) {
      this.#deps.logger.error({ effect: effect.kind, err: error }, 'consensus effect failed');
      // Without this block there is no next height: a full disk and a differing execution end the same way.
      if (effect.kind === 'commit')
        this.#halt({
          code: 'CANNOT_COMMIT',
          height: effect.block.proposal.header.height,
          blockHash: effect.block.hash,
          reason: errorMessage(error),
        });
    }
  }

  #executeUnsafe(effect: ConsensusEffect): Promise<void> | void {
    const { network, logger } = this.#deps;
    switch (effect.kind) {
      case 'build-block':
        return this.#inBackground('build', this.#build(effect.height, effect.round));
      case 'validate-block':
        return this.#inBackground('validate', this.#validate(effect.height, effect.block, effect.reproposal));
      case 'fetch-block':
        return this.#inBackground('fetch', this.#fetch(effect.height, effect.blockHash, effect.from));
      case 'sign-and-broadcast':
        return this.#signAndBroadcast(effect.message);
      case 'resend':
        this.#resendCounter += 1;
        for (const message of this.#collection.dueAgain(effect.messages))
          network.publish(topicOf(message), encodeConsensusMessage(message), {
            counter: this.#resendCounter,
          });
        return;
      case 'send-decided':
        return this.#sendDecided(effect.to, effect.height);
      case 'schedule':
        this.#timers.schedule(effect.timer, effect.afterMs, () =>
          this.#enqueue({
            kind: 'timeout',
            nowMs: this.#now(),
            timer: effect.timer,
            height: effect.height,
            round: effect.round,
          }),
        );
        return;
      case 'cancel-timers':
        this.#timers.cancelAll();
        return;
      case 'commit':
        return this.#commit(effect.block, effect.certificate);
      case 'behind':
        this.#deps.onBehind(effect.height);
        return;
      case 'evidence':
        return this.#inBackground('evidence', this.#report(effect));
      case 'halt':
        this.#halt({
          code: 'CANNOT_COMMIT',
          height: effect.height,
          blockHash: effect.blockHash,
          reason: effect.reason,
        });
        return;
      case 'drop':
        this.#count(effect.reason);
        logger.trace({ reason: effect.reason, signer: effect.signer }, 'message not used');
        return;
    }
  }

  #inBackground(what: string, work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#deps.logger.error({ what, err: error }, 'background work of consensus failed');
    });
  }

  async #build(height: number, round: number): Promise<void> {
    const builder = this.#deps.signer?.builder;
    if (builder === undefined) return;
    const complete = await builder.build(height);
    if (complete === undefined) return;
    const block = { hash: complete.hash, proposal: proposalOf(complete.block) };
    this.#enqueue({ kind: 'block-built', nowMs: this.#now(), height, round, block });
  }

  async #validate(height: number, block: ProposedBlock, reproposal: boolean): Promise<void> {
    const { chain, fetcher } = this.#deps;
    const complete = chain.candidate(block.hash) ?? (await fetcher.complete(height, block));
    if (complete === 'HEIGHT_OVER') return;
    const verdict =
      typeof complete === 'string'
        ? { valid: false as const, reason: complete }
        : await chain.validate(complete, { reproposal });
    if (!verdict.valid)
      this.#deps.logger.warn({ height, block: block.hash, reason: verdict.reason }, 'invalid block');
    this.#enqueue({
      kind: 'block-validated',
      nowMs: this.#now(),
      height,
      blockHash: block.hash,
      valid: verdict.valid,
      ...(verdict.valid ? {} : { reason: verdict.reason, undetermined: verdict.reason === 'DISPLACED' }),
    });
  }

  async #fetch(height: number, blockHash: Hash, from: readonly Address[]): Promise<void> {
    const complete = await this.#deps.fetcher.byHash(height, blockHash, from);
    if (complete === undefined) return;
    const block = { hash: blockHash, proposal: proposalOf(complete.block) };
    this.#enqueue({ kind: 'block-fetched', nowMs: this.#now(), height, block });
  }

  async #signAndBroadcast(unsigned: UnsignedMessage): Promise<void> {
    const votes = this.#deps.signer?.votes;
    // Sync may have brought the block of this height first; the chain then has let go of what it had under consideration.
    if (votes === undefined || unsigned.height <= this.#deps.chain.head.height) return;
    const blockBytes =
      unsigned.kind === 'proposal' || unsigned.kind === 'prepare'
        ? this.#bytesOf(unsigned.block.hash)
        : undefined;
    const { message, bytes } = await votes.sign(unsigned, blockBytes);
    if (!this.#collection.send(message, bytes)) this.#deps.network.publish(topicOf(message), bytes);
    this.#queue.addFirst({ kind: 'message', nowMs: this.#now(), message, bytes: bytes.length });
    if (unsigned.kind === 'commit') this.#deps.signer?.onCommitSent?.(unsigned.blockHash);
  }

  #bytesOf(hash: Hash): Uint8Array {
    const complete = this.#deps.chain.candidate(hash);
    if (complete === undefined)
      throw new Error(`no bytes of block ${hash}, which the core wants to vote for`);
    return blockBytes(complete);
  }

  async #commit(block: ProposedBlock, certificate: Certificate): Promise<void> {
    if (block.proposal.header.height <= this.#deps.chain.head.height) return;
    const complete: CompleteBlock | undefined = this.#deps.chain.candidate(block.hash);
    if (complete === undefined) throw new Error(`no bytes of decided block ${block.hash}`);
    await this.#deps.chain.commit(complete, certificate);
  }

  #sendDecided(to: Address, height: number): void {
    const { chain, network } = this.#deps;
    const stored = chain.history.block(height);
    if (stored === undefined) return;
    const message: ConsensusMessage = {
      kind: 'decided',
      block: proposalOf(stored.block),
      certificate: stored.certificate,
    };
    network.sendTo(to, 'vote', encodeConsensusMessage(message));
  }

  async #report({ offence, first, second }: Extract<ConsensusEffect, { kind: 'evidence' }>): Promise<void> {
    const evidence = evidenceOf(offence, first, second);
    if (evidence === undefined) throw new Error(`two messages that show no ${offence}`);
    const admission = await this.#deps.chain.evidence.admit(evidence, 'own');
    this.#deps.logger.debug(
      { offence, validator: fieldsOf(first).signer, admission },
      'evidence of the own core',
    );
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
