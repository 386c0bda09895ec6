import type { Supervisor } from '../supervisor.ts';

/** Ends every process of the testnet, whoever started it; data and logs stay. */
export async function stop(supervisor: Supervisor): Promise<void> {
  await supervisor.stopAll();
}
