import { Random } from '../src/sim/random.ts';
import { faultTolerance, quorum } from '../src/types/quorum.ts';
import { NodeError } from '../src/util/errors.ts';
import type { TestnetErrorCode } from './directory.ts';
import type { Fault, FaultKind } from './manifest.ts';

/** One fault of a chaos run. */
export interface ChaosStep {
  readonly fault: Fault;
  /** More validators are hit than the chain can do without: it must stand still, and go on afterwards. */
  readonly stopsChain: boolean;
  /** How long the testnet is left alone afterwards. */
  readonly calmMs: number;
}

/** What takes validators away altogether, so that enough of them stop the chain. */
const OUTAGES: readonly FaultKind[] = ['kill', 'terminate', 'pause', 'disconnect', 'partition'];
/** What costs the machine so much that one node at a time is enough. */
const COSTLY_FAULTS: ReadonlySet<FaultKind> = new Set(['full-disk', 'slow-disk']);

type Range = readonly [least: number, most: number];

/** How long things last, in milliseconds. */
export interface ChaosPace {
  readonly hold: Range;
  /** Without a quorum: long enough to tell a chain that stands from one that is slow. */
  readonly standstill: Range;
  readonly calm: Range;
}

export const CHAOS_PACES = {
  steady: { hold: [2_000, 7_000], standstill: [6_000, 10_000], calm: [500, 3_000] },
  /** As many faults in a given time as there can be. */
  quick: { hold: [100, 1_000], standstill: [2_500, 4_000], calm: [0, 300] },
} as const satisfies Record<string, ChaosPace>;

/**
 * An endless row of faults that a seed decides. Each kind comes once before any comes again, on at most f validators at
 * once; after each such turn one fault takes so many away that no quorum is left.
 * @throws NodeError FAULT_IMPOSSIBLE where so few validators can neither spare one nor be stopped by such a fault
 */
export function* chaosSteps(
  seed: number,
  validators: readonly string[],
  kinds: readonly FaultKind[],
  pace: ChaosPace,
): Generator<ChaosStep, never> {
  const random = new Random(`chaos ${seed}`);
  const f = faultTolerance(validators.length);
  const needed = quorum(validators.length);
  const tooMany = validators.length - needed + 1;
  /** Those that a partition takes away go on among themselves: they must not be a quorum either. */
  const mostOf = (kind: FaultKind) => (kind === 'partition' ? needed - 1 : validators.length);
  const outages = kinds.filter((kind) => OUTAGES.includes(kind) && mostOf(kind) >= tooMany);
  if (f === 0 && outages.length === 0)
    throw new NodeError<TestnetErrorCode>(
      'FAULT_IMPOSSIBLE',
      'none of these faults leaves so few validators a choice',
      {
        data: { validators: validators.length, kinds },
        hint: 'with four validators one may fail',
      },
    );
  const step = (kind: FaultKind, count: number, stopsChain: boolean): ChaosStep => ({
    fault: {
      kind,
      nodes: random.sample(validators, count),
      forMs: random.between(...(stopsChain ? pace.standstill : pace.hold)),
    },
    stopsChain,
    calmMs: random.between(...pace.calm),
  });
  for (;;) {
    for (const kind of random.sample(kinds, kinds.length))
      if (f > 0) yield step(kind, COSTLY_FAULTS.has(kind) ? 1 : random.between(1, f), false);
    if (outages.length === 0) continue;
    const outage = random.pick(outages);
    yield step(outage, random.between(tooMany, mostOf(outage)), true);
  }
}
