import type {
  Consensus,
  ConsensusEffect,
  ConsensusEvent,
  OwnMessage,
  ProposedBlock,
  TimerKind,
} from '../consensus/contract.ts';
import { fieldsOf } from '../consensus/message-fields.ts';
import type { Certificate } from '../types/certificate.ts';
import type { ConsensusMessage } from '../types/consensus-message.ts';
import type { RoundState } from '../types/round-state.ts';
import { LIMITS } from '../util/limits.ts';
import type { Packet } from './network.ts';
import { type SigningNode, SimSigner } from './signer.ts';
import type { NodeInput, WithoutTime, World } from './world.ts';

/** Bounds of how long a host takes to build and validate, in milliseconds. */
export interface HostSpeed {
  maxBuildMs: number;
  maxValidateMs: number;
}

/** The node whose life it is: what was there before, and stays when the life is over. */
interface LivingNode extends SigningNode {
  readonly speed: Readonly<HostSpeed>;
  readonly maySign: boolean;
  readonly wallMs: number;
}

/**
 * One process of a node, from its start to its crash: the core, its timers, and what becomes of each effect. What it
 * schedules bears its number, and is void once it is over.
 */
export class NodeLife {
  readonly #node: LivingNode;
  readonly #world: World;
  readonly #number: number;
  readonly #signer: SimSigner;
  readonly #timers = new Map<TimerKind, number>();
  #timerSequence = 0;
  #core: Consensus;
  #isOver = false;

  constructor(node: LivingNode, world: World, number: number) {
    this.#node = node;
    this.#world = world;
    this.#number = number;
    this.#signer = new SimSigner(node, world);
    this.#core = this.#createCore();
  }

  get roundState(): RoundState {
    return this.#core.roundState();
  }

  begin(): void {
    this.#startHeight(true);
    if (this.#isOver) return;
    this.#node.chain.tellStatus(true);
    this.#scheduleStatus();
  }

  /** The process is gone, perhaps in the midst of an effect. */
  end(): void {
    this.#isOver = true;
  }

  handle(input: NodeInput): void {
    const { chain } = this.#node;
    switch (input.kind) {
      case 'packet':
        this.#onPacket(input.from, input.packet);
        break;
      case 'core-event':
        this.#feed({ ...input.event, nowMs: this.#world.nowMs } as ConsensusEvent);
        break;
      case 'timer':
        if (this.#timers.get(input.timer) !== input.id) return;
        this.#timers.delete(input.timer);
        this.#feed({
          kind: 'timeout',
          nowMs: this.#world.nowMs,
          timer: input.timer,
          height: input.height,
          round: input.round,
        });
        break;
      case 'synced':
        this.#onSynced(input.message);
        break;
      case 'start-height':
        this.#startHeight(false);
        break;
      case 'forget':
        this.#forget();
        break;
      case 'status':
        chain.tellStatus(false);
        this.#scheduleStatus();
        break;
      case 'catch-up':
        chain.onCatchUpTimer(this.#number);
        break;
    }
  }

  #createCore(): Consensus {
    return this.#world.createCore({ ...this.#world.settings.core, self: this.#node.id });
  }

  #scheduleStatus(): void {
    const { peerExchangeIntervalMs } = LIMITS;
    this.#world.schedule(this.#node.index, peerExchangeIntervalMs, { kind: 'status', life: this.#number });
  }

  get #isHonest(): boolean {
    return this.#node.strategy === undefined;
  }

  #startHeight(isRestart: boolean): void {
    const { validators, random, settings, nowMs } = this.#world;
    const { chain, journal, maySign, strategy, wallMs } = this.#node;
    const height = chain.height + 1;
    chain.keepOnly(journal.blocks());
    const start = {
      kind: 'start-height' as const,
      nowMs,
      parent: chain.head,
      validators: validators.at(height),
      nextValidators: validators.at(height + 1),
      wallMs,
      blockIntervalMs: settings.targetBlockIntervalMs,
    };
    const needsJournal = (isRestart || !maySign) && strategy !== 'amnesia';
    this.#feed(needsJournal ? { ...start, restored: journal.restoredState(height) } : start);
    if (random.chance(settings.workChance)) this.#later(random.between(0, 200), { kind: 'work-available' });
    chain.catchUp(this.#number);
  }

  /** The strategy `amnesia`: a new core that knows nothing of what it signed at this height. */
  #forget(): void {
    this.#world.counts.note('amnesia');
    this.#timers.clear();
    this.#core = this.#createCore();
    this.#startHeight(true);
  }

  #later(afterMs: number, event: WithoutTime<ConsensusEvent>): void {
    this.#world.schedule(this.#node.index, afterMs, { kind: 'core-event', life: this.#number, event });
  }

  #feed(event: ConsensusEvent): void {
    const effects = this.#core.handle(event);
    if (this.#isHonest) this.#world.invariants.onEffects(this.#node, effects);
    for (const effect of effects) {
      this.#world.observer?.onEffect(this.#world.nowMs, this.#node.index, effect);
      this.#execute(effect);
      if (this.#isOver) return;
    }
  }

  #execute(effect: ConsensusEffect): void {
    const { chain, index } = this.#node;
    switch (effect.kind) {
      case 'build-block':
        this.#build(effect.height, effect.round);
        break;
      case 'validate-block':
        this.#validate(effect.block, effect.reproposal);
        break;
      case 'fetch-block':
        chain.fetch(effect.height, effect.blockHash, effect.from);
        break;
      case 'sign-and-broadcast':
        this.#signer.sign(effect.message, this.#number);
        break;
      case 'resend':
        for (const message of effect.messages) this.#signer.send(message);
        break;
      case 'send-decided':
        chain.sendDecided(effect.to, effect.height);
        break;
      case 'schedule':
        this.#setTimer(effect);
        break;
      case 'cancel-timers':
        this.#timers.clear();
        break;
      case 'commit':
        this.#commit(effect.block, effect.certificate);
        break;
      case 'behind':
        chain.isBehind(effect.height, this.#number);
        break;
      case 'evidence':
        if (this.#isHonest) this.#world.onEvidence(effect, index);
        break;
      case 'halt':
      case 'drop':
        break;
    }
  }

  #build(height: number, round: number): void {
    const { chain, id, wallMs, speed } = this.#node;
    const block = chain.build(id, wallMs);
    const afterMs = this.#world.random.between(1, speed.maxBuildMs);
    this.#later(afterMs, { kind: 'block-built', height, round, block });
  }

  /** A fresh block from the future is held until the own clock allows it; one too far ahead is invalid. */
  #validate(block: ProposedBlock, reproposal: boolean): void {
    const { random, settings } = this.#world;
    const { chain, wallMs, speed } = this.#node;
    chain.addCandidate(block);
    const { height, timeMs } = block.proposal.header;
    const earlyMs = reproposal ? 0 : Math.max(0, timeMs - wallMs - settings.core.maxClockDriftMs);
    const valid = earlyMs <= LIMITS.maxProposalHoldMs && chain.isValidNext(block);
    const afterMs = (valid ? earlyMs : 0) + random.between(0, speed.maxValidateMs);
    this.#later(afterMs, { kind: 'block-validated', height, blockHash: block.hash, valid });
  }

  /** A message is durable: it leaves, and counts for the own core. */
  #onSynced(message: OwnMessage): void {
    if (!this.#signer.sendSynced(message)) return;
    const { random } = this.#world;
    if (this.#node.strategy === 'amnesia' && message.kind !== 'proposal' && random.chance(0.3))
      this.#world.schedule(this.#node.index, random.between(1, 1000), { kind: 'forget', life: this.#number });
    this.#feed({ kind: 'message', nowMs: this.#world.nowMs, message, bytes: SIZE_OF[message.kind] });
  }

  #setTimer({ timer, height, round, afterMs }: Extract<ConsensusEffect, { kind: 'schedule' }>): void {
    const id = ++this.#timerSequence;
    this.#timers.set(timer, id);
    const input = { kind: 'timer' as const, life: this.#number, id, timer, height, round };
    this.#world.schedule(this.#node.index, afterMs, input);
  }

  #commit(block: ProposedBlock, certificate: Certificate): void {
    const { chain, journal, nextCrash, index } = this.#node;
    if (nextCrash.strikesAt('before-commit')) return;
    if (this.#isHonest) this.#world.invariants.onDecide(this.#node, block, certificate);
    chain.append(block, certificate);
    if (nextCrash.strikesAt('after-commit')) return;
    journal.forgetUpTo(chain.height);
    this.#world.schedule(index, 0, { kind: 'start-height', life: this.#number });
  }

  #onPacket(from: number, packet: Packet): void {
    const { chain } = this.#node;
    const { nowMs } = this.#world;
    switch (packet.kind) {
      case 'consensus':
        this.#onMessage(packet.message);
        break;
      case 'status':
        chain.onStatus(from, packet.height, packet.isGreeting, this.#number);
        break;
      case 'block-answer':
        this.#feed({ kind: 'block-fetched', nowMs, height: packet.height, block: packet.block });
        break;
      case 'sync-answer': {
        const { block, certificate } = packet;
        if (chain.isCertifiedNext(block, certificate))
          this.#feed({ kind: 'certificate', nowMs, certificate, block });
        break;
      }
      case 'block-request':
      case 'sync-request':
        chain.onRequest(from, packet);
        break;
    }
  }

  /** Checks signatures under the set of the message's height, or of the highest height whose set is known. */
  #onMessage(message: ConsensusMessage): void {
    const { nowMs, validators, signatures } = this.#world;
    const current = this.#node.headHeight + 1;
    const { height } = fieldsOf(message);
    if (height < current - 1 || height === 0) return;
    const signers = validators.at(Math.min(height, current + 1));
    if (signatures.faultOf(message, signers) !== undefined) return;
    this.#feed({ kind: 'message', nowMs, message, bytes: SIZE_OF[message.kind] });
  }
}

/** Plausible sizes on the wire, in bytes. */
const SIZE_OF = { proposal: 4000, prepare: 141, commit: 141, 'round-change': 2000, decided: 5000 } as const;
