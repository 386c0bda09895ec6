/**
 * Runs all tests: those that can share the machine four files at a time, then alone those that need all of it.
 *
 * End-to-end files run real processes, sockets and browsers, and a crowded machine can starve any of them. A few that
 * fail are therefore run once more, when the crowd is gone; their first failures stay in the output, and what fails
 * twice has failed. Whatever runs within one process (unit, property, compliance, simulation) has no such excuse.
 *
 * The last line is "N passed, N failed".
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** More than these that fail at once are not bad luck. */
const MOST_REPEATED = 3;
const ALONE = ['test/e2e/testnet-21.test.ts'];
const mocha = fileURLToPath(new URL('../node_modules/mocha/bin/mocha.js', import.meta.url));
const reporter = fileURLToPath(new URL('test-reporter.mjs', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'metanode-tests-'));

/** The counts of each test file that was run: what fails outside of any file, or ends mocha, counts as a failure too. */
function run(...args) {
  const output = join(directory, 'files.json');
  rmSync(output, { force: true });
  const { status } = spawnSync(
    process.execPath,
    [mocha, ...args, '--reporter', reporter, '--reporter-option', `output=${output}`],
    { stdio: 'inherit' },
  );
  let files = {};
  try {
    files = JSON.parse(readFileSync(output, 'utf8'));
  } catch {
    // Mocha did not come to its end, which its status says.
  }
  if (status !== 0 && !Object.values(files).some(({ failed }) => failed > 0))
    files.unknown = { passed: 0, failed: 1 };
  return files;
}

function repeatFailed(files) {
  const failed = Object.keys(files).filter((file) => files[file].failed > 0);
  const canRepeat = failed.length <= MOST_REPEATED && failed.every((file) => file.startsWith('test/e2e/'));
  if (failed.length === 0 || !canRepeat) return files;
  console.log(`FAILED, and runs once more: ${failed.join(' ')}`);
  const others = Object.fromEntries(Object.entries(files).filter(([file]) => !failed.includes(file)));
  return { ...others, ...run(...failed) };
}

try {
  const files = repeatFailed({ ...run('--config', '.mocharc.parallel.mjs'), ...run(...ALONE) });
  const total = (result) => Object.values(files).reduce((sum, counts) => sum + counts[result], 0);
  process.exitCode = total('failed') === 0 ? 0 : 1;
  console.log(`${total('passed')} passed, ${total('failed')} failed`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
