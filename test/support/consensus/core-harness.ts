import { certificateOf } from '../../../src/consensus/commit-certificate.ts';
import { createConsensus } from '../../../src/consensus/consensus.ts';
import type {
  Consensus,
  ConsensusEffect,
  ConsensusEvent,
  ConsensusOptions,
  OwnMessage,
  ParentBlock,
  ProposedBlock,
  RestoredState,
  TimerKind,
  UnsignedMessage,
} from '../../../src/consensus/contract.ts';
import { makeBlock } from '../../../src/sim/blocks.ts';
import { describeEffect } from '../../../src/sim/describe-effect.ts';
import { Signatures } from '../../../src/sim/signatures.ts';
import type { Certificate } from '../../../src/types/certificate.ts';
import type { ConsensusMessage, SignedVote } from '../../../src/types/consensus-message.ts';
import { type Validator, ValidatorSet } from '../../../src/types/validator.ts';
import { Peer } from './peer.ts';

/** A distributive omit, so that each kind of event keeps its own fields. */
type WithoutTime<E> = E extends ConsensusEvent ? Omit<E, 'nowMs'> : never;

export const GENESIS_PARENT: ParentBlock = {
  height: 0,
  hash: 'ee'.repeat(32),
  timeMs: 1_000_000,
  proposer: undefined,
};

export interface HarnessOptions {
  readonly n?: number;
  /** Index of the node under test; undefined for a node that only follows. */
  readonly me?: number | undefined;
  readonly parent?: ParentBlock;
  readonly validators?: ValidatorSet;
  readonly nextValidators?: ValidatorSet;
  readonly core?: Partial<ConsensusOptions>;
  /** Answer `validate-block` in the same step (default), or leave it to the test. */
  readonly validates?: boolean;
  /** Sign and hand back own messages in the same step (default), or behave like a signer that fails. */
  readonly signs?: boolean;
  /** What the journal knew at the start of the first height. */
  readonly restored?: RestoredState;
  /** Wall clock at the start; by default target interval and empty interval have not passed yet. */
  readonly wallMs?: number;
}

/** A validator whose id and keys are its index in every byte, so that set order is index order. */
export function validatorAt(index: number): Validator {
  const byte = (index + 1).toString(16).padStart(2, '0');
  return { id: byte.repeat(32), consensusKey: byte.repeat(32), vrfKey: byte.repeat(32) };
}

export function validatorSet(n: number): ValidatorSet {
  return new ValidatorSet(Array.from({ length: n }, (_, index) => validatorAt(index)));
}

/**
 * One core with a host that is as small as can be: it checks tokens like a host checks signatures, signs what the
 * core wants signed and hands it back, answers validations, and records every effect as one line of text. Each
 * method returns the lines of all effects that its stimulus caused, so that a test states the complete outcome.
 */
export class CoreHarness {
  readonly tokens = new Signatures('ab'.repeat(32));
  readonly validators: ValidatorSet;
  readonly nextValidators: ValidatorSet;
  readonly parent: ParentBlock;
  readonly me: number | undefined;
  readonly core: Consensus;
  /** What the own node has signed, in order. */
  readonly sent: OwnMessage[] = [];
  /** The raw effects of the last stimulus. */
  effects: ConsensusEffect[] = [];
  nowMs = 50_000;
  validates: boolean;
  signs: boolean;
  /** Blocks that the host finds invalid, by hash. */
  readonly invalid = new Set<string>();
  readonly #names = { blocks: new Map<string, string>(), validators: new Map<string, string>() };

  constructor(options: HarnessOptions = {}) {
    this.validators = options.validators ?? validatorSet(options.n ?? 4);
    this.nextValidators = options.nextValidators ?? this.validators;
    this.parent = options.parent ?? GENESIS_PARENT;
    this.me = 'me' in options ? options.me : 3;
    this.validates = options.validates ?? true;
    this.signs = options.signs ?? true;
    for (let i = 0; i < 64; i++) this.#names.validators.set(validatorAt(i).id, `V${i}`);
    this.core = createConsensus({
      self: this.me === undefined ? undefined : validatorAt(this.me).id,
      baseTimeoutMs: 1000,
      timeoutCapMs: 8000,
      resendIntervalMs: 1000,
      emptyBlockIntervalMs: 10_000,
      maxClockDriftMs: 2000,
      ...options.core,
    });
    this.start(options.restored, options.wallMs);
  }

  /** Starts the first height. The parent is as old as `wallMs` says. */
  start(restored?: RestoredState, wallMs = this.parent.timeMs): string[] {
    const { parent, validators, nextValidators } = this;
    const sets = { validators, nextValidators };
    const event = { kind: 'start-height' as const, parent, ...sets, wallMs, blockIntervalMs: 1000 };
    return this.handle(restored === undefined ? event : { ...event, restored });
  }

  /** Starts the height after `block`. */
  startAfter(
    block: ProposedBlock,
    sets: { validators?: ValidatorSet; nextValidators?: ValidatorSet } = {},
  ): string[] {
    const { height, timeMs, proposer } = block.proposal.header;
    const parent = { height, hash: block.hash, timeMs, proposer };
    const { validators = this.validators, nextValidators = validators } = sets;
    const times = { wallMs: timeMs, blockIntervalMs: 1000 };
    return this.handle({ kind: 'start-height', parent, validators, nextValidators, ...times });
  }

  peer(index: number): Peer {
    return new Peer(validatorAt(index), this.tokens);
  }

  peers(...indexes: number[]): Peer[] {
    return indexes.map((index) => this.peer(index));
  }

  /** A block of the given builder on the parent, known by `name` in the lines of effects. */
  block(name: string, proposer = 0, change: Partial<Parameters<typeof makeBlock>[0]> = {}): ProposedBlock {
    const { parent, validators } = this;
    const salt = [...name].reduce((sum, character) => sum * 31 + character.charCodeAt(0), 7);
    const timeMs = parent.timeMs + 1000;
    const block = makeBlock({
      parent,
      proposer: validatorAt(proposer).id,
      timeMs,
      validators,
      salt,
      ...change,
    });
    this.#names.blocks.set(block.hash, name);
    return block;
  }

  work(): string[] {
    return this.handle({ kind: 'work-available' });
  }

  built(block: ProposedBlock, round = 0, height = this.height): string[] {
    return this.handle({ kind: 'block-built', height, round, block });
  }

  fetched(block: ProposedBlock): string[] {
    return this.handle({ kind: 'block-fetched', height: this.height, block });
  }

  validated(block: ProposedBlock, valid = true, undetermined = false): string[] {
    const event = { kind: 'block-validated' as const, height: this.height, blockHash: block.hash, valid };
    return this.handle(undetermined ? { ...event, undetermined } : event);
  }

  timeout(timer: TimerKind, round = this.core.roundState().round, height = this.height): string[] {
    return this.handle({ kind: 'timeout', timer, height, round });
  }

  /** Rounds end, here and at just as many others as make a quorum. Returns the lines of the last own time-out. */
  endRounds(count = 1): string[] {
    let lines: string[] = [];
    for (let i = 0; i < count; i++) {
      lines = this.timeout('round');
      const { round } = this.core.roundState();
      for (const index of [...this.validators.members.keys()]
        .filter((other) => other !== this.me)
        .slice(0, this.validators.quorum - 1))
        this.inject(this.peer(index).roundChange(round));
    }
    return lines;
  }

  certificate(block: ProposedBlock, votes: readonly SignedVote[]): string[] {
    return this.handle({ kind: 'certificate', block, certificate: this.certificateOf(votes) });
  }

  certificateOf(votes: readonly SignedVote[]): Certificate {
    return certificateOf(votes, this.validators);
  }

  /** Delivers messages as a host does: one whose signatures do not hold is dropped before the core. */
  inject(...messages: ConsensusMessage[]): string[] {
    const lines: string[] = [];
    for (const message of messages) {
      const fault = this.tokens.faultOf(message, this.validators);
      if (fault === undefined) lines.push(...this.handle({ kind: 'message', message, bytes: 200 }));
      else lines.push(`refused ${fault}`);
    }
    return lines;
  }

  /** The same without the signature check, for what only the core can refuse. */
  injectUnchecked(message: ConsensusMessage, bytes = 200): string[] {
    return this.handle({ kind: 'message', message, bytes });
  }

  get height(): number {
    return this.core.roundState().height;
  }

  /** Feeds one event and everything that the small host answers at once. */
  handle(first: WithoutTime<ConsensusEvent>): string[] {
    this.effects = [];
    const queue: ConsensusEvent[] = [{ ...first, nowMs: this.nowMs } as ConsensusEvent];
    for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
      for (const effect of this.core.handle(event)) {
        this.effects.push(effect);
        queue.push(...this.#answer(effect));
      }
    }
    return this.effects.map((effect) => describeEffect(effect, this.#names));
  }

  #answer(effect: ConsensusEffect): ConsensusEvent[] {
    const { nowMs } = this;
    if (effect.kind === 'validate-block' && this.validates) {
      const { hash } = effect.block;
      const valid = !this.invalid.has(hash);
      return [{ kind: 'block-validated', nowMs, height: effect.height, blockHash: hash, valid }];
    }
    if (effect.kind === 'sign-and-broadcast' && this.signs) {
      const message = this.sign(effect.message);
      this.sent.push(message);
      return [{ kind: 'message', nowMs, message, bytes: 200 }];
    }
    return [];
  }

  sign(message: UnsignedMessage): OwnMessage {
    return this.tokens.sign(message, validatorAt(this.me as number));
  }

  /** The last own message of a kind. */
  lastSent<Kind extends OwnMessage['kind']>(kind: Kind): Extract<OwnMessage, { kind: Kind }> {
    const message = this.sent.findLast((candidate) => candidate.kind === kind);
    if (message === undefined) throw new Error(`nothing of kind ${kind} was sent`);
    return message as Extract<OwnMessage, { kind: Kind }>;
  }
}
