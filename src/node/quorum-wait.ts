import type { Network } from '../network/contract.ts';
import type { ValidatorSet } from '../types/validator.ts';
import { LIMITS } from '../util/limits.ts';

/**
 * Resolves when this node is connected with a quorum of the validators (itself included), or after a while without
 * one. Rounds that begin before can only time out, and each costs its successor twice the time.
 */
export async function waitForQuorum(
  network: Network,
  validators: ValidatorSet,
  signal: AbortSignal,
): Promise<void> {
  const isReached = () => {
    const reached = network
      .validatorPeerStates()
      .filter(({ state }) => state === 'self' || state === 'connected');
    return reached.filter(({ validator }) => validators.has(validator)).length >= validators.quorum;
  };
  if (isReached() || signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      unsubscribe();
      resolve();
    };
    const timer = setTimeout(done, LIMITS.maxQuorumWaitMs);
    const unsubscribe = network.subscribe((event) => {
      if (event.kind === 'peer-connected' && isReached()) done();
    });
    signal.addEventListener('abort', done, { once: true });
  });
}
