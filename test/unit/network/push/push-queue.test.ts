import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PushQueue } from '../../../../src/network/push/push-queue.ts';
import { FrameType, TOPICS, type Topic, type WireMessage } from '../../../../src/types/network.ts';
import { decode, encode } from '../../../../src/types/ssz.ts';
import { LIMITS } from '../../../../src/util/limits.ts';

function message(topic: Topic, bytes: number, counter = 0): WireMessage {
  return { topic, counter, content: new Uint8Array(bytes) };
}

describe('The push queue of a peer', () => {
  it('gives everything that waits as one frame, in order', () => {
    const queue = new PushQueue();
    for (let counter = 0; counter < 5; counter++) queue.add(message('vote', 10, counter));
    assert.deepEqual(
      queue.takeFrame().map(({ counter }) => counter),
      [0, 1, 2, 3, 4],
    );
    assert.ok(queue.isEmpty);
    assert.equal(queue.bytes, 0);
  });

  it('lets a message of the largest size leave alone, and what it takes always decodes as a frame', () => {
    const queue = new PushQueue();
    queue.add(message('vote', 10));
    queue.add(message('proposal', LIMITS.maxWireMessageBytes));
    for (let i = 0; i < LIMITS.maxMessagesPerFrame + 1; i++) queue.add(message('vote', 1));
    const sizes: number[] = [];
    while (!queue.isEmpty) {
      const messages = queue.takeFrame();
      sizes.push(messages.length);
      const bytes = encode(FrameType, { sequence: 1, acknowledged: 0, messages });
      assert.equal(decode(FrameType, bytes, 'frame').messages.length, messages.length);
    }
    assert.deepEqual(sizes, [1, 1, LIMITS.maxMessagesPerFrame, 1]);
  });

  it('drops the oldest batch before a section, and a vote last', () => {
    const queue = new PushQueue(400);
    queue.add(message('vote', 100));
    queue.add(message('tx', 100, 1));
    queue.add(message('tx', 50, 2));
    const dropped = queue.add(message('section', 150));
    assert.deepEqual(
      dropped.map(({ topic, counter }) => [topic, counter]),
      [['tx', 1]],
    );
    assert.deepEqual(
      queue.add(message('proposal', 200)).map(({ topic }) => topic),
      ['tx', 'section'],
    );
    assert.deepEqual(
      queue.takeFrame().map(({ topic }) => topic),
      ['vote', 'proposal'],
    );
  });

  it('never holds more bytes than its bound, and loses nothing that it does not report', () => {
    const step = fc.record({ topic: fc.constantFrom(...TOPICS), size: fc.nat(200), take: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new PushQueue(500);
        let inside = 0;
        for (const { topic, size, take } of steps) {
          inside += 1 - queue.add(message(topic, size)).length;
          assert.ok(queue.bytes <= 500);
          if (take && !queue.isEmpty) inside -= queue.takeFrame().length;
        }
        while (!queue.isEmpty) inside -= queue.takeFrame().length;
        assert.equal(inside, 0);
        assert.equal(queue.bytes, 0);
      }),
    );
  });
});
