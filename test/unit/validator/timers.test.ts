import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Timers } from '../../../src/validator/timers.ts';
import { useTemporaryDirectory } from '../../support/temporary-directory.ts';

describe('The timers of consensus', () => {
  const directory = useTemporaryDirectory();
  let timers: Timers;
  let fired: string[];
  const fire = (name: string) => () => fired.push(name);
  /** Timers of one process fire in order: when this has come, everything that was due before it has fired. */
  const pass = async (ms: number) => {
    await sleep(ms);
    await nextTurn();
    await nextTurn();
  };

  beforeEach(() => {
    timers = new Timers();
    fired = [];
  });
  afterEach(() => timers.cancelAll());

  it('fire once', async () => {
    timers.schedule('round', 10, fire('round'));
    assert.deepEqual(fired, []);
    await pass(60);
    assert.deepEqual(fired, ['round']);
  });

  it('replace one another within a kind, and not across kinds', async () => {
    timers.schedule('round', 5, fire('first'));
    timers.schedule('resend', 10, fire('resend'));
    timers.schedule('round', 30, fire('second'));
    await pass(100);
    assert.deepEqual(fired, ['resend', 'second']);
  });

  it('can be scheduled again by what they call', async () => {
    timers.schedule('resend', 1, () => {
      fired.push('first');
      timers.schedule('resend', 1, fire('second'));
    });
    await pass(60);
    assert.deepEqual(fired, ['first', 'second']);
  });

  it('do not fire after they were cancelled', async () => {
    timers.schedule('round', 5, fire('round'));
    timers.schedule('propose', 1, fire('propose'));
    timers.cancelAll();
    await pass(60);
    assert.deepEqual(fired, []);
  });

  it('fire at once for a time that is over', async () => {
    timers.schedule('propose', -5, fire('propose'));
    await pass(30);
    assert.deepEqual(fired, ['propose']);
  });

  it('U04 fire once, after what came meanwhile, when the event loop was blocked beyond their time', async () => {
    const server = createServer().listen(directory.join('socket'));
    const accepted = once(server, 'connection');
    const client = connect(directory.join('socket'));
    const [receiver] = (await accepted) as [Socket];
    const received = once(receiver.on('data', fire('message')), 'data');
    timers.schedule('round', 5, fire('round'));
    client.write('vote');
    for (const endMs = performance.now() + 50; performance.now() < endMs; );
    await received;
    await pass(10);
    client.destroy();
    receiver.destroy();
    server.close();
    assert.deepEqual(fired, ['message', 'round']);
  });

  describe('on a clock that the test holds', () => {
    const realSetTimeout = globalThis.setTimeout;
    let asked: { readonly delayMs: number; readonly run: () => void }[];

    beforeEach(() => {
      asked = [];
      const capture = (run: () => void, delayMs: number) => {
        asked.push({ run, delayMs });
        return realSetTimeout(() => undefined, 0);
      };
      globalThis.setTimeout = capture as unknown as typeof setTimeout;
    });
    afterEach(() => {
      globalThis.setTimeout = realSetTimeout;
    });

    it('wait in steps for a delay that a single timeout cannot hold (U03)', async () => {
      const longest = 2 ** 31 - 1;
      timers.schedule('round', 2 * longest + 5_000, fire('round'));
      for (let step = 0; step < 3; step++) {
        assert.deepEqual(fired, []);
        asked[step]?.run();
        await nextTurn();
      }
      assert.deepEqual(
        asked.map(({ delayMs }) => delayMs),
        [longest, longest, 5_000],
      );
      assert.deepEqual(fired, ['round']);
    });

    it('U04 do not fire when they are cancelled between being due and being handled', async () => {
      timers.schedule('round', 1_000, fire('round'));
      asked[0]?.run();
      timers.cancelAll();
      await nextTurn();
      assert.deepEqual(fired, []);
    });

    it('do not fire when they are replaced between being due and being handled', async () => {
      timers.schedule('round', 1_000, fire('first'));
      asked[0]?.run();
      timers.schedule('round', 1_000, fire('second'));
      await nextTurn();
      assert.deepEqual(fired, []);
      asked[1]?.run();
      await nextTurn();
      assert.deepEqual(fired, ['second']);
    });
  });
});
