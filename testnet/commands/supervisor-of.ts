import type { TestnetDirectory } from '../directory.ts';
import { Supervisor } from '../supervisor.ts';

/** A supervisor whose nodes run the same program, in the same way, as this process. */
export async function supervisorOf(directory: TestnetDirectory): Promise<Supervisor> {
  return await Supervisor.open(directory, [...process.execArgv, process.argv[1] as string]);
}
