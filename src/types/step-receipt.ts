import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { hashOf } from '../crypto/hash.ts';
import { encode } from './ssz.ts';
import { type Hash, Hash32, Key32 } from './ssz-bytes.ts';
import { NameOf, SafeU64, U8, U16, U32 } from './ssz-numbers.ts';

/**
 * What a node observed of a container, one receipt per action, each naming the hash of the one before: a node that
 * tells two stories of one container has signed two chains. States are those of the OCI runtime specification
 * (runtime.md, "State"), with PENDING before and DELETED after them.
 */
export const CONTAINER_STATES = ['PENDING', 'creating', 'created', 'running', 'stopped', 'DELETED'] as const;
export type ContainerState = (typeof CONTAINER_STATES)[number];
export const ContainerStateType = NameOf(CONTAINER_STATES);

export const STEP_ACTIONS = [
  'create',
  'created',
  'start',
  'sample',
  'exit',
  'kill',
  'fail',
  'delete',
] as const;
export type StepAction = (typeof STEP_ACTIONS)[number];

/** Resources used, in the units of the PoE index: CPU ms, MB·s of memory, 1e-6 GB·day of storage, bytes sent. */
export const UsageType = new ContainerType({
  cpuMs: SafeU64,
  memoryMbS: SafeU64,
  storageMicroGbDay: SafeU64,
  egressBytes: SafeU64,
});
export type Usage = ValueOf<typeof UsageType>;
export const NO_USAGE: Usage = { cpuMs: 0, memoryMbS: 0, storageMicroGbDay: 0, egressBytes: 0 };

/** The part of a receipt that the chain cannot derive. */
export const StepType = new ContainerType({
  action: NameOf(STEP_ACTIONS),
  /** When the node saw it, by the node's own clock. */
  timeMs: SafeU64,
  /** How long the action took: of `start`, the latency until the process ran. */
  durationMs: U32,
  /** Of `exit`, `kill` and `fail`; otherwise 0. */
  exitCode: U8,
  /** Used since the step before. */
  usage: UsageType,
});
export type Step = ValueOf<typeof StepType>;

export const StepReceiptType = new ContainerType({
  version: U8,
  node: Key32,
  app: Hash32,
  replica: U16,
  generation: U32,
  sequence: SafeU64,
  before: ContainerStateType,
  after: ContainerStateType,
  step: StepType,
  /** Hash of the receipt before, of the whole life of this replica; zero for the first. */
  previous: Hash32,
});
export type StepReceipt = ValueOf<typeof StepReceiptType>;
export const STEP_RECEIPT_VERSION = 1;
export const FIRST_TIP = '00'.repeat(32);

export function encodeStepReceipt(receipt: StepReceipt): Uint8Array {
  return encode(StepReceiptType, receipt);
}

const TRANSITIONS: Readonly<Record<StepAction, Partial<Record<ContainerState, ContainerState>>>> = {
  create: { PENDING: 'creating', stopped: 'creating' },
  created: { creating: 'created' },
  start: { created: 'running' },
  sample: { running: 'running' },
  exit: { running: 'stopped' },
  kill: { running: 'stopped' },
  fail: { creating: 'stopped', created: 'stopped' },
  delete: { stopped: 'DELETED' },
};

/** The state after an action, or undefined if the action is impossible in this state. */
export function nextState(before: ContainerState, action: StepAction): ContainerState | undefined {
  return TRANSITIONS[action][before];
}

/** Where the chain of a container stands. */
export interface ChainTip {
  readonly node: string;
  readonly app: Hash;
  readonly replica: number;
  readonly generation: number;
  readonly state: ContainerState;
  /** Sequence of the last receipt; 0 before the first. */
  readonly sequence: number;
  readonly tip: Hash;
}

/** Steps as receipts, with the bytes of each, and where they lead. */
export interface ChainedSteps {
  readonly receipts: readonly StepReceipt[];
  readonly encoded: readonly Uint8Array[];
  readonly end: ChainTip;
}

/** The receipts of steps that follow a tip, or the index of the first step that is impossible there. */
export function chainSteps(
  from: ChainTip,
  steps: readonly Step[],
): ChainedSteps | { readonly impossible: number } {
  const receipts: StepReceipt[] = [];
  const encoded: Uint8Array[] = [];
  let end = from;
  for (const [index, step] of steps.entries()) {
    const after = nextState(end.state, step.action);
    if (after === undefined) return { impossible: index };
    const { node, app, replica, generation } = end;
    const receipt: StepReceipt = {
      version: STEP_RECEIPT_VERSION,
      node,
      app,
      replica,
      generation,
      sequence: end.sequence + 1,
      before: end.state,
      after,
      step,
      previous: end.tip,
    };
    const bytes = encodeStepReceipt(receipt);
    receipts.push(receipt);
    encoded.push(bytes);
    end = { ...end, state: after, sequence: receipt.sequence, tip: hashOf('step', bytes) };
  }
  return { receipts, encoded, end };
}

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    cpuMs: a.cpuMs + b.cpuMs,
    memoryMbS: a.memoryMbS + b.memoryMbS,
    storageMicroGbDay: a.storageMicroGbDay + b.storageMicroGbDay,
    egressBytes: a.egressBytes + b.egressBytes,
  };
}

export function sumUsage(steps: readonly Step[]): Usage {
  return steps.reduce((sum, { usage }) => addUsage(sum, usage), NO_USAGE);
}
