import assert from 'node:assert/strict';
import { SubscriptionHub } from '../../../src/rpc/subscriptions.ts';
import { RpcNode } from '../../support/rpc-ports.ts';

describe('the subscription hub', () => {
  it('drops and counts the notices of a slow reader, tells how many, and goes on', () => {
    const node = new RpcNode();
    const hub = new SubscriptionHub(node.ports().chain);
    const notices: { seq: number; lagged?: number; data?: { height: number } }[] = [];
    let unread = 0;
    const door = hub.open({
      send: (text) => notices.push(JSON.parse(text).params),
      unreadBytes: () => unread,
    });
    door.subscribe('newHeads');
    node.commit();
    unread = 100 * 1024 * 1024;
    node.commit();
    node.commit();
    unread = 0;
    node.commit();
    node.commit();
    assert.deepEqual(
      notices.map(({ seq, lagged, data }) => [seq, lagged ?? null, data?.height ?? null]),
      [
        [0, null, 1],
        [3, 2, null],
        [3, null, 4],
        [4, null, 5],
      ],
    );
    door.close();
    node.commit();
    assert.equal(notices.length, 4);
    hub.close();
    assert.equal(node.listeners, 0);
  });

  it('does not let one connection end the subscription of another', () => {
    const node = new RpcNode();
    const hub = new SubscriptionHub(node.ports().chain);
    let count = 0;
    const sink = { send: () => count++, unreadBytes: () => 0 };
    const own = hub.open(sink).subscribe('newHeads');
    assert.equal(hub.open(sink).unsubscribe(own), false);
    node.commit();
    assert.equal(count, 1);
  });
});
