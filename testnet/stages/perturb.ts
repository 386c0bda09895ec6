import { setTimeout as sleep } from 'node:timers/promises';
import type { Perturbation } from '../manifest.ts';
import type { Supervisor } from '../supervisor.ts';
import { type StartSettings, start } from './start.ts';

export interface PerturbOptions {
  readonly settings: StartSettings;
  /** Once it is aborted nothing is done to the nodes any more, and the stage fails. */
  readonly signal: AbortSignal;
  readonly onPerturbation: (perturbation: Perturbation) => void;
}

/** Does to the nodes what the manifest says, at the times that it says. */
export async function perturb(
  supervisor: Supervisor,
  perturbations: readonly Perturbation[],
  options: PerturbOptions,
): Promise<void> {
  const beginMs = performance.now();
  const waitUntil = (ms: number) =>
    sleep(Math.max(0, ms - (performance.now() - beginMs)), undefined, { signal: options.signal });
  await Promise.all(
    perturbations.map(async (perturbation) => {
      await waitUntil(perturbation.atMs);
      options.onPerturbation(perturbation);
      await applyPerturbation(supervisor, perturbation, options);
    }),
  );
}

async function applyPerturbation(
  supervisor: Supervisor,
  { kind, nodes, forMs }: Perturbation,
  { settings, signal }: PerturbOptions,
): Promise<void> {
  switch (kind) {
    case 'kill':
      await supervisor.kill(nodes);
      break;
    case 'terminate':
    case 'restart':
      await supervisor.stop(nodes);
      break;
    case 'pause':
      await supervisor.freeze(nodes, true);
      break;
  }
  if (kind !== 'restart' && forMs === 0) return;
  await sleep(forMs, undefined, { signal });
  if (kind === 'pause') await supervisor.freeze(nodes, false);
  else await start(supervisor, nodes, settings);
}
