import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import type { CliContext, CliProcess } from '../../src/cli/context.ts';
import { usageError } from '../../src/cli/exit-code.ts';
import { NodeError } from '../../src/util/errors.ts';
import { TestnetDirectory, type TestnetErrorCode } from '../directory.ts';
import { assertNotRunning } from './supervisor-of.ts';

/**
 * `metanode testnet reset`: removes what a testnet has made, and nothing else that stands in its directory.
 * @throws NodeError NO_TESTNET, TESTNET_RUNNING, USAGE where nobody can be asked
 */
export async function reset(context: CliContext, path: string, { yes }: { yes?: boolean }): Promise<void> {
  const directory = new TestnetDirectory(path);
  if (!directory.exists())
    throw new NodeError<TestnetErrorCode>('NO_TESTNET', `there is no testnet in ${path}`);
  await assertNotRunning(directory);
  if (yes !== true && !(await isConfirmed(context.process, path))) {
    context.output.result({ path, reset: false }, 'left as it is');
    return;
  }
  for (const generated of directory.generatedPaths) await rm(generated, { recursive: true, force: true });
  context.output.result({ path, reset: true }, `the testnet in ${path} is gone`);
}

async function isConfirmed({ stdin, stdout, stderr }: CliProcess, path: string): Promise<boolean> {
  if (stdout.isTTY !== true)
    throw usageError('shall the chain, the keys and the logs of this testnet go?', 'say so with --yes');
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    return /^y(es)?$/i.test(await lines.question(`Remove the chain, keys and logs in ${path}? [y/N] `));
  } finally {
    lines.close();
  }
}
