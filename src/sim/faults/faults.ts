import type { Random } from '../random.ts';

/** Kinds of fault that a run can be switched to, and what each does. Their names are the values of `--faults`. */
export const FAULT_CLASSES = {
  // Links
  delay: 'packets take up to a second, by a uniform, exponential or two-humped distribution',
  loss: 'packets are lost',
  duplication: 'packets arrive twice',
  reordering: 'single packets are held back and arrive after later ones',
  'one-way-cut': 'a link is cut in one direction',
  'partition-half': 'the nodes are split into two groups',
  'partition-ring': 'every node sees only its neighbours on a ring',
  'partition-rotating': 'one node after the other is isolated',
  'partition-swizzle': 'nodes are cut off one by one and come back in another order',
  // Nodes
  pause: 'a node stands still (SIGSTOP) and then gets everything that waited',
  crash: 'nodes crash and restart from chain and journal',
  'crash-all': 'all nodes crash at once',
  'journal-step-crash': 'a node crashes at a chosen step of signing or of committing a block',
  'torn-journal': 'a node crashes while records are written and keeps only some of them',
  'missing-journal': 'a node restarts without its journal and may not sign the height it was at',
  'clock-offset': 'wall clocks are off by up to 300 ms, some by up to 10 s',
  'clock-step': 'a wall clock jumps by up to 5 s',
  'slow-build': 'a proposer takes up to three base time-outs to build a block',
  'slow-validation': 'a node takes up to three base time-outs to validate a block',
  'validator-change': 'validators join, leave and rotate their keys',
  // Byzantine validators, at most f
  silent: 'a validator sends nothing',
  equivocate: 'a validator proposes two blocks and votes for both',
  'selective-send': 'a validator sends each message to a part of the others',
  'stale-round-change': 'a validator sends round changes for past, future and huge rounds',
  'bad-seal': 'a validator sends votes whose signature does not hold',
  'hidden-prepared':
    'a validator hides that it is prepared, and leaves the prepared round changes of others out',
  'forged-justification': 'a leader proposes another block than the round changes oblige it to',
  'future-flood': 'a validator floods the others with votes for later heights and rounds',
  amnesia: 'a validator forgets what it signed and goes on signing',
  'invalid-block': 'a leader proposes blocks that do not execute',
} as const satisfies Record<string, string>;

export type FaultClass = keyof typeof FAULT_CLASSES;

export const ALL_FAULTS = Object.keys(FAULT_CLASSES) as FaultClass[];

/**
 * A Byzantine node runs the honest core, and its strategy decides for every receiver what is really sent. Strategies
 * sign with the node's own key only; what they send is otherwise theirs to choose.
 */
export const STRATEGIES = [
  'silent',
  'equivocate',
  'selective-send',
  'stale-round-change',
  'bad-seal',
  'hidden-prepared',
  'forged-justification',
  'future-flood',
  'amnesia',
  'invalid-block',
] as const satisfies readonly FaultClass[];
export type Strategy = (typeof STRATEGIES)[number];

export function isStrategy(fault: FaultClass): fault is Strategy {
  return (STRATEGIES as readonly FaultClass[]).includes(fault);
}

const LINK_FAULTS: readonly FaultClass[] = ['delay', 'loss', 'duplication', 'reordering'];
const NEED_TWO_NODES: readonly FaultClass[] = [
  ...LINK_FAULTS,
  'one-way-cut',
  'partition-half',
  'partition-ring',
  'partition-rotating',
  'partition-swizzle',
];

/** Whether a class can happen at all among `n` validators that bear `faultTolerance` faulty ones. */
export function isPossible(fault: FaultClass, n: number, faultTolerance: number): boolean {
  if (isStrategy(fault) || fault === 'missing-journal') return faultTolerance > 0;
  if (fault === 'partition-ring') return n > 3;
  return n > 1 || !NEED_TWO_NODES.includes(fault);
}

/** The smallest number of classes that a run of mixed faults suffers. */
const MIN_CLASSES = 3;

/**
 * Which of the allowed classes one run suffers: each is on or off, so that rare pairs meet undisturbed by all others
 * (swarm testing, Groce et al. 2012), but at least three are on where as many are allowed. There is one strategy per
 * Byzantine validator, and losing a journal needs a place among the f faulty ones, too.
 */
export function drawFaults(
  random: Random,
  allowed: readonly FaultClass[],
  faultTolerance: number,
): FaultClass[] {
  const share = random.pick([0.15, 0.3, 0.5]);
  let places = faultTolerance;
  const drawn: FaultClass[] = [];
  for (const fault of random.sample(allowed, allowed.length)) {
    if (drawn.length >= MIN_CLASSES && !random.chance(share)) continue;
    const needsPlace = isStrategy(fault) || fault === 'missing-journal';
    if (needsPlace && places-- <= 0) continue;
    drawn.push(fault);
  }
  return drawn;
}

/** How often each class has struck: packets, crashes, episodes, lies. */
export class FaultCounts {
  readonly #counts = new Map<FaultClass, number>();

  note(fault: FaultClass): void {
    this.#counts.set(fault, (this.#counts.get(fault) ?? 0) + 1);
  }

  of(fault: FaultClass): number {
    return this.#counts.get(fault) ?? 0;
  }

  toRecord(): Partial<Record<FaultClass, number>> {
    return Object.fromEntries(this.#counts);
  }
}
