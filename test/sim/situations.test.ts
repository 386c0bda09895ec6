import assert from 'node:assert/strict';
import { restart } from '../../src/sim/faults/fault-injector.ts';
import { Simulation, type SimulationOptions } from '../../src/sim/simulation.ts';
import { seeds } from '../support/sim/seeds.ts';

const SLOW_LINKS = { minDelayMs: 100, jitterMs: 10 };

function simulation(options: Partial<SimulationOptions> & { seed: number }): Simulation {
  return new Simulation({ n: 4, ...options });
}

describe('Simulated situations', () => {
  it('decides every height in round 0 and within two seconds when nothing goes wrong', () => {
    for (const n of [1, 4, 7, 21]) {
      const sim = simulation({ seed: 1, n, settings: { workChance: 1 } });
      sim.expectHeight(20, sim.nodes, 20 * 2000);
      const { decisionsByRound, evidence } = sim.report();
      assert.deepEqual(Object.keys(decisionsByRound), ['0']);
      assert.deepEqual(evidence, {});
    }
  });

  it('makes an empty block every ten seconds when there is no work', () => {
    const sim = simulation({ seed: 1, settings: { workChance: 0 } });
    sim.runUntil(() => false, 65_000);
    assert.equal(sim.report().maxHeight, 6);
    assert.deepEqual(Object.keys(sim.report().decisionsByRound), ['0']);
  });

  it('L06 L07 H10 all validators crash after preparing; they restart and decide that block', () => {
    let hits = 0;
    for (const seed of seeds(20)) {
      const sim = simulation({ seed, n: 7, links: SLOW_LINKS });
      const height = 3;
      const arePrepared = () =>
        sim.nodes.every((node) => node.roundState?.height === height && node.roundState.step === 'commit');
      // Not in every run there is an instant at which all are prepared and none has decided.
      if (!sim.runUntil(arePrepared, 120_000)) continue;
      hits++;
      const prepared = sim.nodes[0]?.roundState?.proposalHash;
      // The commits are durable after their sync of at most 10 ms, and on their way for at least 100 ms.
      sim.runUntil(() => false, sim.nowMs + 11);
      assert.ok(sim.nodes.every((node) => node.headHeight < height));
      for (const node of sim.nodes) {
        node.crash();
        sim.at(sim.random.between(500, 5000), () => restart(node));
      }
      sim.expectHeight(height + 2, sim.nodes, sim.nowMs + 60_000);
      for (const node of sim.nodes)
        assert.equal(node.chain.blocks[height - 1]?.block.hash, prepared, `seed ${seed}`);
    }
    assert.ok(hits >= 10 || process.env.SEED !== undefined);
  });

  it('F09 O12 an hour without a quorum spreads no rounds, and a decision follows within seconds of the return', () => {
    for (const seed of seeds(10)) {
      const sim = simulation({ seed, n: 7 });
      sim.expectHeight(2, sim.nodes, 60_000);
      const down = sim.random.sample(sim.nodes, 4);
      for (const node of down) node.crash();
      sim.runUntil(() => false, sim.nowMs + 3_600_000);
      const survivors = sim.nodes.filter((node) => node.isUp);
      assert.ok(survivors.every((node) => (node.roundState?.round ?? 0) <= 2));
      const head = Math.max(...survivors.map((node) => node.headHeight));
      for (const node of down) sim.at(sim.random.between(0, 2000), () => restart(node));
      sim.expectHeight(head + 1, sim.nodes, sim.nowMs + 2000 + 3 * 8000);
    }
  });

  it('F09 O12 all of 21 cut off from one another for ten minutes decide within the cap and two rounds', () => {
    for (const seed of seeds(3)) {
      const sim = simulation({ seed, n: 21 });
      sim.expectHeight(2, sim.nodes, 60_000);
      const mend = sim.network.cutWhere(() => true);
      sim.runUntil(() => false, sim.nowMs + 600_000);
      for (const node of sim.random.sample(sim.nodes, 7)) {
        node.crash();
        sim.at(sim.random.between(0, 3000), () => restart(node));
      }
      const head = sim.report().maxHeight;
      mend();
      for (const node of sim.nodes) node.greet();
      sim.expectHeight(head + 1, sim.nodes, sim.nowMs + 3 * 8000);
    }
  });

  it('H01 a proposer that shows two blocks never gets both decided, and is reported', () => {
    let reports = 0;
    for (const seed of seeds(20)) {
      const sim = simulation({ seed, n: 7, byzantine: 2, faults: ['equivocate'] });
      sim.expectHeight(10, sim.honest, 400_000);
      reports += sim.evidence.length;
    }
    assert.ok(reports > 0);
  });

  it('H12 validators that forget what they committed break nothing and are reported', () => {
    let reports = 0;
    for (const seed of seeds(20)) {
      const sim = simulation({
        seed,
        n: 7,
        byzantine: 2,
        faults: ['hidden-prepared'],
        links: { minDelayMs: 50, jitterMs: 900, loss: 0.1 },
      });
      sim.runUntil(() => sim.honest.every((node) => node.headHeight >= 10), 400_000);
      reports += sim.evidence.filter(({ effect }) => effect.offence === 'amnesia').length;
    }
    assert.ok(reports > 0);
  });

  it('H06 a block that only one node decided before it went away is the block that the others decide', () => {
    for (const seed of seeds(10)) {
      const sim = simulation({ seed, n: 7, links: SLOW_LINKS });
      sim.expectHeight(2, sim.nodes, 60_000);
      const height = Math.max(...sim.nodes.map((node) => node.headHeight)) + 1;
      assert.ok(sim.runUntil(() => sim.nodes.some((node) => node.headHeight === height), 60_000));
      const first = sim.nodes.find((node) => node.headHeight === height);
      assert.ok(first);
      const { hash } = (first.chain.blocks[height - 1] as (typeof first.chain.blocks)[0]).block;
      for (const node of sim.nodes) if (node !== first) sim.network.cut(first.index, node.index);
      first.crash();
      const others = sim.nodes.filter((node) => node !== first);
      sim.expectHeight(height + 1, others, sim.nowMs + 60_000);
      for (const node of others)
        assert.equal(node.chain.blocks[height - 1]?.block.hash, hash, `seed ${seed}`);
    }
  });

  it('O01 O03 the side with a quorum goes on, the other side waits, and it catches up after the healing', () => {
    const sim = simulation({ seed: 1, n: 21 });
    sim.expectHeight(2, sim.nodes, 60_000);
    const isMajor = (index: number) => index < 14;
    sim.network.partition(sim.nodes.map((node) => (isMajor(node.index) ? 1 : 2)));
    const majority = sim.nodes.filter((node) => isMajor(node.index));
    const before = Math.max(...majority.map((node) => node.headHeight));
    sim.expectHeight(before + 5, majority, sim.nowMs + 200_000);
    for (const node of sim.nodes) if (!isMajor(node.index)) assert.ok(node.headHeight <= before + 1);
    sim.network.heal();
    const head = Math.max(...majority.map((node) => node.headHeight));
    sim.expectHeight(head + 2, sim.nodes, sim.nowMs + 60_000);
  });

  it('O01 neither side of a split below the quorum decides anything', () => {
    const sim = simulation({ seed: 2, n: 21 });
    sim.expectHeight(1, sim.nodes, 60_000);
    sim.network.partition(sim.nodes.map((node) => (node.index < 13 ? 1 : 2)));
    sim.runUntil(() => false, sim.nowMs + 1000);
    const head = sim.report().maxHeight;
    sim.runUntil(() => false, sim.nowMs + 60_000);
    assert.equal(sim.report().maxHeight, head);
    sim.network.heal();
    sim.expectHeight(head + 1, sim.nodes, sim.nowMs + 40_000);
  });

  it('L15 crashes all the time, of up to a third, contradict nothing and stop nothing', () => {
    for (const seed of seeds(5)) {
      const sim = simulation({ seed, n: 7, faults: ['crash'] });
      sim.expectHeight(40, sim.nodes, 600_000);
    }
  });

  it('M01 a node that was cut off catches up by certificates', () => {
    const sim = simulation({ seed: 3 });
    const [absent, ...others] = sim.nodes as [(typeof sim.nodes)[0], ...typeof sim.nodes];
    sim.network.partition([2, 1, 1, 1]);
    sim.expectHeight(30, others, 200_000);
    assert.equal(absent.headHeight, 0);
    sim.network.heal();
    sim.expectHeight(30, [absent], sim.nowMs + 30_000);
  });

  it('P01 clocks that are a quarter of a second off cost no round', () => {
    const sim = simulation({
      seed: 4,
      n: 7,
      maxClockOffsetMs: 250,
      settings: { workChance: 1 },
    });
    sim.expectHeight(30, sim.nodes, 30 * 2000);
    assert.deepEqual(Object.keys(sim.report().decisionsByRound), ['0']);
  });
});
