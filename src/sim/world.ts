import type {
  Consensus,
  ConsensusEffect,
  ConsensusEvent,
  ConsensusOptions,
  OwnMessage,
  ParentBlock,
  ProposedBlock,
  TimerKind,
} from '../consensus/contract.ts';
import { hashOf } from '../crypto/hash.ts';
import { utf8 } from '../util/bytes.ts';
import type { FaultClass, FaultCounts, Strategy } from './faults/faults.ts';
import type { Invariants } from './invariants.ts';
import type { Packet } from './network.ts';
import type { Random } from './random.ts';
import type { Signatures } from './signatures.ts';
import type { ValidatorSchedule } from './validator-schedule.ts';

export type WithoutTime<E> = E extends ConsensusEvent ? Omit<E, 'nowMs'> : never;

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
  | { readonly kind: 'forget'; readonly life: number }
  | { readonly kind: 'status'; readonly life: number }
  | { readonly kind: 'catch-up'; readonly life: number };

/** Speeds of a simulated host and the rules of its blocks. */
export interface HostSettings {
  readonly core: Omit<ConsensusOptions, 'self'>;
  readonly targetBlockIntervalMs: number;
  readonly minBlockIntervalMs: number;
  readonly maxBuildMs: number;
  readonly maxValidateMs: number;
  readonly maxSyncMs: number;
  /** Probability that a node has work when a height starts. */
  readonly workChance: number;
}

export const DEFAULT_SETTINGS: HostSettings = {
  core: {
    baseTimeoutMs: 1500,
    timeoutCapMs: 8000,
    resendIntervalMs: 1000,
    emptyBlockIntervalMs: 10_000,
    maxClockDriftMs: 2000,
  },
  targetBlockIntervalMs: 1000,
  minBlockIntervalMs: 200,
  maxBuildMs: 30,
  maxValidateMs: 30,
  maxSyncMs: 10,
  workChance: 0.7,
};

export const GENESIS: ParentBlock = {
  height: 0,
  hash: hashOf('genesis', utf8('simulation')),
  timeMs: 1_700_000_000_000,
  proposer: undefined,
};

/** Makes the core of a node. Simulations of changed cores (mutants) give their own. */
export type CoreFactory = (options: ConsensusOptions) => Consensus;

/** Whoever wants to see a run pass by. Nodes go by their index, times are virtual. */
export interface Observer {
  onStart(run: {
    readonly ids: readonly string[];
    readonly faults: readonly FaultClass[];
    readonly liars: ReadonlyMap<number, Strategy>;
  }): void;
  onInput(atMs: number, node: number, input: NodeInput): void;
  onEffect(atMs: number, node: number, effect: ConsensusEffect): void;
  onFault(atMs: number, what: string): void;
}

/** What a node knows of the simulation around it and may do to it. */
export interface World {
  readonly nowMs: number;
  readonly random: Random;
  readonly signatures: Signatures;
  readonly validators: ValidatorSchedule;
  readonly settings: HostSettings;
  readonly invariants: Invariants;
  readonly counts: FaultCounts;
  readonly createCore: CoreFactory;
  readonly observer: Observer | undefined;
  /** Second blocks that the Byzantine nodes share, by `height round`. */
  readonly twins: Map<string, ProposedBlock>;
  schedule(node: number, afterMs: number, input: NodeInput): void;
  transmit(from: number, to: number, packet: Packet): void;
  onEvidence(effect: Extract<ConsensusEffect, { kind: 'evidence' }>, reporter: number): void;
}
