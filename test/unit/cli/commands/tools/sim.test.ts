import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../../../../../src/cli/exit-code.ts';
import { repeatCommand } from '../../../../../src/cli/sim/text.ts';
import { ALL_FAULTS } from '../../../../../src/sim/faults/faults.ts';
import { runInProcess } from '../../../../support/program.ts';
import { useTemporaryDirectory } from '../../../../support/temporary-directory.ts';

const sim = (...args: string[]) => runInProcess(['sim', ...args]);

describe('metanode sim', () => {
  const directory = useTemporaryDirectory();

  it('prints how often every fault class struck, the rate, and the bound of rounds in liveness mode', async () => {
    const { code, stdout } = await sim(
      '--runs',
      '20',
      '--jobs',
      '1',
      '--mode',
      'liveness',
      '--faults',
      'crash,loss,pause',
    );
    assert.equal(code, EXIT.ok);
    for (const pattern of [/^crash +20 +[1-9]/m, /^loss +20 +[1-9]/m, /^runs +20 of 4 validators/m])
      assert.match(stdout, pattern);
    assert.match(stdout, /per second of a core/);
    assert.match(stdout, /^after healing .*\d rounds: \d+.*; the bound is 4$/m);
  });

  it('gives the same figures for the same seed, and for a run that is repeated alone', async () => {
    const json = async (...args: string[]) => {
      const { code, stdout } = await sim('--jobs', '1', '--json', ...args);
      assert.equal(code, EXIT.ok);
      const { runs, heights, steps, virtualMs, decisionsByRound, faults } = JSON.parse(stdout);
      return { runs, heights, steps, virtualMs, decisionsByRound, faults };
    };
    const both = await json('--seed', 's', '--runs', '2', '--faults', 'crash,delay,loss,crash-all');
    assert.deepEqual(
      await json('--seed', 's', '--runs', '2', '--faults', 'crash,delay,loss,crash-all'),
      both,
    );
    const [first, second] = [
      await json('--seed', 's/0', '--faults', 'crash,delay,loss,crash-all'),
      await json('--seed', 's/1', '--faults', 'crash,delay,loss,crash-all'),
    ];
    assert.deepEqual([first.runs, first.steps + second.steps], [1, both.steps]);
  });

  it('shows one run as a timeline', async () => {
    const { code, stdout } = await sim('--seed', 's/0', '--trace', '--faults', 'none');
    assert.equal(code, EXIT.ok);
    assert.match(
      stdout,
      /^ +\d+\.\d{3} s {2}v\d +h\d+ r\d+ +DECIDED: commit [0-9a-f]{8} round \d+ by \d \d \d/m,
    );
  });

  it('fails if a class that was switched on never struck', async () => {
    // Nobody is ever prepared where the only liar hides it, because nothing goes wrong beside.
    const { code, stderr } = await sim('--runs', '1', '--jobs', '1', '--faults', 'hidden-prepared');
    assert.equal(code, EXIT.failed);
    assert.match(stderr, /FAULT_NEVER_STRUCK.*hidden-prepared/);
  });

  it('names the exact command that repeats a run', () => {
    const part = {
      validators: 7,
      seed: 'x',
      from: 0,
      runs: 10,
      heights: 8,
      mode: 'liveness' as const,
      faults: ['crash' as const, 'silent' as const],
      isOneRun: false,
    };
    assert.equal(
      repeatCommand(part, 'x/3'),
      'metanode sim --validators 7 --seed x/3 --heights 8 --mode liveness --faults crash,silent --trace',
    );
    assert.match(repeatCommand({ ...part, faults: ALL_FAULTS }, 'x/3'), / --faults all --trace$/);
    assert.match(repeatCommand({ ...part, faults: [] }, 'x/3'), / --faults none --trace$/);
  });

  it('plays scenario files, all of them, and fails with what was expected and what came', async () => {
    const good = fileURLToPath(
      new URL('../../../../sim/scenarios/a01-prepares-the-first-valid-proposal.json', import.meta.url),
    );
    const scenario = JSON.parse(await readFile(good, 'utf8'));
    const file = async (name: string, text: string) => {
      await writeFile(directory.join(name), text);
      return directory.join(name);
    };
    const wrong = await file(
      'wrong.json',
      JSON.stringify({ ...scenario, decisions: [{ height: 1, block: 'B' }] }),
    );
    const invalid = await file('invalid.json', JSON.stringify({ ...scenario, validators: 0 }));
    const noJson = await file('no.json', '{');

    const passed = await sim('--scenario', good, '--trace');
    assert.equal(passed.code, EXIT.ok);
    assert.match(passed.stdout, /^ +send prepare 0 B$/m);
    assert.match(passed.stdout, /^A01 +ok /m);

    const mixed = await sim('--json', '--scenario', wrong, '--scenario', good);
    assert.equal(mixed.code, EXIT.failed);
    assert.match(mixed.stderr, /SCENARIO_FAILED/);
    const [first, second] = JSON.parse(mixed.stdout);
    assert.equal(first.error.code, 'SCENARIO_FAILED');
    assert.equal(second.id, 'A01');

    for (const bad of [invalid, noJson, directory.join('absent.json')]) {
      const { code, stderr } = await sim('--scenario', bad);
      assert.equal(code, EXIT.failed);
      assert.match(stderr, /SCENARIO_INVALID/);
    }
  });

  it('refuses what makes no sense as a usage error', async () => {
    for (const args of [
      ['--faults', 'nonsense'],
      ['--mode', 'nonsense'],
      ['--validators', '0'],
      ['--validators', '3', '--faults', 'silent'],
      ['--heights', '4'],
      ['--seed', 's/1', '--runs', '2'],
      ['--trace'],
    ]) {
      const { code, stdout } = await sim(...args);
      assert.equal(code, EXIT.usage, args.join(' '));
      assert.equal(stdout, '');
    }
  });
});
