import type {
  Consensus,
  ConsensusEffect,
  ConsensusEvent,
  OwnMessage,
  ProposedBlock,
  RoundState,
  TimerKind,
} from '../consensus/contract.ts';
import { fieldsOf } from '../consensus/message-fields.ts';
import type { Certificate } from '../types/certificate.ts';
import type { ConsensusMessage } from '../types/consensus-message.ts';
import { LIMITS } from '../util/limits.ts';
import { ChainKeeper } from './chain-keeper.ts';
import type { Strategy } from './faults/faults.ts';
import { SimJournal } from './journal.ts';
import type { Packet } from './network.ts';
import { type CrashStep, SimSigner } from './signer.ts';
import { GENESIS, type NodeInput, type WithoutTime, type World } from './world.ts';

/** A crash that waits for its step. `onCrash` learns of it once it has happened. */
interface ArmedCrash {
  readonly step: CrashStep;
  readonly onCrash: () => void;
}

/** Bounds of how long this host takes to build and validate, in milliseconds. */
interface HostSpeed {
  maxBuildMs: number;
  maxValidateMs: number;
}

/** A host around one core: signer with journal, timers, block store, catch-up. Chain and journal survive a crash. */
export class SimNode {
  readonly index: number;
  readonly id: string;
  readonly strategy: Strategy | undefined;
  readonly chain: ChainKeeper;
  readonly normalSpeed: Readonly<HostSpeed>;
  speed: HostSpeed;
  /** Error of the wall clock. */
  clockOffsetMs = 0;
  isUp = false;
  pausedUntilMs = 0;
  armedCrash: ArmedCrash | undefined;

  readonly #world: World;
  readonly #journal = new SimJournal();
  readonly #signer: SimSigner;
  #core: Consensus | undefined;
  #life = 0;
  #timers = new Map<TimerKind, number>();
  #timerSequence = 0;

  constructor(index: number, world: World, strategy: Strategy | undefined) {
    this.index = index;
    this.#world = world;
    this.id = world.validators.ids[index] as string;
    this.strategy = strategy;
    this.chain = new ChainKeeper(index, world);
    this.#signer = new SimSigner(this, world, this.#journal);
    const { maxBuildMs, maxValidateMs } = world.settings;
    this.normalSpeed = { maxBuildMs, maxValidateMs };
    this.speed = { ...this.normalSpeed };
  }

  get headHeight(): number {
    return this.chain.height;
  }

  /** Undefined while the node is down. */
  get roundState(): RoundState | undefined {
    return this.#core?.roundState();
  }

  /** Whether the journal allows signing at the next height. */
  get maySign(): boolean {
    return this.#journal.maySign(this.headHeight + 1);
  }

  /** How many journal records a crash now would tear. */
  get unsyncedRecords(): number {
    return this.#journal.unsynced;
  }

  isDurable(message: OwnMessage): boolean {
    return this.#journal.isDurable(message);
  }

  boot(): void {
    this.isUp = true;
    this.#core = this.#world.createCore({ ...this.#world.settings.core, self: this.id });
    this.#startHeight(true);
    this.greet();
    this.#scheduleStatus();
  }

  /** What nodes do whose connection was made anew: they tell their heads. */
  greet(): void {
    if (this.isUp) this.chain.tellStatus(true);
  }

  /** Loses everything but chain and journal; of the records not yet synced the first `kept` survive. */
  crash(kept = 0): void {
    this.isUp = false;
    this.#life++;
    this.#core = undefined;
    this.#timers.clear();
    this.chain.crash();
    this.#journal.crash(kept);
    this.#world.invariants.onRestart(this);
  }

  /** The journal is gone: what was signed at the next height is not known any more. */
  loseJournal(): void {
    this.#journal.lose(this.headHeight + 1);
  }

  /** Ends everything that is wrong with this node itself. */
  repair(): void {
    this.pausedUntilMs = 0;
    this.clockOffsetMs = 0;
    this.armedCrash = undefined;
    this.speed = { ...this.normalSpeed };
    if (!this.isUp) this.boot();
  }

  handle(input: NodeInput): void {
    if (!this.isUp) return;
    if (input.kind !== 'packet' && input.life !== this.#life) return;
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
        this.chain.tellStatus(false);
        this.#scheduleStatus();
        break;
      case 'catch-up':
        this.chain.onCatchUpTimer(this.#life);
        break;
    }
  }

  #scheduleStatus(): void {
    if (!this.isUp) return;
    const { peerExchangeIntervalMs } = LIMITS;
    this.#world.schedule(this.index, peerExchangeIntervalMs, { kind: 'status', life: this.#life });
  }

  get #wallMs(): number {
    return GENESIS.timeMs + this.#world.nowMs + this.clockOffsetMs;
  }

  get #isHonest(): boolean {
    return this.strategy === undefined;
  }

  #startHeight(isRestart: boolean): void {
    const { validators, random, settings } = this.#world;
    const height = this.headHeight + 1;
    this.chain.keepOnly(this.#journal.blocks());
    const start = {
      kind: 'start-height' as const,
      nowMs: this.#world.nowMs,
      parent: this.chain.head,
      validators: validators.at(height),
      nextValidators: validators.at(height + 1),
      wallMs: this.#wallMs,
    };
    const needsJournal = (isRestart || !this.maySign) && this.strategy !== 'amnesia';
    this.#feed(needsJournal ? { ...start, restored: this.#journal.restoredState(height) } : start);
    if (random.chance(settings.workChance)) this.#later(random.between(0, 200), { kind: 'work-available' });
    this.chain.catchUp(this.#life);
  }

  /** The strategy `amnesia`: a new core that knows nothing of what it signed at this height. */
  #forget(): void {
    this.#world.counts.note('amnesia');
    this.#timers.clear();
    this.#core = this.#world.createCore({ ...this.#world.settings.core, self: this.id });
    this.#startHeight(true);
  }

  #later(afterMs: number, event: WithoutTime<ConsensusEvent>): void {
    this.#world.schedule(this.index, afterMs, { kind: 'core-event', life: this.#life, event });
  }

  #feed(event: ConsensusEvent): void {
    if (this.#core === undefined) return;
    const effects = this.#core.handle(event);
    if (this.#isHonest) this.#world.invariants.onEffects(this, effects);
    const life = this.#life;
    for (const effect of effects) {
      this.#world.observer?.onEffect(this.#world.nowMs, this.index, effect);
      this.#execute(effect);
      if (this.#life !== life) return;
    }
  }

  #execute(effect: ConsensusEffect): void {
    switch (effect.kind) {
      case 'build-block':
        this.#build(effect.height, effect.round);
        break;
      case 'validate-block':
        this.#validate(effect.block, effect.reproposal);
        break;
      case 'fetch-block':
        this.chain.fetch(effect.height, effect.blockHash, effect.from);
        break;
      case 'sign-and-broadcast':
        this.#signer.sign(effect.message, this.#life);
        break;
      case 'resend':
        for (const message of effect.messages) this.#signer.send(message);
        break;
      case 'send-decided':
        this.chain.sendDecided(effect.to, effect.height);
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
        this.chain.isBehind(effect.height, this.#life);
        break;
      case 'evidence':
        if (this.#isHonest) this.#world.onEvidence(effect, this.index);
        break;
      case 'halt':
      case 'drop':
        break;
    }
  }

  #build(height: number, round: number): void {
    const block = this.chain.build(this.id, this.#wallMs);
    const afterMs = this.#world.random.between(1, this.speed.maxBuildMs);
    this.#later(afterMs, { kind: 'block-built', height, round, block });
  }

  /** A fresh block from the future is held until the own clock allows it; one too far ahead is invalid. */
  #validate(block: ProposedBlock, reproposal: boolean): void {
    const { random, settings } = this.#world;
    this.chain.addCandidate(block);
    const { height, timeMs } = block.proposal.header;
    const earlyMs = reproposal ? 0 : Math.max(0, timeMs - this.#wallMs - settings.core.maxClockDriftMs);
    const valid = earlyMs <= LIMITS.maxProposalHoldMs && this.chain.isValidNext(block);
    const afterMs = (valid ? earlyMs : 0) + random.between(0, this.speed.maxValidateMs);
    this.#later(afterMs, { kind: 'block-validated', height, blockHash: block.hash, valid });
  }

  /** A message is durable: it leaves, and counts for the own core. */
  #onSynced(message: OwnMessage): void {
    if (!this.#signer.sendSynced(message)) return;
    if (this.strategy === 'amnesia' && message.kind !== 'proposal' && this.#world.random.chance(0.3))
      this.#world.schedule(this.index, this.#world.random.between(1, 1000), {
        kind: 'forget',
        life: this.#life,
      });
    this.#feed({ kind: 'message', nowMs: this.#world.nowMs, message, bytes: SIZE_OF[message.kind] });
  }

  /** Lets an armed crash happen if this is its step. */
  crashesAt(step: CrashStep): boolean {
    const { armedCrash } = this;
    if (armedCrash?.step !== step) return false;
    this.armedCrash = undefined;
    armedCrash.onCrash();
    return true;
  }

  #setTimer({ timer, height, round, afterMs }: Extract<ConsensusEffect, { kind: 'schedule' }>): void {
    const id = ++this.#timerSequence;
    this.#timers.set(timer, id);
    this.#world.schedule(this.index, afterMs, { kind: 'timer', life: this.#life, id, timer, height, round });
  }

  #commit(block: ProposedBlock, certificate: Certificate): void {
    if (this.crashesAt('before-commit')) return;
    if (this.#isHonest) this.#world.invariants.onDecide(this, block, certificate);
    this.chain.append(block, certificate);
    if (this.crashesAt('after-commit')) return;
    this.#journal.forgetUpTo(this.headHeight);
    this.#world.schedule(this.index, 0, { kind: 'start-height', life: this.#life });
  }

  #onPacket(from: number, packet: Packet): void {
    switch (packet.kind) {
      case 'consensus':
        this.#onMessage(packet.message);
        break;
      case 'status':
        this.chain.onStatus(from, packet.height, packet.isGreeting, this.#life);
        break;
      case 'block-answer':
        this.#feed({
          kind: 'block-fetched',
          nowMs: this.#world.nowMs,
          height: packet.height,
          block: packet.block,
        });
        break;
      case 'sync-answer': {
        const { block, certificate } = packet;
        if (this.chain.isCertifiedNext(block, certificate))
          this.#feed({ kind: 'certificate', nowMs: this.#world.nowMs, certificate, block });
        break;
      }
      case 'block-request':
      case 'sync-request':
        this.chain.onRequest(from, packet);
        break;
    }
  }

  /** Checks signatures under the set of the message's height, or of the highest height whose set is known. */
  #onMessage(message: ConsensusMessage): void {
    const current = this.headHeight + 1;
    const { height } = fieldsOf(message);
    if (height < current - 1 || height === 0) return;
    const validators = this.#world.validators.at(Math.min(height, current + 1));
    if (this.#world.signatures.faultOf(message, validators) !== undefined) return;
    this.#feed({ kind: 'message', nowMs: this.#world.nowMs, message, bytes: SIZE_OF[message.kind] });
  }
}

/** Plausible sizes on the wire, in bytes. */
const SIZE_OF = { proposal: 4000, prepare: 141, commit: 141, 'round-change': 2000, decided: 5000 } as const;
