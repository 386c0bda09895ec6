import assert from 'node:assert/strict';
import { EXIT } from '../../../../src/cli/exit-code.ts';
import { runInProcess } from '../../../support/program.ts';

const sim = (...args: string[]) => runInProcess(['sim', ...args]);

describe('metanode sim --twins and --search', () => {
  it('print how many schedules were tried, and how many states they led to', async () => {
    const { code, stdout } = await sim('--twins', '1', '--rounds', '1', '--json');
    assert.equal(code, 0);
    const report = JSON.parse(stdout);
    assert.equal(report.schedules, 2 * 41 * 7);
    assert.ok(report.states > 0 && report.states < report.schedules);
  });

  it('try random schedules where a number of samples is given', async () => {
    const { code, stdout } = await sim('--twins', '1', '--rounds', '4', '--samples', '20', '--json');
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).schedules, 20);
  });

  it('print the states of each liar, and the frontier where the bound was reached', async () => {
    const { code, stdout } = await sim('--search', '--max-states', '300');
    assert.equal(code, 0);
    assert.match(stdout, /^liar +states +steps/m);
    assert.match(stdout, /^v1, leads +3\d\d /m);
    const { stdout: json } = await sim('--search', '--rounds', '1', '--json');
    assert.equal(JSON.parse(json).frontier, 0);
  });

  it('refuse more twins than the validators bear, and other numbers of validators to search', async () => {
    assert.equal((await sim('--twins', '2')).code, EXIT.usage);
    assert.equal((await sim('--twins', '1', '--rounds', '0')).code, EXIT.usage);
    assert.equal((await sim('--search', '--validators', '5')).code, EXIT.usage);
  });
});
