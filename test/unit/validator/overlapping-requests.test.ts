import assert from 'node:assert/strict';
import '../../../src/util/promise-with-resolvers.ts';
import { OverlappingRequests } from '../../../src/validator/overlapping-requests.ts';
import { waitFor } from '../../support/wait-for.ts';

describe('Requests that overlap', () => {
  /** A request that ends when it is told to, or given up. */
  function openRequest() {
    const { promise, resolve } = Promise.withResolvers<void>();
    const request = { isGivenUp: false, end: resolve, run: async (_signal: AbortSignal) => {} };
    request.run = async (signal) => {
      signal.addEventListener('abort', () => {
        request.isGivenUp = true;
        resolve();
      });
      await promise;
    };
    return request;
  }

  it('go on while the next one is asked, and any of them ends the wait', async () => {
    const requests = new OverlappingRequests();
    const [first, second] = [openRequest(), openRequest()];
    await requests.ask(first.run);
    assert.equal(first.isGivenUp, false, 'its time is over, and it may still answer');
    let isOver = false;
    const asking = requests.ask(second.run).then(() => {
      isOver = true;
    });
    first.end();
    await asking;
    assert.ok(isOver);
    requests.stop();
    assert.equal(second.isGivenUp, true);
  });

  it('are three at most: the oldest is given up for a fourth', async () => {
    const requests = new OverlappingRequests();
    const open = Array.from({ length: 4 }, openRequest);
    for (const request of open) await requests.ask(request.run);
    assert.deepEqual(
      open.map(({ isGivenUp }) => isGivenUp),
      [true, false, false, false],
    );
    requests.stop();
    await waitFor('all are given up', () => open.every(({ isGivenUp }) => isGivenUp));
  });
});
