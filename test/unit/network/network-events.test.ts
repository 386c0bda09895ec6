import assert from 'node:assert/strict';
import type { NetworkEvent } from '../../../src/network/contract.ts';
import { NetworkEvents } from '../../../src/network/network-events.ts';
import { silentLogger } from '../../../src/util/logger.ts';

const EVENT: NetworkEvent = {
  kind: 'head-claim',
  peerId: 'somebody',
  head: { height: 3, hash: 'ab'.repeat(32) },
};

describe('Network events', () => {
  it('tell each listener until it unsubscribes', () => {
    const events = new NetworkEvents(silentLogger);
    const heard: string[] = [];
    const stop = events.subscribe(({ kind }) => heard.push(`first ${kind}`));
    events.subscribe(({ kind }) => heard.push(`second ${kind}`));
    events.emit(EVENT);
    stop();
    events.emit(EVENT);
    assert.deepEqual(heard, ['first head-claim', 'second head-claim', 'second head-claim']);
  });

  it('reach the others when a listener throws', () => {
    const events = new NetworkEvents(silentLogger);
    const heard: NetworkEvent[] = [];
    events.subscribe(() => {
      throw new Error('a listener fails');
    });
    events.subscribe((event) => heard.push(event));
    events.emit(EVENT);
    assert.deepEqual(heard, [EVENT]);
  });
});
