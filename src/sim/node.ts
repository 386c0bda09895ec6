import { createConsensus } from '../consensus/consensus.ts';
import type {
  Consensus,
  ConsensusEffect,
  ConsensusEvent,
  ConsensusOptions,
  OwnMessage,
  ParentBlock,
  ProposedBlock,
  RoundState,
  TimerKind,
} from '../consensus/contract.ts';
import { type Certificate, certificateFault } from '../types/certificate.ts';
import type { Validator, ValidatorSet } from '../types/validator.ts';
import { distort, type Strategy } from './adversary.ts';
import { isValidBlock, makeBlock, parentFrom } from './blocks.ts';
import type { Invariants } from './invariants.ts';
import { SimJournal } from './journal.ts';
import type { Packet } from './network.ts';
import type { Random } from './random.ts';
import type { SignatureTokens } from './tokens.ts';

type WithoutTime<E> = E extends ConsensusEvent ? Omit<E, 'nowMs'> : never;

/** What reaches a node. All but packets belong to one life of it and are void after a crash. */
export type NodeInput =
  | { readonly kind: 'packet'; readonly from: number; readonly packet: Packet }
  | { readonly kind: 'core-event'; readonly life: number; readonly event: WithoutTime<ConsensusEvent> }
  | {
      readonly kind: 'timer';
      readonly life: number;
      readonly id: number;
      readonly timer: TimerKind;
      readonly height: number;
      readonly round: number;
    }
  | { readonly kind: 'synced'; readonly life: number; readonly message: OwnMessage }
  | { readonly kind: 'start-height'; readonly life: number }
  | { readonly kind: 'catch-up'; readonly life: number };

/** Speeds of a simulated host and the rules of its blocks. */
export interface HostSettings {
  readonly core: Omit<ConsensusOptions, 'self'>;
  readonly minBlockIntervalMs: number;
  readonly maxBuildMs: number;
  readonly maxValidateMs: number;
  readonly maxSyncMs: number;
  /** Probability that a node has work when a height starts. */
  readonly workChance: number;
}

/** What a node may do to the rest of the simulation. */
export interface World {
  readonly nowMs: number;
  readonly genesis: ParentBlock;
  readonly random: Random;
  readonly tokens: SignatureTokens;
  readonly validators: ValidatorSet;
  readonly settings: HostSettings;
  readonly invariants: Invariants;
  /** Second blocks that the Byzantine nodes share. */
  readonly twins: Map<string, ProposedBlock>;
  schedule(node: number, afterMs: number, input: NodeInput): void;
  transmit(from: number, to: number, packet: Packet): void;
  onEvidence(effect: Extract<ConsensusEffect, { kind: 'evidence' }>, reporter: number): void;
}

interface DecidedBlock {
  readonly block: ProposedBlock;
  readonly certificate: Certificate;
}

const CATCH_UP_INTERVAL_MS = 300;
const FETCHES_AT_ONCE = 3;

/** A host around one core: signer with journal, timers, block store, catch-up. Disk contents survive a crash. */
export class SimNode {
  readonly index: number;
  readonly strategy: Strategy | undefined;
  /** Error of the wall clock. */
  readonly clockOffsetMs: number;
  /** Decided blocks from height 1 on. */
  readonly chain: DecidedBlock[] = [];
  isUp = false;
  pausedUntilMs = 0;

  readonly #world: World;
  readonly #validator: Validator;
  readonly #journal = new SimJournal();
  #core: Consensus | undefined;
  #life = 0;
  #timers = new Map<TimerKind, number>();
  #timerSequence = 0;
  /** Blocks seen since the start of the process: what block requests are answered from. */
  #blocks = new Map<string, ProposedBlock>();
  #catchUpTo = 0;
  #isCatchUpScheduled = false;

  constructor(
    index: number,
    world: World,
    options: { strategy?: Strategy | undefined; clockOffsetMs: number },
  ) {
    this.index = index;
    this.#world = world;
    this.#validator = world.validators.at(index) as Validator;
    this.strategy = options.strategy;
    this.clockOffsetMs = options.clockOffsetMs;
  }

  get headHeight(): number {
    return this.chain.length;
  }

  /** Undefined while the node is down. */
  get roundState(): RoundState | undefined {
    return this.#core?.roundState();
  }

  isDurable(message: OwnMessage): boolean {
    return this.#journal.isDurable(message);
  }

  boot(): void {
    this.isUp = true;
    this.#core = createConsensus({ ...this.#world.settings.core, self: this.#validator.id });
    for (const block of this.#journal.blocks()) this.#blocks.set(block.hash, block);
    this.#startHeight(true);
  }

  /** Loses everything but chain and journal; of records not yet synced a prefix may survive. */
  crash(): void {
    this.isUp = false;
    this.#life++;
    this.#core = undefined;
    this.#timers.clear();
    this.#blocks.clear();
    this.#catchUpTo = 0;
    this.#isCatchUpScheduled = false;
    this.#journal.crash(this.#world.random);
    this.#world.invariants.onRestart(this);
  }

  handle(input: NodeInput): void {
    if (!this.isUp) return;
    if (input.kind !== 'packet' && input.life !== this.#life) return;
    switch (input.kind) {
      case 'packet':
        this.#onPacket(input.from, input.packet);
        break;
      case 'core-event':
        this.#feed(input.event);
        break;
      case 'timer':
        if (this.#timers.get(input.timer) !== input.id) return;
        this.#timers.delete(input.timer);
        this.#feed({ kind: 'timeout', timer: input.timer, height: input.height, round: input.round });
        break;
      case 'synced':
        this.#onSynced(input.message);
        break;
      case 'start-height':
        this.#startHeight(false);
        break;
      case 'catch-up':
        this.#isCatchUpScheduled = false;
        this.#catchUp();
        break;
    }
  }

  get #parent(): ParentBlock {
    const head = this.chain.at(-1);
    return head === undefined ? this.#world.genesis : parentFrom(head.block);
  }

  get #wallMs(): number {
    return this.#world.genesis.timeMs + this.#world.nowMs + this.clockOffsetMs;
  }

  #startHeight(isRestart: boolean): void {
    const { validators, random, settings } = this.#world;
    const height = this.headHeight + 1;
    this.#blocks = new Map(this.#journal.blocks().map((block) => [block.hash, block]));
    const start = {
      kind: 'start-height' as const,
      parent: this.#parent,
      validators,
      nextValidators: validators,
      wallMs: this.#wallMs,
    };
    this.#feed(isRestart ? { ...start, restored: this.#journal.restoredState(height) } : start);
    if (random.chance(settings.workChance)) this.#later(random.between(0, 200), { kind: 'work-available' });
    if (this.#catchUpTo >= height) this.#catchUp();
  }

  #later(afterMs: number, event: WithoutTime<ConsensusEvent>): void {
    this.#world.schedule(this.index, afterMs, { kind: 'core-event', life: this.#life, event });
  }

  #feed(event: WithoutTime<ConsensusEvent>): void {
    if (this.#core === undefined) return;
    const effects = this.#core.handle({ ...event, nowMs: this.#world.nowMs } as ConsensusEvent);
    if (this.strategy === undefined) this.#world.invariants.onEffects(this, effects);
    for (const effect of effects) this.#execute(effect);
  }

  #execute(effect: ConsensusEffect): void {
    const { random, settings, tokens } = this.#world;
    switch (effect.kind) {
      case 'build-block':
        this.#build(effect.height, effect.round);
        break;
      case 'validate-block':
        this.#validate(effect.block, effect.reproposal);
        break;
      case 'fetch-block':
        this.#fetch(effect);
        break;
      case 'sign-and-broadcast': {
        const message = tokens.sign(effect.message, this.#validator);
        this.#journal.write(message, effect.message);
        const input = { kind: 'synced' as const, life: this.#life, message };
        this.#world.schedule(this.index, random.between(0, settings.maxSyncMs), input);
        break;
      }
      case 'resend':
        for (const message of effect.messages) this.#send(message);
        break;
      case 'send-decided':
        this.#sendDecided(effect.to, effect.height);
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
        this.#catchUpTo = Math.max(this.#catchUpTo, effect.height);
        this.#catchUp();
        break;
      case 'evidence':
        if (this.strategy === undefined) this.#world.onEvidence(effect, this.index);
        break;
      case 'halt':
      case 'drop':
        break;
    }
  }

  #build(height: number, round: number): void {
    const { random, settings, validators } = this.#world;
    const parent = this.#parent;
    const timeMs = Math.max(this.#wallMs, parent.timeMs + settings.minBlockIntervalMs);
    const block = makeBlock({
      parent,
      proposer: this.#validator.id,
      timeMs,
      validators,
      salt: random.uint32() >>> 4,
    });
    this.#blocks.set(block.hash, block);
    this.#later(random.between(1, settings.maxBuildMs), { kind: 'block-built', height, round, block });
  }

  /** A fresh block from the future is held until the own clock allows it. */
  #validate(block: ProposedBlock, reproposal: boolean): void {
    const { random, settings, validators } = this.#world;
    this.#blocks.set(block.hash, block);
    const { height, timeMs } = block.proposal.header;
    const holdMs = reproposal ? 0 : Math.max(0, timeMs - this.#wallMs - settings.core.maxClockDriftMs);
    const valid = isValidBlock(block, this.#parent, validators, settings.minBlockIntervalMs);
    const afterMs = holdMs + random.between(0, settings.maxValidateMs);
    this.#later(afterMs, { kind: 'block-validated', height, blockHash: block.hash, valid });
  }

  #fetch({ height, blockHash, from }: Extract<ConsensusEffect, { kind: 'fetch-block' }>): void {
    const { random, validators } = this.#world;
    for (const id of random.sample(from, FETCHES_AT_ONCE)) {
      const peer = validators.indexOf(id) as number;
      if (peer !== this.index)
        this.#world.transmit(this.index, peer, { kind: 'block-request', height, blockHash });
    }
  }

  #onSynced(message: OwnMessage): void {
    this.#journal.sync(message);
    this.#send(message);
    this.#feed({ kind: 'message', message, bytes: SIZE_OF[message.kind] });
  }

  #send(message: OwnMessage): void {
    const { validators, random, tokens, twins, invariants } = this.#world;
    if (this.strategy === undefined) {
      // A height may end between signing and sync; its messages are then worth nothing to anybody.
      if (!this.isDurable(message)) return;
      invariants.onSend(this, message);
    }
    const parent = this.#parent;
    for (let to = 0; to < validators.size; to++) {
      if (to === this.index) continue;
      const context = { validator: this.#validator, validators, tokens, random, twins, parent };
      const messages = this.strategy === undefined ? [message] : distort(this.strategy, message, to, context);
      for (const copy of messages) this.#world.transmit(this.index, to, { kind: 'consensus', message: copy });
    }
  }

  #sendDecided(to: string, height: number): void {
    const decided = this.chain[height - 1];
    const peer = this.#world.validators.indexOf(to);
    if (decided === undefined || peer === undefined) return;
    const { block, certificate } = decided;
    const message = { kind: 'decided' as const, block: block.proposal, certificate };
    this.#world.transmit(this.index, peer, { kind: 'consensus', message });
  }

  #setTimer({ timer, height, round, afterMs }: Extract<ConsensusEffect, { kind: 'schedule' }>): void {
    const id = ++this.#timerSequence;
    this.#timers.set(timer, id);
    this.#world.schedule(this.index, afterMs, { kind: 'timer', life: this.#life, id, timer, height, round });
  }

  #commit(block: ProposedBlock, certificate: Certificate): void {
    if (this.strategy === undefined) this.#world.invariants.onDecide(this, block, certificate);
    this.chain.push({ block, certificate });
    this.#journal.forgetUpTo(this.headHeight);
    this.#world.schedule(this.index, 0, { kind: 'start-height', life: this.#life });
  }

  /** Asks a random peer for the next block until the height is reached that others are known to have. */
  #catchUp(): void {
    const { random, validators } = this.#world;
    const height = this.headHeight + 1;
    if (height > this.#catchUpTo || validators.size === 1) return;
    const peer = (this.index + random.between(1, validators.size - 1)) % validators.size;
    this.#world.transmit(this.index, peer, { kind: 'sync-request', height });
    if (this.#isCatchUpScheduled) return;
    this.#isCatchUpScheduled = true;
    this.#world.schedule(this.index, CATCH_UP_INTERVAL_MS, { kind: 'catch-up', life: this.#life });
  }

  #onPacket(from: number, packet: Packet): void {
    switch (packet.kind) {
      case 'consensus': {
        const { message } = packet;
        if (this.#world.tokens.faultOf(message, this.#world.validators) !== undefined) return;
        this.#feed({ kind: 'message', message, bytes: SIZE_OF[message.kind] });
        break;
      }
      case 'block-request': {
        const { height, blockHash } = packet;
        const decided = this.chain[height - 1]?.block;
        const block = decided?.hash === blockHash ? decided : this.#blocks.get(blockHash);
        if (block !== undefined)
          this.#world.transmit(this.index, from, { kind: 'block-answer', height, block });
        break;
      }
      case 'block-answer':
        this.#feed({ kind: 'block-fetched', height: packet.height, block: packet.block });
        break;
      case 'sync-request': {
        const decided = this.chain[packet.height - 1];
        if (decided !== undefined)
          this.#world.transmit(this.index, from, { kind: 'sync-answer', ...decided });
        break;
      }
      case 'sync-answer':
        this.#onCertified(packet.block, packet.certificate);
        break;
    }
  }

  #onCertified(block: ProposedBlock, certificate: Certificate): void {
    const { tokens, validators } = this.#world;
    const message = { kind: 'decided' as const, block: block.proposal, certificate };
    const isForNow = certificateFault(certificate, {
      height: this.headHeight + 1,
      blockHash: block.hash,
      validators,
    });
    if (isForNow !== undefined || tokens.faultOf(message, validators) !== undefined) return;
    this.#feed({ kind: 'certificate', certificate, block });
  }
}

/** Plausible sizes on the wire, in bytes. */
const SIZE_OF = { proposal: 4000, prepare: 141, commit: 141, 'round-change': 2000, decided: 5000 } as const;
