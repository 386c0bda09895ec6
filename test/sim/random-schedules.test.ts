import assert from 'node:assert/strict';
import { createConsensus } from '../../src/consensus/consensus.ts';
import type { ConsensusEvent } from '../../src/consensus/contract.ts';
import { campaignOf, EMPTY_CAMPAIGN, idleFaults, merge } from '../../src/sim/campaign.ts';
import { ALL_FAULTS, type FaultClass, isPossible } from '../../src/sim/faults/faults.ts';
import { type RunMode, roundsToDecide, runSeed } from '../../src/sim/run.ts';
import type { CoreFactory } from '../../src/sim/world.ts';
import { faultTolerance } from '../../src/types/quorum.ts';
import { seeds } from '../support/sim/seeds.ts';

function runMany(
  n: number,
  runs: number,
  mode: RunMode,
  faults = ALL_FAULTS.filter((fault) => isPossible(fault, n, faultTolerance(n))),
) {
  let campaign = EMPTY_CAMPAIGN;
  for (const seed of seeds(runs, 1000 * n))
    campaign = merge(campaign, campaignOf({ seed: String(seed), n, heights: 6, mode, faults }));
  return campaign;
}

/** The core, told something else than what happens; nothing at all where `alter` gives undefined. */
function altered(alter: (event: ConsensusEvent) => object | undefined): CoreFactory {
  return (options) => {
    const core = createConsensus(options);
    return {
      handle: (event) => {
        const told = alter(event) as ConsensusEvent | undefined;
        return told === undefined ? [] : core.handle(told);
      },
      roundState: () => core.roundState(),
      position: () => core.position(),
    };
  };
}

describe('Random schedules: every fault class against the safety and the progress of the core', () => {
  const campaigns: { n: number; runs: number; mode: RunMode }[] = [
    { n: 1, runs: 10, mode: 'safety' },
    { n: 2, runs: 20, mode: 'liveness' },
    { n: 4, runs: 100, mode: 'safety' },
    { n: 4, runs: 100, mode: 'liveness' },
    { n: 5, runs: 60, mode: 'liveness' },
    { n: 6, runs: 60, mode: 'safety' },
    { n: 7, runs: 100, mode: 'safety' },
    { n: 7, runs: 100, mode: 'liveness' },
    { n: 10, runs: 20, mode: 'liveness' },
    { n: 21, runs: 4, mode: 'safety' },
    { n: 21, runs: 6, mode: 'liveness' },
  ];
  for (const { n, runs, mode } of campaigns)
    it(`H03 H04 O07 T11 ${mode} of ${n} validators under mixed faults in ${runs} runs`, () => {
      const campaign = runMany(n, runs, mode);
      assert.deepEqual(campaign.failures, []);
      if (process.env.SEED !== undefined) return;
      assert.ok(campaign.heights >= 5 * runs);
      if (mode === 'liveness')
        for (const rounds of Object.keys(campaign.roundsAfterHealing))
          assert.ok(Number(rounds) <= roundsToDecide(n));
      if (runs >= 100) assert.deepEqual(idleFaults(campaign), []);
    });

  it('L15 ten thousand crash-restarts of four validators contradict nothing, whatever their journals keep', () => {
    const faults: FaultClass[] = [
      'crash',
      'crash-all',
      'journal-step-crash',
      'torn-journal',
      'missing-journal',
    ];
    const campaign = runMany(4, 400, 'safety', faults);
    assert.deepEqual(campaign.failures, []);
    const restarts = faults.reduce((sum, fault) => sum + (campaign.faults[fault]?.struck ?? 0), 0);
    assert.ok(restarts >= 10_000 || process.env.SEED !== undefined, `${restarts}`);
  });

  const brokenCores: [what: string, code: string, createCore: CoreFactory][] = [
    [
      'forgets at a restart what it has signed',
      'INVARIANT_VIOLATED',
      altered((event) => (event.kind === 'start-height' ? { ...event, restored: undefined } : event)),
    ],
    [
      'remembers its votes, but not that it was prepared',
      'INVARIANT_VIOLATED',
      altered((event) =>
        event.kind === 'start-height' && event.restored !== undefined
          ? { ...event, restored: { ...event.restored, prepared: undefined } }
          : event,
      ),
    ],
    [
      'takes every block for valid',
      'INVARIANT_VIOLATED',
      altered((event) => (event.kind === 'block-validated' ? { ...event, valid: true } : event)),
    ],
    [
      'does not hear round changes',
      'SIMULATION_STALLED',
      altered((event) =>
        event.kind === 'message' && event.message.kind === 'round-change' ? undefined : event,
      ),
    ],
  ];
  for (const [what, code, createCore] of brokenCores)
    it(`notices within 200 runs a core that ${what}`, () => {
      const faults: FaultClass[] = ['delay', 'crash', 'crash-all', 'loss', 'invalid-block', 'silent'];
      const codes = new Set<string>();
      for (let seed = 0; seed < 200 && !codes.has(code); seed++) {
        const options = {
          seed: String(seed),
          n: 4,
          heights: 5,
          mode: 'liveness' as const,
          faults,
          createCore,
        };
        for (const failure of campaignOf(options).failures) codes.add(failure.code);
      }
      assert.ok(codes.has(code), [...codes].join(' '));
    });

  it('T12 the same seed gives the same trace, another seed another one', () => {
    const run = (seed: string) =>
      runSeed({ seed, n: 4, heights: 6, mode: 'liveness', faults: ALL_FAULTS.slice() });
    const [first, second] = [run('7'), run('7')];
    assert.deepEqual(first, second);
    assert.notEqual(first.traceHash, run('8').traceHash);
  });
});
