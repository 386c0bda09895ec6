import type { Certificate } from '../types/certificate.ts';
import type {
  CommitMessage,
  ConsensusMessage,
  PrepareMessage,
  ProposalMessage,
  SignedVote,
} from '../types/consensus-message.ts';
import type { EvidenceKind } from '../types/evidence.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import type { ValidatorSet } from '../types/validator.ts';
import type {
  ConsensusEffect,
  ConsensusOptions,
  DropReason,
  OwnMessage,
  ParentBlock,
  ProposedBlock,
  UnsignedMessage,
} from './contract.ts';
import { KnownBlocks } from './known-blocks.ts';
import { fieldsOf } from './message-fields.ts';
import { proposerOf } from './proposer.ts';
import { RoundChangeTable } from './round-changes.ts';
import { SigningGuard } from './signing-guard.ts';
import { type BlockSchedule, blockSchedule } from './timers.ts';
import { VoteTable } from './votes.ts';

/** The proposal of the present round; it counts as accepted once the host has found its block valid. */
export interface CurrentProposal {
  readonly blockHash: Hash;
  readonly reproposal: boolean;
}

/** The highest round in which this node has seen a prepare quorum for a block that it holds. */
export interface Prepared {
  readonly round: number;
  readonly blockHash: Hash;
  readonly certificate: SignedVote[];
}

/**
 * Everything known while one height is undecided. Created at its start, replaced at the next; handlers file messages
 * and answers here, the rules (rules.ts) read it and act. Within a height `round` and `prepared.round` never fall.
 */
export class HeightState {
  readonly options: ConsensusOptions;
  readonly parent: ParentBlock;
  readonly height: number;
  readonly validators: ValidatorSet;
  readonly nextValidators: ValidatorSet;
  readonly schedule: BlockSchedule;
  readonly guard: SigningGuard;

  readonly blocks: KnownBlocks;
  /** First justified proposal per round, for the latest rounds only: what a second one is compared with. */
  readonly proposals = new Map<number, ProposalMessage>();
  readonly prepares = new VoteTable<PrepareMessage>((message) => message.prepare);
  readonly commits = new VoteTable<CommitMessage>((message) => message.commit);
  readonly roundChanges = new RoundChangeTable();
  /** Own messages that are still worth sending again. */
  own: OwnMessage[] = [];

  round = 0;
  proposal: CurrentProposal | undefined;
  prepared: Prepared | undefined;
  /** A commit quorum that was seen; the height is decided once its block is here and valid. */
  certified: Certificate | undefined;
  #ended: 'decided' | 'halted' | undefined;

  /** Timers of this height run: there is work, or someone else acts, or an empty block is due. */
  awake = false;
  /** When the proposer of round 0 may build. */
  proposeAtMs: number;
  /** Undefined while no round timer is alive. */
  roundEndsAtMs: number | undefined;
  /** A quorum of validators is known to have reached the present round, which is above 0. */
  hasRoundQuorum = false;
  /** An honest validator works on the next height. */
  isDecidedElsewhere = false;
  /** Latest round for which a block was ordered from the host, and the block once it came. */
  buildRequestedRound = -1;
  built: { readonly round: number; readonly block: ProposedBlock } | undefined;

  nowMs: number;
  effects: ConsensusEffect[] = [];
  readonly #reported = new Set<string>();

  constructor(
    options: ConsensusOptions,
    start: {
      parent: ParentBlock;
      validators: ValidatorSet;
      nextValidators: ValidatorSet;
      nowMs: number;
      wallMs: number;
      blockIntervalMs: number;
      maySign: boolean;
    },
  ) {
    this.options = options;
    this.parent = start.parent;
    this.height = start.parent.height + 1;
    this.validators = start.validators;
    this.nextValidators = start.nextValidators;
    this.nowMs = start.nowMs;
    this.schedule = blockSchedule(start.parent, start.nowMs, start.wallMs, start.blockIntervalMs, options);
    this.proposeAtMs = this.schedule.notBeforeMs;
    const isMember = options.self !== undefined && start.validators.has(options.self);
    this.guard = new SigningGuard(isMember && start.maySign);
    this.blocks = new KnownBlocks(this.height, (effect) => this.emit(effect));
  }

  get decided(): boolean {
    return this.#ended === 'decided';
  }

  /** Decided, or halted for good: every event of the height is void from then on. */
  get isOver(): boolean {
    return this.#ended !== undefined;
  }

  end(how: 'decided' | 'halted'): void {
    this.#ended = how;
    this.roundEndsAtMs = undefined;
    this.emit({ kind: 'cancel-timers' });
  }

  emit(effect: ConsensusEffect): void {
    this.effects.push(effect);
  }

  drop(reason: DropReason, signer?: Address): void {
    this.emit({ kind: 'drop', reason, signer });
  }

  proposer(round: number): Address {
    return proposerOf(this.parent.proposer, round, this.validators);
  }

  /** Has the host sign and send an own message, unless this step of this or a later round is already signed. */
  sign(message: UnsignedMessage): void {
    if (!this.guard.maySign(message.kind, message.round)) return;
    this.guard.note(message.kind, message.round);
    this.emit({ kind: 'sign-and-broadcast', message });
  }

  /** Own messages that came back from the host, or that turn up from an earlier life of this validator. */
  keepOwn(message: OwnMessage): void {
    const { round } = fieldsOf(message);
    this.guard.note(message.kind, round);
    this.own.push(message);
  }

  /** Own messages of the present round and the latest own round change. */
  messagesToResend(): OwnMessage[] {
    const latestRoundChange = this.own.findLast((message) => message.kind === 'round-change');
    this.own = this.own.filter(
      (message) => message === latestRoundChange || fieldsOf(message).round >= this.round,
    );
    return this.own.filter(
      (message) =>
        message === latestRoundChange ||
        (message.kind !== 'round-change' && fieldsOf(message).round === this.round),
    );
  }

  /** Reports two contradicting messages, once per validator and kind of offence in a height. */
  reportEvidence(offence: EvidenceKind, first: ConsensusMessage, second: ConsensusMessage): void {
    const key = `${fieldsOf(first).signer} ${offence}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.emit({ kind: 'evidence', offence, first, second });
  }

  /** Whether a block is the proposed, the prepared or the certified one. */
  refersTo(blockHash: Hash): boolean {
    return (
      blockHash === this.proposal?.blockHash ||
      blockHash === this.prepared?.blockHash ||
      blockHash === this.certified?.blockHash
    );
  }

  addBlock(block: ProposedBlock, isOwn = false): void {
    this.blocks.add(block, isOwn);
    this.blocks.prune((blockHash) => blockHash === block.hash || this.refersTo(blockHash));
  }
}
