import assert from 'node:assert/strict';
import { verifySignature } from '../../src/crypto/ed25519.ts';
import type { FaultClass } from '../../src/sim/faults/faults.ts';
import { Simulation, type SimulationOptions } from '../../src/sim/simulation.ts';
import { GENESIS } from '../../src/sim/world.ts';
import { evidenceChecks, evidenceOf } from '../../src/types/evidence-check.ts';
import { seeds } from '../support/sim/seeds.ts';

/** Runs with two liars among seven, and checks that everything that is reported proves what it says. */
function provenOffences(fault: FaultClass, links: SimulationOptions['links'], count: number): Set<string> {
  const offences = new Set<string>();
  for (const seed of seeds(count)) {
    const sim = new Simulation({
      n: 7,
      seed,
      byzantine: 2,
      faults: [fault],
      signatures: 'ed25519',
      ...(links === undefined ? {} : { links }),
    });
    sim.runUntil(() => sim.honest.every((node) => node.headHeight >= 5), 200_000);
    const liars = sim.nodes.filter((node) => node.strategy !== undefined).map(({ id }) => id);
    for (const { effect } of sim.evidence) {
      const evidence = evidenceOf(effect.offence, effect.first, effect.second);
      assert.ok(evidence !== undefined);
      const outcome = evidenceChecks(evidence, {
        genesisHash: GENESIS.hash,
        height: 1_000,
        maxAgeHeights: 1_000,
        validatorsAt: (height) => sim.validators.at(height),
        isApplied: () => false,
        canAnswer: () => true,
      });
      assert.ok('accusation' in outcome, 'fault' in outcome ? outcome.fault : '');
      assert.ok(liars.includes(outcome.accusation.validator));
      for (const { publicKey, bytes, signature } of outcome.checks)
        assert.ok(verifySignature(publicKey, bytes, signature));
      offences.add(effect.offence);
    }
  }
  return offences;
}

describe('What simulated cores report', () => {
  it('Q01: proves proposals and votes for two blocks to whoever has the validator set', () => {
    const offences = provenOffences('equivocate', undefined, 10);
    assert.ok(offences.has('proposal') || offences.has('prepare') || offences.has('commit'));
  });

  it('Q07: proves amnesia', () => {
    const links = { minDelayMs: 50, jitterMs: 900, loss: 0.1 };
    assert.ok(provenOffences('hidden-prepared', links, 10).has('amnesia'));
  });
});
