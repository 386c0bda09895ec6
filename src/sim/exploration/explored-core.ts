import type {
  Consensus,
  ConsensusEffect,
  ConsensusEvent,
  ProposedBlock,
  TimerKind,
  UnsignedMessage,
} from '../../consensus/contract.ts';
import { fieldsOf } from '../../consensus/message-fields.ts';
import type { Certificate } from '../../types/certificate.ts';
import type { CommitMessage, ProposalMessage } from '../../types/consensus-message.ts';
import { NodeError } from '../../util/errors.ts';
import { Invariants, type SimulationErrorCode, type Witness } from '../invariants.ts';
import { type CoreFactory, DEFAULT_SETTINGS, GENESIS, type WithoutTime } from '../world.ts';
import { justificationFault } from './justification-check.ts';
import { HEIGHT, type MessagePool } from './message-pool.ts';

/** What others notice of a step of a core. */
export interface Reaction {
  /** Numbers of the messages that go to all others, first ones and re-sent ones. */
  readonly sent: readonly number[];
  /** Decided messages by number, and the validators that they go to. */
  readonly answers: readonly { readonly to: number; readonly message: number }[];
}

export interface ExploredCoreOptions {
  readonly createCore: CoreFactory;
  /** Validators that may contradict themselves. */
  readonly faulty: ReadonlySet<string>;
  /** Tells the blocks of two cores of one validator apart. */
  readonly variant?: number;
}

/** Time stands still: what runs out, the exploration says. A block is due from the start. */
const NOW_MS = 1_000_000;
const SINCE_GENESIS_MS = 60_000;
const CORE_OPTIONS = { ...DEFAULT_SETTINGS.core, emptyBlockIntervalMs: 0 };
const BYTES = 200;

/**
 * One core at the first height with a host that answers at once: it signs, builds, validates and fetches without
 * delay. Every effect goes through the invariants of the simulator, and through some that can be checked only here;
 * what the core of a faulty validator does is not judged.
 */
export class ExploredCore implements Witness {
  readonly index: number;
  readonly id: string;
  /** Numbers of the messages that count for the core, own ones included. */
  readonly filed = new Set<number>();
  readonly commits: CommitMessage[] = [];
  decided: string | undefined;
  readonly #pool: MessagePool;
  readonly #options: ExploredCoreOptions;
  readonly #core: Consensus;
  readonly #checks: Invariants | undefined;
  /** The round in which each running timer was set. */
  readonly #timers = new Map<TimerKind, number>();
  readonly #pending: WithoutTime<ConsensusEvent>[] = [];
  #certificate: Certificate | undefined;
  #sent: number[] = [];
  #answers: { to: number; message: number }[] = [];

  constructor(pool: MessagePool, validator: number, options: ExploredCoreOptions) {
    this.index = validator;
    this.id = pool.validator(validator).id;
    this.#pool = pool;
    this.#options = options;
    this.#core = options.createCore({ ...CORE_OPTIONS, self: this.id });
    if (options.faulty.has(this.id)) return;
    const isValid = ({ hash }: ProposedBlock) => pool.blocks.has(hash);
    const rules = { validatorsAt: () => pool.validators, isValid };
    this.#checks = new Invariants(pool.signatures, rules, options.faulty);
  }

  get round(): number {
    return this.#core.roundState().round;
  }

  /**
   * Tells this state from others: a core with the same key goes on in the same way. Of what was filed, votes and
   * proposals of past rounds and round changes for them do nothing any more; commits of any round do.
   */
  get key(): string {
    if (this.decided !== undefined) return this.decided;
    const { round, isTimed } = this;
    const relevant: (number | string)[] = [];
    for (const number of this.filed) {
      const message = this.#pool.at(number);
      // Whatever has justified a proposal, it is the same proposal.
      if (message.kind === 'proposal' && message.proposal.body.round >= round)
        relevant.push(message.proposal.signature);
      else if (message.kind === 'commit' || fieldsOf(message).round >= round) relevant.push(number);
    }
    return `${round} ${isTimed} ${relevant.sort().join()}`;
  }

  get isTimed(): boolean {
    return this.#timers.has('round');
  }

  get headHeight(): number {
    return this.decided === undefined ? HEIGHT - 1 : HEIGHT;
  }

  /** Journals are not explored: what is signed is durable. */
  isDurable(): boolean {
    return true;
  }

  boot(): Reaction {
    const { validators } = this.#pool;
    const wallMs = GENESIS.timeMs + SINCE_GENESIS_MS;
    const start = { parent: GENESIS, validators, nextValidators: validators, wallMs, blockIntervalMs: 0 };
    return this.#react({ kind: 'start-height', ...start });
  }

  /** Takes a message, unless a signature in it does not hold. */
  receive(number: number): Reaction {
    const message = this.#pool.at(number);
    if (this.#pool.signatures.faultOf(message, this.#pool.validators) !== undefined) return this.#react();
    return this.#react({ kind: 'message', message, bytes: BYTES });
  }

  /** A timer runs out, if it is running. */
  timeout(timer: TimerKind): Reaction {
    const round = this.#timers.get(timer);
    if (round === undefined) return this.#react();
    this.#timers.delete(timer);
    return this.#react({ kind: 'timeout', timer, height: HEIGHT, round });
  }

  #react(...events: WithoutTime<ConsensusEvent>[]): Reaction {
    this.#sent = [];
    this.#answers = [];
    this.#pending.push(...events);
    for (let event = this.#pending.shift(); event !== undefined; event = this.#pending.shift())
      this.#handle(event);
    return { sent: this.#sent, answers: this.#answers };
  }

  #handle(event: WithoutTime<ConsensusEvent>): void {
    const isOver = this.decided !== undefined;
    const before = event.kind === 'message' ? this.#core.roundState().roundChanges : [];
    const effects = this.#core.handle({ ...event, nowMs: NOW_MS } as ConsensusEvent);
    this.#checks?.onEffects(this, effects);
    if (event.kind === 'message' && !isOver) {
      if (!effects.some(({ kind }) => kind === 'drop')) this.filed.add(this.#pool.numberOf(event.message));
      this.#checkRoundChanges(before);
    }
    for (const effect of effects) this.#execute(effect);
    if (!isOver && this.decided !== undefined) this.#checkSilence();
  }

  #execute(effect: ConsensusEffect): void {
    const { blocks } = this.#pool;
    switch (effect.kind) {
      case 'build-block': {
        const { height, round } = effect;
        const block = this.#pool.build(this.index, round, this.#options.variant ?? 0);
        this.#pending.push({ kind: 'block-built', height, round, block });
        break;
      }
      case 'validate-block': {
        const { height, block } = effect;
        const valid = blocks.has(block.hash);
        this.#pending.push({ kind: 'block-validated', height, blockHash: block.hash, valid });
        break;
      }
      case 'fetch-block': {
        const block = blocks.get(effect.blockHash);
        if (block !== undefined) this.#pending.push({ kind: 'block-fetched', height: effect.height, block });
        break;
      }
      case 'sign-and-broadcast':
        this.#sign(effect.message);
        break;
      case 'resend':
        for (const message of effect.messages) {
          this.#checks?.onSend(this, message);
          this.#sent.push(this.#pool.numberOf(message));
        }
        break;
      case 'send-decided':
        this.#answer(effect.to);
        break;
      case 'schedule':
        this.#timers.set(effect.timer, effect.round);
        break;
      case 'cancel-timers':
        this.#timers.clear();
        break;
      case 'commit':
        this.#checks?.onDecide(this, effect.block, effect.certificate);
        this.decided = effect.block.hash;
        this.#certificate = effect.certificate;
        break;
      // A state stands for several histories, and what they differ in may look like a contradiction.
      case 'evidence':
      case 'behind':
      case 'halt':
      case 'drop':
        break;
    }
  }

  #sign(unsigned: UnsignedMessage): void {
    if (unsigned.kind === 'prepare') this.#checkPrepare(unsigned);
    const { number, message } = this.#pool.sign(unsigned, this.index);
    this.#checks?.onSend(this, message);
    if (message.kind === 'commit') this.commits.push(message);
    if (message.kind === 'proposal') this.#checkProposal(message);
    this.#sent.push(number);
    this.#pending.push({ kind: 'message', message, bytes: BYTES });
  }

  #answer(to: string): void {
    const block = this.#pool.blocks.get(this.decided ?? '');
    const receiver = this.#pool.validators.indexOf(to);
    if (block === undefined || this.#certificate === undefined || receiver === undefined) return;
    const message = { kind: 'decided' as const, block: block.proposal, certificate: this.#certificate };
    this.#answers.push({ to: receiver, message: this.#pool.numberOf(message) });
  }

  /** Neither accepted nor sent without a justification, nor out of turn: validators lead in their order. */
  #checkProposal(message: ProposalMessage): void {
    const { validators, signatures } = this.#pool;
    const fault = justificationFault(message, validators, signatures.scheme);
    if (fault !== undefined)
      this.#violated('a proposal is not justified', { fault, ...message.proposal.body });
    const { body, signer } = message.proposal;
    if (validators.indexOf(signer) !== body.round % validators.size)
      this.#violated('a proposal out of turn', { signer, ...body });
  }

  /** A validator prepares only what the proposer of the round has proposed to it in that round. */
  #checkPrepare({ round, blockHash }: Extract<UnsignedMessage, { kind: 'prepare' }>): void {
    for (const number of this.filed) {
      const message = this.#pool.at(number);
      if (message.kind !== 'proposal') continue;
      const { body } = message.proposal;
      if (body.round !== round || body.blockHash !== blockHash) continue;
      this.#checkProposal(message);
      return;
    }
    this.#violated('a prepare for what was not proposed in its round', { round, blockHash });
  }

  /** Of each validator the highest round change counts. */
  #checkRoundChanges(before: readonly { validator: string; round: number }[]): void {
    if (before.length === 0) return;
    const after = new Map(
      this.#core.roundState().roundChanges.map((entry) => [entry.validator, entry.round]),
    );
    for (const { validator, round } of before)
      if ((after.get(validator) ?? -1) < round)
        this.#violated('a lower round change took the place of a higher one', { validator, round });
  }

  /** No timer outlives a decision, and one that had already run out when it came does nothing any more. */
  #checkSilence(): void {
    if (this.#timers.size > 0) this.#violated('a timer outlives the decision', { timers: [...this.#timers] });
    const { round } = this;
    for (const timer of ['propose', 'round', 'resend'] as const) {
      const event = { kind: 'timeout', timer, height: HEIGHT, round, nowMs: NOW_MS } as const;
      const effects = this.#core.handle(event).filter(({ kind }) => kind !== 'drop');
      if (effects.length > 0)
        this.#violated('a timer acts after the decision', { timer, effects: effects.length });
    }
  }

  #violated(what: string, data: Record<string, unknown>): void {
    if (this.#checks === undefined) return;
    throw new NodeError<SimulationErrorCode>('INVARIANT_VIOLATED', what, {
      data: { node: this.index, ...data },
    });
  }
}
