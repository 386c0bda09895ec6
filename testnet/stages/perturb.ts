import { setTimeout as sleep } from 'node:timers/promises';
import { NodeError } from '../../src/util/errors.ts';
import type { TestnetErrorCode } from '../directory.ts';
import { impossibleFaults, inject } from '../faults.ts';
import type { Perturbation } from '../manifest.ts';
import type { Supervisor } from '../supervisor.ts';
import type { StartSettings } from './start.ts';

export interface PerturbOptions {
  readonly settings: StartSettings;
  /** Once it is aborted nothing is done to the nodes any more, and the stage fails. */
  readonly signal: AbortSignal;
  readonly onPerturbation: (perturbation: Perturbation) => void;
}

/**
 * Does to the nodes what the manifest says, at the times that it says.
 * @throws NodeError FAULT_IMPOSSIBLE before anything is done, if this machine does not allow a fault
 */
export async function perturb(
  supervisor: Supervisor,
  perturbations: readonly Perturbation[],
  options: PerturbOptions,
): Promise<void> {
  await assertPossible(perturbations);
  const beginMs = performance.now();
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  // All of them are waited for, even if one fails: each gives back what it took from the machine.
  await Promise.all(
    perturbations.map(async (perturbation) => {
      try {
        const waitMs = perturbation.atMs - (performance.now() - beginMs);
        await sleep(Math.max(0, waitMs), undefined, { signal });
        options.onPerturbation(perturbation);
        await apply(supervisor, perturbation, { ...options, signal });
      } catch (error) {
        failed.abort(error); // the first reason is the one that counts
      }
    }),
  );
  failed.signal.throwIfAborted();
}

async function assertPossible(perturbations: readonly Perturbation[]): Promise<void> {
  const [missing] = await impossibleFaults(perturbations.map(({ kind }) => kind));
  if (missing !== undefined)
    throw new NodeError<TestnetErrorCode>('FAULT_IMPOSSIBLE', `no ${missing.kind}: ${missing.reason}`);
}

async function apply(
  supervisor: Supervisor,
  perturbation: Perturbation,
  { settings, signal }: PerturbOptions,
): Promise<void> {
  const { kind, forMs } = perturbation;
  const fault = await inject(supervisor, perturbation, settings);
  if (kind !== 'restart' && forMs === 0) return;
  try {
    await sleep(forMs, undefined, { signal });
  } catch (error) {
    await fault.abandon();
    throw error;
  }
  await fault.heal();
}
