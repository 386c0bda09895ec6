import type { BlockProposal } from '../types/block.ts';
import type { Certificate } from '../types/certificate.ts';
import type {
  CommitMessage,
  ConsensusMessage,
  PrepareMessage,
  ProposalMessage,
  RoundChangeMessage,
  SignedVote,
} from '../types/consensus-message.ts';
import type { EvidenceKind } from '../types/evidence.ts';
import type { RoundState } from '../types/round-state.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import type { ValidatorSet } from '../types/validator.ts';

/**
 * The whole contract between the core and its host: events in, effects out. The core is a function of its state and
 * the event: no clock, promise, I/O, randomness or logger. What takes time (building, validating, fetching) is asked
 * for by an effect and comes back as an event that names height, round and hash; a stale answer is dropped.
 * The host executes effects in order, and has checked every signature of a message (see `signedParts`) before the
 * core sees it.
 */

/** A block under consideration, without the bytes of its transactions, which the host keeps. */
export interface ProposedBlock {
  readonly hash: Hash;
  readonly proposal: BlockProposal;
}

/** What the core needs to know of the block before the one it works on. `height` 0 is genesis, `proposer` then undefined. */
export interface ParentBlock {
  readonly height: number;
  readonly hash: Hash;
  readonly timeMs: number;
  readonly proposer: Address | undefined;
}

/** What the journal knew of this height at start: everything the validator must not contradict. */
export interface RestoredState {
  /** Highest round entered. */
  readonly round: number;
  /** Own messages of this height exactly as stored, in the order in which they were journalled. */
  readonly messages: readonly OwnMessage[];
  /** Complete blocks that stand in the journal (proposed, accepted or prepared). */
  readonly blocks: readonly ProposedBlock[];
  readonly prepared:
    | { readonly round: number; readonly blockHash: Hash; readonly certificate: readonly SignedVote[] }
    | undefined;
  /** The journal is damaged or lost for this height: take part without signing anything. */
  readonly mayNotSign: boolean;
}

export type OwnMessage = ProposalMessage | PrepareMessage | CommitMessage | RoundChangeMessage;

export type TimerKind = 'propose' | 'round' | 'resend';

export type ConsensusEvent = { readonly nowMs: number } & (
  | {
      readonly kind: 'start-height';
      readonly parent: ParentBlock;
      readonly validators: ValidatorSet;
      readonly nextValidators: ValidatorSet;
      /** Wall clock at `nowMs`, to place the parent's time on the monotonic axis. */
      readonly wallMs: number;
      /** How long after its parent the block is due. */
      readonly blockIntervalMs: number;
      readonly restored?: RestoredState;
    }
  /** An executable transaction is in the own mempool, or work is carried over or an outbox undelivered. */
  | { readonly kind: 'work-available' }
  /** `bytes` is the size on the wire, for the byte budget of buffered messages. */
  | { readonly kind: 'message'; readonly message: ConsensusMessage; readonly bytes: number }
  /** A certified block from sync or a peer's answer, not yet executed by this node. */
  | { readonly kind: 'certificate'; readonly certificate: Certificate; readonly block: ProposedBlock }
  | {
      readonly kind: 'block-built';
      readonly height: number;
      readonly round: number;
      readonly block: ProposedBlock;
    }
  /** Answer to `fetch-block`. */
  | { readonly kind: 'block-fetched'; readonly height: number; readonly block: ProposedBlock }
  | {
      readonly kind: 'block-validated';
      readonly height: number;
      readonly blockHash: Hash;
      readonly valid: boolean;
      readonly reason?: string;
      /** With `valid: false`: nothing is known (transaction bytes are missing); the core asks again later. */
      readonly undetermined?: boolean;
    }
  | { readonly kind: 'timeout'; readonly timer: TimerKind; readonly height: number; readonly round: number }
);

/** An own message before the host signs it. Prepare and Commit are signed with the tags `prepare` and `seal`. */
export type UnsignedMessage =
  | {
      readonly kind: 'proposal';
      readonly height: number;
      readonly round: number;
      readonly block: ProposedBlock;
      readonly roundChanges: RoundChangeMessage['roundChange'][];
      readonly prepares: SignedVote[];
    }
  | {
      readonly kind: 'prepare';
      readonly height: number;
      readonly round: number;
      readonly blockHash: Hash;
      readonly block: ProposedBlock;
    }
  | {
      readonly kind: 'commit';
      readonly height: number;
      readonly round: number;
      readonly blockHash: Hash;
      /** The prepared certificate, journalled with the Commit. */
      readonly prepares: SignedVote[];
    }
  | {
      readonly kind: 'round-change';
      readonly height: number;
      readonly round: number;
      readonly preparedRound: number;
      readonly preparedHash: Hash;
      readonly prepares: SignedVote[];
    };

export type ConsensusEffect =
  /** Build a block on the parent; `deadlineMs` (monotonic) is when the round ends. Answer: `block-built`. */
  | {
      readonly kind: 'build-block';
      readonly height: number;
      readonly round: number;
      readonly deadlineMs: number;
    }
  /** Full validation. `reproposal` waives the rule that ties header.proposer and time to the present round. Answer: `block-validated`. */
  | {
      readonly kind: 'validate-block';
      readonly height: number;
      readonly block: ProposedBlock;
      readonly reproposal: boolean;
    }
  | {
      readonly kind: 'fetch-block';
      readonly height: number;
      readonly blockHash: Hash;
      readonly from: readonly Address[];
    }
  /**
   * Sign the message, append it to the journal, fsync, then send it to all and hand it back as an own `message`
   * event. A signer that fails sends nothing; the core goes on.
   */
  | { readonly kind: 'sign-and-broadcast'; readonly message: UnsignedMessage }
  /** Send stored own messages again, byte for byte, with a new counter outside the signed part. */
  | { readonly kind: 'resend'; readonly messages: readonly OwnMessage[] }
  | { readonly kind: 'send-decided'; readonly to: Address; readonly height: number }
  /** At most one timer per kind is alive: scheduling replaces. */
  | {
      readonly kind: 'schedule';
      readonly timer: TimerKind;
      readonly height: number;
      readonly round: number;
      readonly afterMs: number;
    }
  | { readonly kind: 'cancel-timers' }
  /** Persist block and certificate atomically; the host then starts the next height. */
  | { readonly kind: 'commit'; readonly block: ProposedBlock; readonly certificate: Certificate }
  /** At least f + 1 validators, or one certificate, show that block `height` is decided elsewhere. */
  | { readonly kind: 'behind'; readonly height: number }
  /** Two signed messages of one validator that contradict each other, in the order of their arrival. */
  | {
      readonly kind: 'evidence';
      readonly offence: EvidenceKind;
      readonly first: ConsensusMessage;
      readonly second: ConsensusMessage;
    }
  /** A quorum sealed a block that this node finds invalid: execution differs, the host stops loudly. */
  | { readonly kind: 'halt'; readonly height: number; readonly blockHash: Hash; readonly reason: string }
  /** Why a message was not used: for metrics, the debug RPC and tests. */
  | { readonly kind: 'drop'; readonly reason: DropReason; readonly signer: Address | undefined };

export type DropReason =
  | 'PAST_HEIGHT'
  | 'FUTURE_HEIGHT'
  | 'PAST_ROUND'
  | 'FUTURE_ROUND'
  | 'NOT_VALIDATOR'
  | 'NOT_PROPOSER'
  | 'DUPLICATE'
  | 'CONFLICT'
  | 'HASH_MISMATCH'
  | 'BAD_JUSTIFICATION'
  | 'INVALID_BLOCK'
  | 'DECIDED'
  | 'BUFFER_FULL'
  | 'MALFORMED'
  | 'STALE_ANSWER';

/** Local settings of the core; none is a consensus rule. */
export interface ConsensusOptions {
  /** Own validator id; undefined for a node that only follows. */
  readonly self: Address | undefined;
  readonly baseTimeoutMs: number;
  readonly timeoutCapMs: number;
  readonly resendIntervalMs: number;
  readonly emptyBlockIntervalMs: number;
  readonly maxClockDriftMs: number;
}

export interface Consensus {
  handle(event: ConsensusEvent): ConsensusEffect[];
  roundState(): RoundState;
  /** Where the core stands, at the price of a few reads; awake while the height's timers run. */
  position(): { readonly height: number; readonly round: number; readonly isAwake: boolean };
}
