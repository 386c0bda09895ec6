import { type LoadOptions, runLoad } from '../load/run.ts';
import type { LoadReport } from '../load/tracker.ts';
import type { Manifest } from '../manifest.ts';
import { connectNode } from '../rpc.ts';
import type { Supervisor } from '../supervisor.ts';

/** Lane of the load that accompanies `testnet up`; a `testnet load` beside it takes the other. */
export const BACKGROUND_LANE = 0;
export const FOREGROUND_LANE = 1;

/** Sends a load to the nodes that run, and follows every transaction to its end. */
export async function load(
  supervisor: Supervisor,
  { seed }: Pick<Manifest, 'seed'>,
  options: Omit<LoadOptions, 'seed' | 'validators' | 'multiaddrs'>,
): Promise<LoadReport> {
  const nodes = supervisor.running.map(connectNode);
  const multiaddrs = supervisor.running.map(({ p2p }) => p2p);
  const validators = supervisor.validators.map(({ name }) => name);
  return await supervisor.guard(runLoad(nodes, { ...options, seed, validators, multiaddrs }));
}
