import { setTimeout as sleep } from 'node:timers/promises';
import type { Network } from '../network/contract.ts';
import type { ValidatorSet } from '../types/validator.ts';
import { LIMITS } from '../util/limits.ts';

/** How often it looks again: what peers say of others changes without an event. */
const CHECK_MS = 250;
/** What a quorum waits for the rest, so that those who start together also begin their rounds together. */
const REST_WAIT_MS = 2000;

/**
 * Resolves when this node reaches all validators, or for some time a quorum of them (itself included), or after a
 * while without one. Rounds that begin before can only time out, and each costs its successor twice the time.
 */
export async function waitForQuorum(
  network: Pick<Network, 'reachableValidators'>,
  validators: ValidatorSet,
  signal: AbortSignal,
): Promise<void> {
  const beginMs = performance.now();
  let quorumSinceMs: number | undefined;
  const isOver = () => {
    const reached = network.reachableValidators().filter((validator) => validators.has(validator)).length;
    const nowMs = performance.now();
    if (reached < validators.quorum) quorumSinceMs = undefined;
    else quorumSinceMs ??= nowMs;
    return (
      reached === validators.size ||
      (quorumSinceMs !== undefined && nowMs - quorumSinceMs >= REST_WAIT_MS) ||
      nowMs - beginMs >= LIMITS.maxQuorumWaitMs
    );
  };
  while (!signal.aborted && !isOver()) await sleep(CHECK_MS, undefined, { signal }).catch(() => {});
}
