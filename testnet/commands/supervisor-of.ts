import { NodeError } from '../../src/util/errors.ts';
import type { TestnetDirectory, TestnetErrorCode } from '../directory.ts';
import { Supervisor } from '../supervisor.ts';

/** A supervisor whose nodes run the same program, in the same way, as this process. */
export async function supervisorOf(directory: TestnetDirectory): Promise<Supervisor> {
  return await Supervisor.open(directory, [...process.execArgv, process.argv[1] as string]);
}

/** Before anything is done to the files of a testnet. @throws NodeError TESTNET_RUNNING */
export async function assertNotRunning(directory: TestnetDirectory): Promise<void> {
  if (!directory.exists()) return;
  const supervisor = await supervisorOf(directory);
  const dead = new Set(await supervisor.deadNodes());
  if (supervisor.running.every((node) => dead.has(node.name))) return;
  throw new NodeError<TestnetErrorCode>('TESTNET_RUNNING', `the testnet in ${directory.path} is running`, {
    hint: 'stop it with: metanode testnet down',
  });
}
