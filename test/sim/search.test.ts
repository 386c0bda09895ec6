import assert from 'node:assert/strict';
import { createConsensus } from '../../src/consensus/consensus.ts';
import type { ConsensusEvent } from '../../src/consensus/contract.ts';
import { CoreStates } from '../../src/sim/exploration/core-states.ts';
import { ExploredCore } from '../../src/sim/exploration/explored-core.ts';
import { MessagePool } from '../../src/sim/exploration/message-pool.ts';
import { searchSmall } from '../../src/sim/exploration/search.ts';
import { Random } from '../../src/sim/random.ts';
import type { CoreFactory } from '../../src/sim/world.ts';
import { errorCode } from '../../src/util/errors.ts';
import { seeds } from '../support/sim/seeds.ts';

describe('Search: every state of four validators, one of which lies', () => {
  it('T01 H01 visits one round in full, whoever lies', () => {
    const positions = searchSmall({ rounds: 1, maxStates: Number.POSITIVE_INFINITY });
    assert.equal(positions.length, 2);
    for (const { frontier, decided, states } of positions) {
      assert.equal(frontier, 0);
      assert.ok(decided > 0 && decided < states);
    }
  });

  it('T01 H01 says how much is left of two rounds where it may not visit all states', () => {
    const [position] = searchSmall({ rounds: 2, maxStates: 2_000, liars: [1] });
    assert.ok(position !== undefined && position.frontier > 0);
    assert.ok(position.states >= 2_000 && position.decided > 0);
  });

  it('T01 H01 lets a liar lead the first of two rounds, with two blocks for the same round', () => {
    const [position] = searchSmall({ rounds: 2, maxStates: 30_000, liars: [0] });
    assert.ok(position !== undefined && position.states >= 30_000);
    assert.ok(position.frontier > 0 && position.decided > 0);
  });

  it('T01 H01 finds a core that forgets its vote when the liar who leads shows it a second block', () => {
    const forgetful: CoreFactory = (options) => {
      let core = createConsensus(options);
      let start: ConsensusEvent;
      return {
        handle: (event) => {
          if (event.kind === 'start-height') start = event;
          if (event.kind === 'message' && event.message.kind === 'proposal') {
            core = createConsensus(options);
            core.handle(start);
          }
          return core.handle(event);
        },
        roundState: () => core.roundState(),
        position: () => core.position(),
      };
    };
    assert.throws(
      () => searchSmall({ rounds: 1, maxStates: 100_000, liars: [0], createCore: forgetful }),
      (error) => errorCode(error) === 'INVARIANT_VIOLATED',
    );
  });

  it('T09 finds a core whose timers outlive the decision', () => {
    const restless: CoreFactory = (options) => {
      const core = createConsensus(options);
      const handle = core.handle.bind(core);
      core.handle = (event) => handle(event).filter((effect) => effect.kind !== 'cancel-timers');
      return core;
    };
    assert.throws(
      () => searchSmall({ rounds: 1, maxStates: 10_000, createCore: restless }),
      (error) => errorCode(error) === 'INVARIANT_VIOLATED',
    );
  });

  it('takes two states for one only where the core goes on in the same way', () => {
    const pool = new MessagePool(4);
    const options = { createCore: createConsensus, faulty: new Set<string>() };
    // What three cores say when they hear one another in all possible ways.
    const cores = [0, 1, 2, 3].map((index) => new CoreStates(pool, index, options));
    const talk = (random: Random) => {
      const states = cores.map((core) => core.start.state);
      for (let turn = 0; turn < 60; turn++) {
        const index = random.between(0, 3);
        const input = random.chance(0.1) ? -1 : random.between(0, pool.size - 1);
        const step = (cores[index] as CoreStates).step(states[index] as (typeof states)[0], input);
        states[index] = step.state;
      }
    };
    for (const seed of seeds(30)) talk(new Random(`talk ${seed}`));
    const byKey = new Map<string, readonly string[]>();
    let compared = 0;
    for (const seed of seeds(400)) {
      const random = new Random(`walk ${seed}`);
      const inputs = Array.from({ length: random.between(2, 14) }, () => random.between(-1, pool.size - 1));
      const walk = () => {
        const core = new ExploredCore(pool, 3, options);
        core.boot();
        for (const input of inputs) input < 0 ? core.timeout('round') : core.receive(input);
        return core;
      };
      const { key } = walk();
      const size = pool.size;
      const answers = Array.from({ length: size }, (_, input) => {
        const core = walk();
        const { sent } = core.receive(input);
        return `${input} ${sent.join()} ${core.key}`;
      });
      const known = byKey.get(key);
      if (known === undefined) byKey.set(key, answers);
      else {
        compared++;
        const common = Math.min(known.length, answers.length);
        assert.deepEqual(answers.slice(0, common), known.slice(0, common), `seed ${seed}`);
      }
    }
    assert.ok(compared > 20 || process.env.SEED !== undefined, String(compared));
  });
});
