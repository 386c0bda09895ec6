import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { waitForQuorum } from '../../../src/node/quorum-wait.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { validatorIdentity, validatorSet } from '../../support/network-cluster.ts';

describe('The wait for a quorum', () => {
  const validators = validatorSet(1, 2, 3, 4);
  const ids = [1, 2, 3, 4].map((index) => validatorIdentity(index).id);
  const stranger = validatorIdentity(9).id;

  /** How long the wait lasted with these in reach, or until it was to end. */
  async function lasted(reachable: readonly string[], stop = new AbortController().signal): Promise<number> {
    const beganMs = performance.now();
    await waitForQuorum({ reachableValidators: () => [...reachable] }, validators, stop);
    return performance.now() - beganMs;
  }

  it('is over at once where all are in reach', async () => {
    assert.equal(typeof (await Promise.race([lasted(ids), nextTurn('later')])), 'number');
  });

  it('lets a quorum wait for the rest, and goes on without one, to which strangers do not count, until the node stops', async () => {
    const node = new AbortController();
    let isOver = false;
    const without = lasted([...ids.slice(2), stranger], node.signal).then(() => {
      isOver = true;
    });
    const ms = await lasted(ids.slice(1));
    // Where the machine stood still the bound of the other may be over too.
    assert.ok(ms >= 2_000 && (!isOver || ms >= LIMITS.maxQuorumWaitMs), `${ms}`);
    node.abort();
    await without;
  });
});
