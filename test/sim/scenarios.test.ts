import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createConsensus } from '../../src/consensus/consensus.ts';
import { playScenario } from '../../src/sim/scenario/scenario.ts';
import { parseScenario } from '../../src/sim/scenario/scenario-schema.ts';
import { errorCode } from '../../src/util/errors.ts';

const DIRECTORY = new URL('scenarios/', import.meta.url);

function load(file: string) {
  return parseScenario(JSON.parse(readFileSync(new URL(file, DIRECTORY), 'utf8')));
}

describe('Scripted situations', () => {
  const files = readdirSync(DIRECTORY).filter((file) => file.endsWith('.json'));
  for (const file of files) {
    const scenario = load(file);
    it(`${scenario.id} ${scenario.title}`, () => {
      assert.ok(file.startsWith(`${scenario.id.toLowerCase()}-`), file);
      playScenario(scenario);
    });
  }

  it('fail where a core does something else, or decides something else', () => {
    const scenario = load('a03-decides-at-the-quorum-of-commits.json');
    const isFailure = (error: unknown) => errorCode(error) === 'SCENARIO_FAILED';
    const [first, ...rest] = scenario.steps as [(typeof scenario.steps)[0], ...typeof scenario.steps];
    const altered = (step: object) => ({ ...scenario, steps: [{ ...first, ...step }, ...rest] });
    assert.throws(() => playScenario(altered({ expect: [] })), isFailure);
    assert.throws(() => playScenario(altered({ includes: ['send prepare 1 B'] })), isFailure);
    assert.throws(() => playScenario(altered({ never: ['send commit'] })), isFailure);
    assert.throws(() => playScenario({ ...scenario, decisions: [] }), isFailure);
    const deafCore: typeof createConsensus = (options) => {
      const core = createConsensus(options);
      return {
        handle: (event) => (event.kind === 'message' ? [] : core.handle(event)),
        roundState: () => core.roundState(),
        position: () => core.position(),
      };
    };
    assert.throws(() => playScenario(scenario, deafCore), isFailure);
  });

  it('are refused with the place and the reason where they make no sense', () => {
    const good = JSON.parse(readFileSync(new URL(files[0] as string, DIRECTORY), 'utf8'));
    const bad: [change: object, where: RegExp][] = [
      [{ id: 'nonsense' }, /^id: /],
      [{ validators: 0 }, /^validators: /],
      [{ nonsense: 1 }, /nonsense/],
      [{ steps: [{ inject: { kind: 'nonsense' } }] }, /^steps\.0\.inject/],
      [{ steps: [{ work: true, crash: true }] }, /a step does one thing/],
    ];
    for (const [change, where] of bad)
      assert.throws(
        () => parseScenario({ ...good, ...change }),
        (error: Error) => errorCode(error) === 'SCENARIO_INVALID' && where.test(error.message),
        JSON.stringify(change),
      );
    const play = (steps: unknown[]) => playScenario(parseScenario({ ...good, steps, decisions: [] }));
    const vote = { kind: 'prepare', from: 0, round: 0 };
    for (const steps of [
      [{ inject: { ...vote, block: 'nobody' } }],
      [{ inject: { ...vote, block: 'B', forge: { 'prepare.nonsense': 1 } } }],
      [{ built: { block: 'B', node: 9 } }],
      [{ at: 5 }, { at: 4 }],
    ])
      assert.throws(
        () => play(steps),
        (error) => errorCode(error) === 'SCENARIO_INVALID',
        JSON.stringify(steps),
      );
  });
});
