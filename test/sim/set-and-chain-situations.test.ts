import assert from 'node:assert/strict';
import { restart } from '../../src/sim/faults/fault-injector.ts';
import type { SimNode } from '../../src/sim/host.ts';
import { Simulation, type SimulationOptions } from '../../src/sim/simulation.ts';
import { seeds } from '../support/sim/seeds.ts';

const ALWAYS_WORK = { workChance: 1 };

function simulation(options: Partial<SimulationOptions> & { seed: number }): Simulation {
  return new Simulation({ n: 4, settings: ALWAYS_WORK, ...options });
}

const headOf = (nodes: readonly SimNode[]) => Math.max(...nodes.map((node) => node.headHeight));
const hashesOf = (node: SimNode) => node.chain.blocks.map(({ block }) => block.hash);

function assertSameChains(nodes: readonly SimNode[]): void {
  const shortest = Math.min(...nodes.map((node) => node.headHeight));
  const [first, ...others] = nodes.map((node) => hashesOf(node).slice(0, shortest));
  for (const other of others) assert.deepEqual(other, first);
}

/** The first `count` nodes. */
const first = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('Simulated situations: sync and restarts', () => {
  it('M06 all nodes restart together at one height and go on at once, although nobody is ahead', () => {
    for (const seed of seeds(10)) {
      const sim = simulation({ seed });
      sim.expectHeight(5, sim.nodes, 60_000);
      sim.runUntil(() => new Set(sim.nodes.map((node) => node.headHeight)).size === 1, sim.nowMs + 5000);
      const head = headOf(sim.nodes);
      for (const node of sim.nodes) {
        node.crash();
        sim.at(500, () => restart(node));
      }
      sim.expectHeight(head + 2, sim.nodes, sim.nowMs + 500 + 5000);
    }
  });

  it('M07 three of four come back without their chains, sync from the survivor, and all go on', () => {
    for (const seed of seeds(5)) {
      const sim = simulation({ seed });
      sim.expectHeight(40, sim.nodes, 120_000);
      const [survivor, ...wiped] = sim.random.sample(sim.nodes, 4) as [SimNode, ...SimNode[]];
      const before = hashesOf(survivor);
      for (const node of wiped) {
        node.crash();
        node.chain.lose();
        sim.at(500, () => restart(node));
      }
      sim.expectHeight(before.length + 5, sim.nodes, sim.nowMs + 60_000);
      for (const node of wiped) assert.deepEqual(hashesOf(node).slice(0, before.length), before);
    }
  });

  it('M13 a node that was cut off catches up over heights of which many have another validator set', () => {
    for (const seed of seeds(10)) {
      const sim = simulation({ seed, n: 5, faults: ['validator-change'] });
      sim.expectHeight(1, sim.nodes, 60_000);
      const absent = sim.nodes.find((node) => !sim.validators.at(1).has(node.id)) as SimNode;
      const others = sim.nodes.filter((node) => node !== absent);
      const mend = sim.network.partition(sim.nodes.map((node) => (node === absent ? 1 : 2)));
      // The absent one may become a member whose vote is needed; then the others wait for it.
      sim.runUntil(() => headOf(others) >= 30, sim.nowMs + 200_000);
      const head = headOf(others);
      assert.ok(
        new Set(Array.from({ length: head }, (_, index) => sim.validators.at(index + 1).hash)).size > 1,
      );
      mend();
      sim.validators.freeze();
      for (const node of sim.nodes) node.greet();
      sim.expectHeight(head + 2, sim.nodes, sim.nowMs + 60_000);
      assertSameChains(sim.nodes);
    }
  });

  it('L06 O12 crashes of all nodes again and again, restarts spread over three time-outs', () => {
    for (const seed of seeds(5)) {
      const sim = simulation({ seed, faults: ['crash-all'] });
      sim.expectHeight(10, sim.nodes, 600_000);
      assertSameChains(sim.nodes);
    }
  });
});

describe('Simulated situations: changes of the validator set', () => {
  it('N01 N03 four, five, six, seven and fewer again: every height decides with the quorum of its own set', () => {
    const sizes = [4, 4, 5, 6, 7, 7, 6, 5, 4, 4];
    const sizeAt = (height: number) => sizes[height - 1] ?? 4;
    for (const seed of seeds(5)) {
      const sim = simulation({ seed, n: 7, plan: (height) => first(sizeAt(height)) });
      sim.expectHeight(12, sim.nodes, 120_000);
      const node = sim.nodes[0] as SimNode;
      for (const [index, { certificate }] of node.chain.blocks.entries()) {
        const set = sim.validators.at(index + 1);
        assert.equal(set.size, sizeAt(index + 1));
        assert.equal(certificate.signers.bitLen, set.size);
        assert.ok(certificate.seals.length >= set.quorum);
      }
      assertSameChains(sim.nodes);
    }
  });

  it('N07 half of the set is replaced at once, and the new half decides although it only followed before', () => {
    for (const seed of seeds(5)) {
      const sim = simulation({
        seed,
        n: 9,
        plan: (height) => (height < 6 ? [0, 1, 2, 3, 4, 5] : [3, 4, 5, 6, 7, 8]),
      });
      sim.expectHeight(12, sim.nodes, 120_000);
      assertSameChains(sim.nodes);
    }
  });

  it('N09 N10 crashes exactly where the set changes leave every node with the right sets', () => {
    for (const seed of seeds(10)) {
      const sim = simulation({ seed, n: 6, plan: (height) => first(height % 2 === 0 ? 5 : 6) });
      for (let height = 2; height < 8; height++) {
        for (const node of sim.nodes) {
          const step = sim.random.pick(['before-commit', 'after-commit', 'before-sync'] as const);
          node.nextCrash.arm(step, () => {
            node.crash();
            sim.at(300, () => restart(node));
          });
        }
        sim.expectHeight(height, sim.nodes, sim.nowMs + 60_000);
      }
      assertSameChains(sim.nodes);
    }
  });
});

describe('Simulated situations: asynchrony and clocks', () => {
  it('O04 goes on while one node after the other is isolated', () => {
    const sim = simulation({ seed: 1, n: 7 });
    for (let turn = 0; turn < 14; turn++) {
      const alone = turn % 7;
      const mend = sim.network.cutWhere((from, to) => from === alone || to === alone);
      const head = headOf(sim.nodes);
      sim.runUntil(() => false, sim.nowMs + 5000);
      assert.ok(headOf(sim.nodes) > head, `while v${alone} is alone`);
      mend();
      for (const node of sim.nodes) node.greet();
    }
    sim.expectHeight(headOf(sim.nodes), sim.nodes, sim.nowMs + 5000);
    assertSameChains(sim.nodes);
  });

  it('O06 goes on while a quorum is mutually connected and all other links work in one direction only', () => {
    for (const seed of seeds(5)) {
      const sim = simulation({ seed, n: 7 });
      const core = new Set(sim.random.sample([...sim.nodes.keys()], 5));
      sim.network.cutWhere((from, to) => !(core.has(from) && core.has(to)) && from < to === (seed % 2 === 0));
      const members = sim.nodes.filter((node) => core.has(node.index));
      sim.expectHeight(20, members, 400_000);
    }
  });

  it('O10 decides once time-outs have grown beyond the delay of proposals, and in round 0 when it has gone', () => {
    for (const seed of seeds(5)) {
      const calmAtMs = 120_000;
      const sim = simulation({
        seed,
        extraDelayMs: (packet, nowMs) =>
          nowMs < calmAtMs && packet.kind === 'consensus' && packet.message.kind === 'proposal' ? 2500 : 0,
      });
      sim.runUntil(() => false, calmAtMs + 10_000);
      const late = headOf(sim.nodes);
      assert.ok(late > 5);
      sim.expectHeight(late + 10, sim.nodes, sim.nowMs + 20_000);
      // 1.5 s, 3 s, 6 s: the delay of 2.5 s fits into the second or third round.
      for (const [index, { certificate }] of (sim.nodes[0] as SimNode).chain.blocks.entries())
        assert.ok(certificate.round <= (index < late ? 2 : 0), `height ${index + 1}: ${certificate.round}`);
    }
  });

  it('O13 a proposer that stood still for ten seconds disturbs nobody when it goes on', () => {
    const sim = simulation({ seed: 2, n: 7 });
    sim.expectHeight(3, sim.nodes, 60_000);
    for (let turn = 0; turn < 7; turn++) {
      const node = sim.nodes[turn] as SimNode;
      node.pausedUntilMs = sim.nowMs + 10_000;
      sim.runUntil(() => false, sim.nowMs + 12_000);
    }
    const head = headOf(sim.nodes);
    sim.expectHeight(head + 10, sim.nodes, sim.nowMs + 20_000);
    for (const { certificate } of (sim.nodes[0] as SimNode).chain.blocks.slice(head + 1))
      assert.equal(certificate.round, 0);
  });

  it('P01 a clock ten seconds off costs rounds of that validator only', () => {
    const sim = simulation({ seed: 3, n: 7 });
    (sim.nodes[2] as SimNode).clockOffsetMs = 10_000;
    (sim.nodes[4] as SimNode).clockOffsetMs = -10_000;
    sim.expectHeight(40, sim.nodes, 200_000);
    for (const { certificate } of (sim.nodes[0] as SimNode).chain.blocks) assert.ok(certificate.round <= 2);
    const inRoundZero = sim.report().decisionsByRound[0] ?? 0;
    assert.ok(inRoundZero >= 40 * (4 / 7), `${inRoundZero} of 40`);
  });

  it('P03 U11 wall clocks that step in the midst of rounds cost no round but those that their owners lead', () => {
    const sim = simulation({ seed: 4, n: 7 });
    for (let second = 1; second < 60; second++)
      sim.at(second * 1000 + 300, () => {
        (sim.nodes[second % 2] as SimNode).clockOffsetMs = sim.random.between(-5000, 1500);
      });
    sim.expectHeight(40, sim.nodes, 80_000);
    for (const { block, certificate } of (sim.nodes[0] as SimNode).chain.blocks) {
      const leader = sim.validators.indexOf(block.proposal.header.proposer) as number;
      for (let back = 1; back <= certificate.round; back++) assert.ok((leader - back + 7) % 7 <= 1);
    }
  });

  it('P04 a thousand blocks under work come one a second, without drift', () => {
    const sim = simulation({ seed: 5 });
    sim.expectHeight(1001, sim.nodes, 2_000_000);
    const times = (sim.nodes[0] as SimNode).chain.blocks.map(({ block }) => block.proposal.header.timeMs);
    const mean = ((times[1000] as number) - (times[0] as number)) / 1000;
    assert.ok(Math.abs(mean - 1000) <= 20, `${mean} ms`);
  });

  it('H15 every validator gets its block into the chain once in n heights, whatever one of them leaves out', () => {
    const sim = simulation({ seed: 6, n: 7, faults: ['selective-send'] });
    sim.expectHeight(60, sim.honest, 400_000);
    const proposers = (sim.honest[0] as SimNode).chain.blocks.map(
      ({ block }) => block.proposal.header.proposer,
    );
    for (let from = 0; from + 14 <= 60; from += 14)
      for (const { id } of sim.honest) assert.ok(proposers.slice(from, from + 14).includes(id));
  });
});
