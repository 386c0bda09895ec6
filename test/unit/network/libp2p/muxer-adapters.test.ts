import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { yamux } from '@chainsafe/libp2p-yamux';
import { multiaddrConnectionPair } from '@libp2p/utils';
import { adaptMuxers, surviveLostOpenings } from '../../../../src/network/libp2p/muxer-adapters.ts';

describe('a stream whose connection ends while it is opened', () => {
  // Without keep-alive there is no timer that would have to be ended.
  const create = adaptMuxers(yamux({ enableKeepAlive: false }), surviveLostOpenings)({});

  it('is aborted, and nothing is thrown where nobody can catch it', async () => {
    const [outbound] = multiaddrConnectionPair();
    const opening = create.createStreamMuxer(outbound).createStream();
    outbound.send = () => {
      throw new Error('cannot write to a stream that is closed'); // as an encrypted connection does once it was cut
    };
    const stream = await opening;
    await nextTurn();
    assert.equal(stream.status, 'aborted');
  });

  it('opens as ever on a connection that stays', async () => {
    const [outbound, inbound] = multiaddrConnectionPair();
    const incoming = new Promise((resolve) => {
      create
        .createStreamMuxer(inbound)
        .addEventListener('stream', ({ detail }) =>
          detail.addEventListener('message', (event) => resolve(event.data)),
        );
    });
    const stream = await create.createStreamMuxer(outbound).createStream();
    stream.send(Uint8Array.of(1, 2, 3));
    assert.deepEqual([...((await incoming) as { subarray(): Uint8Array }).subarray()], [1, 2, 3]);
  });
});
