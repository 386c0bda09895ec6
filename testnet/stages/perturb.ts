import { setTimeout as sleep } from 'node:timers/promises';
import type { Perturbation } from '../manifest.ts';
import type { Supervisor } from '../supervisor.ts';
import { type StartSettings, start } from './start.ts';

/** Does to the nodes what the manifest says, at the times that it says. */
export async function perturb(
  supervisor: Supervisor,
  perturbations: readonly Perturbation[],
  settings: StartSettings,
  onPerturbation: (perturbation: Perturbation) => void,
): Promise<void> {
  const beginMs = performance.now();
  await Promise.all(
    perturbations.map(async (perturbation) => {
      await sleep(Math.max(0, perturbation.atMs - (performance.now() - beginMs)));
      onPerturbation(perturbation);
      await applyPerturbation(supervisor, perturbation, settings);
    }),
  );
}

async function applyPerturbation(
  supervisor: Supervisor,
  { kind, nodes, forMs }: Perturbation,
  settings: StartSettings,
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
  await sleep(forMs);
  if (kind === 'pause') await supervisor.freeze(nodes, false);
  else await start(supervisor, nodes, settings);
}
