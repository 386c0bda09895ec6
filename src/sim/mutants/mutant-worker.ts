import { parentPort, workerData } from 'node:worker_threads';
import { errorMessage, NodeError } from '../../util/errors.ts';
import type { Scenario } from '../scenario/scenario-schema.ts';
import { type CheckName, runCheck } from './mutant-checks.ts';

/** What a worker is asked: to hold these checks against the code that it was loaded with. */
export interface MutantTask {
  readonly checks: readonly CheckName[];
  readonly scenarios: readonly Scenario[];
}

/** What came of one check. `error` is missing where the check has found nothing. */
export interface MutantVerdict {
  readonly check: CheckName;
  readonly seconds: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/** The program of a worker thread: one verdict after the other goes to the thread that has started it. */
for (const check of (workerData as MutantTask).checks) parentPort?.postMessage(judge(check));

function judge(check: CheckName): MutantVerdict {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  try {
    runCheck(check, (workerData as MutantTask).scenarios);
    return { check, seconds: seconds() };
  } catch (error) {
    const code = error instanceof NodeError ? error.code : 'CRASHED';
    return { check, seconds: seconds(), error: { code, message: errorMessage(error) } };
  }
}
