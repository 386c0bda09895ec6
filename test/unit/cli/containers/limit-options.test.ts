import assert from 'node:assert/strict';
import { DEFAULT_LIMITS, limitsOf, mebibytes } from '../../../../src/cli/containers/limit-options.ts';
import { hash0x } from '../../../../src/cli/parse.ts';

describe('the limits of a container on the command line', () => {
  it('are sizes in mebibytes or gibibytes', () => {
    assert.deepEqual(['64m', '1g', '2G', '7'].map(mebibytes), [64, 1_024, 2_048, 7]);
    for (const bad of ['', '0', '0m', '-1m', '1.5g', '1k', 'm', '64 m'])
      assert.throws(() => mebibytes(bad), bad);
  });

  it('are thousandths of a core, never less than the kernel accepts', () => {
    assert.equal(limitsOf({ cpus: 0.5 }).cpuMilli, 500);
    assert.equal(limitsOf({ cpus: 2 }).cpuMilli, 2_000);
    assert.equal(limitsOf({ cpus: 0.0001 }).cpuMilli, 10);
  });

  it('leave what is not given as it is', () => {
    assert.deepEqual(limitsOf({}), DEFAULT_LIMITS);
    const base = { cpuMilli: 1, memoryMib: 2, diskMib: 3, pids: 4 };
    assert.deepEqual(limitsOf({ memory: 9 }, base), { ...base, memoryMib: 9 });
  });
});

describe('a hash on the command line', () => {
  it('may stand with or without 0x, and has 64 lowercase digits', () => {
    const digits = 'ab'.repeat(32);
    assert.equal(hash0x(digits), `0x${digits}`);
    assert.equal(hash0x(`0x${digits}`), `0x${digits}`);
    for (const bad of ['', '0x', digits.slice(1), digits.toUpperCase(), `${digits}0`])
      assert.throws(() => hash0x(bad));
  });
});
