import assert from 'node:assert/strict';
import { createConsensus } from '../../src/consensus/consensus.ts';
import { partitions } from '../../src/sim/exploration/partitions.ts';
import { roundsToHeal, tryAllTwins } from '../../src/sim/exploration/twins.ts';
import { sampleTwins } from '../../src/sim/exploration/twins-samples.ts';
import type { CoreFactory } from '../../src/sim/world.ts';
import { errorCode, NodeError } from '../../src/util/errors.ts';

/** Reaches of the commits of one round among five cores: as all else, nobody, or one alone. */
const REACHES = 7;

describe('Twins: honest cores with one key in different parts of the network', () => {
  it('T01 H01 H13 every schedule of two rounds with up to three parts keeps agreement and heals', () => {
    const report = tryAllTwins({ n: 4, twins: 1, rounds: 2, parts: 3 });
    // The leader of the first round, that of the second, or one that does not lead is the twin.
    assert.equal(report.schedules, 3 * (partitions(5, 3).length * REACHES) ** 2);
    const healed = Object.values(report.roundsAfterHealing).reduce((sum, count) => sum + count, 0);
    assert.equal(report.decidedBefore + healed, report.schedules);
    assert.ok(report.decidedBefore > 0 && healed > 0);
    for (const rounds of Object.keys(report.roundsAfterHealing)) assert.ok(Number(rounds) <= roundsToHeal(4));
  });

  it('T01 H01 H13 every schedule of three rounds with two parts keeps agreement and heals', () => {
    const report = tryAllTwins({ n: 4, twins: 1, rounds: 3, parts: 2 });
    assert.equal(report.schedules, 4 * (partitions(5, 2).length * REACHES) ** 3);
  });

  it('T01 H02 H13 random schedules of seven rounds keep agreement and heal, with two twins among seven as well', () => {
    for (const [n, twins, samples] of [
      [4, 1, 500],
      [7, 2, 100],
    ] as const) {
      const options = { n, twins, rounds: 7, parts: 3, seed: 'twins', samples };
      const report = sampleTwins({ ...options, from: 0 });
      assert.equal(report.schedules, samples);
    }
    const few = { n: 4, twins: 1, rounds: 7, parts: 3, seed: 'twins', samples: 20, from: 0 };
    assert.deepEqual(sampleTwins(few), sampleTwins(few));
  });

  it('name the schedule that breaks a property', () => {
    const unprepared = { preparedRound: 0xffff_ffff, preparedHash: '00'.repeat(32), prepares: [] };
    const forgetful: CoreFactory = (options) => {
      const core = createConsensus(options);
      const handle = core.handle.bind(core);
      core.handle = (event) =>
        handle(event).map((effect) =>
          effect.kind === 'sign-and-broadcast' && effect.message.kind === 'round-change'
            ? { ...effect, message: { ...effect.message, ...unprepared } }
            : effect,
        );
      return core;
    };
    assert.throws(
      () => tryAllTwins({ n: 4, twins: 1, rounds: 2, parts: 2, createCore: forgetful }),
      (error) => {
        assert.equal(errorCode(error), 'INVARIANT_VIOLATED');
        assert.ok(error instanceof NodeError);
        assert.equal((error.data.schedule as string[]).length, 2);
        return true;
      },
    );
  });

  it('T01 H13 finds the fork that two twins of four, more than the protocol bears, can make', () => {
    assert.throws(
      () => tryAllTwins({ n: 4, twins: 2, rounds: 1, parts: 2 }),
      (error) => {
        assert.equal(errorCode(error), 'INVARIANT_VIOLATED');
        assert.ok(error instanceof NodeError);
        assert.equal(new Set(error.data.hashes as string[]).size, 2);
        return true;
      },
    );
  });

  it('splits a network into parts in every way', () => {
    assert.deepEqual(
      [1, 2, 3, 5].map((parts) => partitions(5, parts).length),
      [1, 16, 41, 52],
    );
    assert.equal(new Set(partitions(5, 5).map((partition) => partition.join())).size, 52);
  });
});
