/** Mocha's own report for people, and beside it a file that tells for each test file what passed in it and what failed. */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import Mocha from 'mocha';

const { EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_RUN_END } = Mocha.Runner.constants;

/** Takes `output`, the path of the file: `{[test file]: {passed: number, failed: number}}`, paths relative to here. */
// biome-ignore lint/style/noDefaultExport: mocha takes the class that a module exports as its default
export default class TestReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const files = {};
    const count = (runnable, result) => {
      const file = relative('.', runnable.file ?? 'unknown');
      files[file] ??= { passed: 0, failed: 0 };
      files[file][result]++;
    };
    runner.on(EVENT_TEST_PASS, (test) => count(test, 'passed'));
    // Also for hooks: those of a test file know it as its tests do.
    runner.on(EVENT_TEST_FAIL, (runnable) => count(runnable, 'failed'));
    runner.once(EVENT_RUN_END, () => writeFileSync(options.reporterOption.output, JSON.stringify(files)));
  }
}
