import assert from 'node:assert/strict';
import { fieldsOf } from '../../src/consensus/message-fields.ts';
import { restart } from '../../src/sim/faults/fault-injector.ts';
import type { SimNode } from '../../src/sim/host.ts';
import type { Packet } from '../../src/sim/network.ts';
import { Simulation } from '../../src/sim/simulation.ts';
import { quorum } from '../../src/types/quorum.ts';
import { seeds } from '../support/sim/seeds.ts';

const VALIDATORS = 21;
const HEIGHT = 3;
/** Longer than any of these runs takes: a message that comes so late is of no use to anybody. */
const TOO_LATE_MS = 600_000;
/** The slowest sync of a simulated journal takes less. */
const SYNCED_MS = 15;

/**
 * A simulation in which all messages of one kind at the height in question come too late, until everyone crashes: then
 * all blocks and transactions in memory are lost, and nodes are back within `spreadMs`.
 */
function simulation(seed: number, withheld: 'prepare' | 'commit') {
  let isWithheld = true;
  const isLate = (packet: Packet) =>
    isWithheld &&
    packet.kind === 'consensus' &&
    packet.message.kind === withheld &&
    fieldsOf(packet.message).height === HEIGHT;
  const sim = new Simulation({
    seed,
    n: VALIDATORS,
    settings: { workChance: 1 },
    extraDelayMs: (packet) => (isLate(packet) ? TOO_LATE_MS : 0),
  });
  const crashAll = (spreadMs: number, stayingAway: readonly SimNode[] = []) => {
    isWithheld = false;
    for (const node of sim.nodes) {
      node.crash();
      if (!stayingAway.includes(node)) sim.at(sim.random.between(0, spreadMs), () => restart(node));
    }
  };
  return { sim, crashAll };
}

describe('Simulated situations: all crash and what was in memory is lost', () => {
  for (const who of ['all come back', 'the proposer stays away'] as const)
    it(`L06 all of 21 sent a Prepare that nobody heard, and ${who}: the block is found and decided`, () => {
      for (const seed of seeds(5)) {
        const { sim, crashAll } = simulation(seed, 'prepare');
        const havePrepared = () =>
          sim.nodes.every(
            ({ roundState }) =>
              roundState?.height === HEIGHT && roundState.round === 0 && roundState.step === 'prepare',
          );
        assert.ok(sim.runUntil(havePrepared, 60_000), `seed ${seed}`);
        sim.runUntil(() => false, sim.nowMs + SYNCED_MS);
        const { proposer, proposalHash } = sim.nodes[0]?.roundState ?? {};
        assert.ok(sim.nodes.every((node) => node.headHeight === HEIGHT - 1));
        // Without its Proposal, which has the block in it, only what is journalled with the Prepares is left.
        const away = who === 'all come back' ? [] : sim.nodes.filter(({ id }) => id === proposer);
        crashAll(100, away);
        const back = sim.nodes.filter((node) => !away.includes(node));
        sim.runUntil(() => back.every((node) => node.headHeight >= HEIGHT), sim.nowMs + 60_000);
        for (const node of back)
          assert.equal(node.chain.blocks[HEIGHT - 1]?.block.hash, proposalHash, `seed ${seed}`);
      }
    });

  it('L06 7 of 21 never saw the block that 14 have prepared, and its proposer stays away: it is found and decided', () => {
    for (const seed of seeds(5)) {
      const { sim, crashAll } = simulation(seed, 'commit');
      sim.expectHeight(HEIGHT - 1, sim.nodes, 60_000);
      const proposer = sim.nodes.findIndex(({ id }) => id === sim.nodes[0]?.roundState?.proposer);
      const seeing = new Set(
        [...sim.nodes.keys()].map((k) => (k + proposer) % VALIDATORS).slice(0, quorum(VALIDATORS)),
      );
      const mend = sim.network.cutWhere((_, to) => !seeing.has(to));
      const arePrepared = () =>
        [...seeing].every((k) => {
          const state = sim.nodes[k]?.roundState;
          return state?.height === HEIGHT && state.step === 'commit';
        });
      assert.ok(sim.runUntil(arePrepared, sim.nowMs + 60_000), `seed ${seed}`);
      sim.runUntil(() => false, sim.nowMs + SYNCED_MS);
      const away = sim.nodes[proposer] as SimNode;
      const hash = away.roundState?.proposalHash;
      crashAll(5_000, [away]);
      mend();
      const back = sim.nodes.filter((node) => node !== away);
      sim.runUntil(() => back.every((node) => node.headHeight >= HEIGHT), sim.nowMs + 120_000);
      for (const node of back) assert.equal(node.chain.blocks[HEIGHT - 1]?.block.hash, hash, `seed ${seed}`);
    }
  });
});
