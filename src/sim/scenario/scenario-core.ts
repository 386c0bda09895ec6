import type {
  Consensus,
  ConsensusEffect,
  ConsensusEvent,
  OwnMessage,
  ProposedBlock,
  TimerKind,
  UnsignedMessage,
} from '../../consensus/contract.ts';
import type { Certificate } from '../../types/certificate.ts';
import type { ConsensusMessage } from '../../types/consensus-message.ts';
import { isValidBlock, makeBlock, parentFrom } from '../blocks.ts';
import { SimJournal } from '../journal.ts';
import { type CoreFactory, GENESIS, type WithoutTime } from '../world.ts';
import type { ScenarioCast } from './scenario-cast.ts';
import type { Scenario } from './scenario-schema.ts';

/** What a core of a scenario may do to the others. */
export interface Stage {
  readonly nowMs: number;
  readonly cast: ScenarioCast;
  readonly scenario: Scenario;
  readonly createCore: CoreFactory;
  /** Runs an action so many virtual milliseconds from now, after all that is due by then. */
  after(delayMs: number, action: () => void): void;
  /** To every core under test that hears this one. */
  broadcast(from: number, message: ConsensusMessage): void;
  /** To the core of one validator, if it is under test and hears this one. */
  send(from: number, to: string, message: ConsensusMessage): void;
  /** The block, if one of the validators is a core that this one hears and that knows it. */
  fetch(from: number, blockHash: string, of: readonly string[]): ProposedBlock | undefined;
  onEffect(from: number, effect: ConsensusEffect): void;
}

interface Decision {
  readonly block: ProposedBlock;
  readonly certificate: Certificate;
}

/** One core under test with a host that does what the scenario says, and at once. Chain and journal survive a crash. */
export class ScenarioCore {
  readonly index: number;
  readonly decisions: Decision[] = [];
  signerWorks = true;
  readonly #stage: Stage;
  readonly #journal = new SimJournal();
  #core: Consensus | undefined;
  #life = 0;
  #timers = new Map<TimerKind, number>();
  #timerSequence = 0;
  #blocks = new Map<string, ProposedBlock>();

  constructor(index: number, stage: Stage) {
    this.index = index;
    this.#stage = stage;
  }

  get roundState() {
    return this.#core?.roundState();
  }

  boot(): void {
    const { createCore, scenario, cast } = this.#stage;
    this.#core = createCore({ ...scenario.core, self: cast.validator(this.index).id });
    for (const block of this.#journal.blocks()) this.#blocks.set(block.hash, block);
    this.#startHeight();
  }

  crash(): void {
    this.#core = undefined;
    this.#life++;
    this.#timers.clear();
    this.#blocks.clear();
    this.#journal.crash(0);
  }

  loseJournal(): void {
    this.#journal.lose(this.decisions.length + 1);
  }

  block(blockHash: string): ProposedBlock | undefined {
    return this.#blocks.get(blockHash);
  }

  /** What the host hears; nothing while it is down. */
  feed(event: WithoutTime<ConsensusEvent>): void {
    const core = this.#core;
    if (core === undefined) return;
    for (const effect of core.handle({ ...event, nowMs: this.#stage.nowMs } as ConsensusEvent)) {
      this.#stage.onEffect(this.index, effect);
      this.#answer(effect);
    }
  }

  /** A message is checked before the core sees it. Says why it was refused. */
  receive(message: ConsensusMessage): string | undefined {
    if (this.#core === undefined) return undefined;
    const { signatures, validators } = this.#stage.cast;
    const fault = signatures.faultOf(message, validators);
    if (fault === undefined) this.feed({ kind: 'message', message, bytes: 200 });
    return fault;
  }

  #startHeight(): void {
    const { cast, scenario } = this.#stage;
    const last = this.decisions.at(-1);
    const height = this.decisions.length + 1;
    this.feed({
      kind: 'start-height',
      parent: last === undefined ? GENESIS : parentFrom(last.block),
      validators: cast.validators,
      nextValidators: cast.validators,
      wallMs: GENESIS.timeMs + this.#stage.nowMs + (scenario.clocks[String(this.index)] ?? 0),
      blockIntervalMs: scenario.core.targetBlockIntervalMs,
      restored: this.#journal.restoredState(height),
    });
  }

  #answer(effect: ConsensusEffect): void {
    const { scenario, cast } = this.#stage;
    const { host } = scenario;
    switch (effect.kind) {
      case 'build-block':
        if (host.build === 'auto') this.#build(effect.height, effect.round);
        break;
      case 'validate-block': {
        const { block, height } = effect;
        this.#blocks.set(block.hash, block);
        const valid = this.#isValid(block);
        if (host.validate === 'auto')
          this.#soon(0, () => this.feed({ kind: 'block-validated', height, blockHash: block.hash, valid }));
        break;
      }
      case 'fetch-block': {
        const block = this.#stage.fetch(this.index, effect.blockHash, effect.from);
        const { height } = effect;
        if (block !== undefined)
          this.#soon(2 * host.latencyMs, () => this.feed({ kind: 'block-fetched', height, block }));
        break;
      }
      case 'sign-and-broadcast':
        if (this.signerWorks) this.#sign(effect.message);
        break;
      case 'resend':
        for (const message of effect.messages) this.#stage.broadcast(this.index, message);
        break;
      case 'send-decided': {
        const decided = this.decisions[effect.height - 1];
        if (decided === undefined) break;
        const { block, certificate } = decided;
        this.#stage.send(this.index, effect.to, { kind: 'decided', block: block.proposal, certificate });
        break;
      }
      case 'schedule':
        this.#setTimer(effect);
        break;
      case 'cancel-timers':
        this.#timers.clear();
        break;
      case 'commit': {
        const { block, certificate } = effect;
        this.decisions.push({ block, certificate });
        this.#journal.forgetUpTo(this.decisions.length);
        cast.introduceIfNew(block);
        if (this.decisions.length < scenario.heights) this.#soon(0, () => this.#startHeight());
        break;
      }
      default:
    }
  }

  #build(height: number, round: number): void {
    const { cast, nowMs } = this.#stage;
    const last = this.decisions.at(-1);
    const parent = last === undefined ? GENESIS : parentFrom(last.block);
    const block = makeBlock({
      parent,
      proposer: cast.validator(this.index).id,
      timeMs: Math.max(GENESIS.timeMs + nowMs, parent.timeMs + 1),
      validators: cast.validators,
      salt: round,
    });
    cast.introduce(`b${height}.${round}`, block);
    this.#soon(0, () => this.feed({ kind: 'block-built', height, round, block }));
  }

  #isValid(block: ProposedBlock): boolean {
    const last = this.decisions.at(-1);
    const { validators } = this.#stage.cast;
    return isValidBlock(block, {
      parent: last === undefined ? GENESIS : parentFrom(last.block),
      validators,
      nextValidators: validators,
      minBlockIntervalMs: 1,
    });
  }

  /** Signed, written, synced, sent and counted in one instant. */
  #sign(unsigned: UnsignedMessage): void {
    const { cast } = this.#stage;
    if (unsigned.kind === 'proposal') this.#blocks.set(unsigned.block.hash, unsigned.block);
    const message: OwnMessage = cast.signatures.sign(unsigned, cast.validator(this.index));
    this.#journal.write(message, unsigned);
    this.#journal.sync(message);
    this.#stage.broadcast(this.index, message);
    this.#soon(0, () => this.feed({ kind: 'message', message, bytes: 200 }));
  }

  #setTimer({ timer, height, round, afterMs }: Extract<ConsensusEffect, { kind: 'schedule' }>): void {
    if (this.#stage.scenario.host.timers !== 'run') return;
    const id = ++this.#timerSequence;
    this.#timers.set(timer, id);
    this.#soon(afterMs, () => {
      if (this.#timers.get(timer) !== id) return;
      this.#timers.delete(timer);
      this.feed({ kind: 'timeout', timer, height, round });
    });
  }

  /** Later in this life. */
  #soon(delayMs: number, action: () => void): void {
    const life = this.#life;
    this.#stage.after(delayMs, () => {
      if (this.#life === life) action();
    });
  }
}
