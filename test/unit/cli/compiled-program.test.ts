import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadProgram } from '../../../src/cli/compiled-program.ts';
import { useTemporaryDirectory } from '../../support/temporary-directory.ts';

interface Exports {
  readonly answer: () => number;
  readonly name: string;
}

const SOURCE = `
const { basename } = require('node:path');
exports.answer = () => 42;
exports.name = basename(__filename);
`;

describe('A program with code that was compiled before', () => {
  const directory = useTemporaryDirectory();
  let path: string;
  let compiled: string;

  beforeEach(() => {
    path = join(directory.path, 'program.cjs');
    compiled = `${path}.compiled`;
    writeFileSync(path, SOURCE);
  });

  function assertRuns(program: { readonly exports: Exports }): void {
    assert.equal(program.exports.answer(), 42);
    assert.equal(program.exports.name, 'program.cjs');
  }

  it('runs without any, and with what another run has kept', () => {
    const first = loadProgram<Exports>(path);
    assertRuns(first);
    assert.equal(existsSync(compiled), false);
    first.keepCompiled();
    assertRuns(loadProgram<Exports>(path));
  });

  it('runs its source where the compiled code is damaged at any place, cut off, or empty', () => {
    loadProgram<Exports>(path).keepCompiled();
    const whole = readFileSync(compiled);
    for (let at = 0; at < whole.length; at += 37) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] as number) ^ 0x10;
      writeFileSync(compiled, damaged);
      assertRuns(loadProgram<Exports>(path));
    }
    for (const length of [0, 31, 32, whole.length - 1]) {
      writeFileSync(compiled, whole.subarray(0, length));
      assertRuns(loadProgram<Exports>(path));
    }
  });

  it('runs a changed source of the same length, not what was compiled of the old one', () => {
    loadProgram<Exports>(path).keepCompiled();
    writeFileSync(path, SOURCE.replace('42', '43'));
    assert.equal(loadProgram<Exports>(path).exports.answer(), 43);
  });
});
