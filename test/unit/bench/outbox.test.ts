import assert from 'node:assert/strict';
import { Outbox, type Parcel } from '../../../scripts/bench/load/outbox.ts';

function prepared(...ids: string[]) {
  return ids.map((txId) => ({ txId, text: `0x${txId}` }));
}

function idsOf({ entries }: Parcel): string[] {
  return entries.map((entry) => entry.prepared.txId);
}

describe('outbox of the load generator', () => {
  it('takes of the senders in turn, and of each in the order of its nonces', () => {
    const outbox = new Outbox([prepared('a0', 'a1'), prepared('b0'), prepared('c0', 'c1')]);
    assert.deepEqual(idsOf(outbox.take(5)), ['a0', 'b0', 'c0', 'a1', 'c1']);
  });

  it('goes on with the sender whose turn it is', () => {
    const outbox = new Outbox([prepared('a0', 'a1'), prepared('b0', 'b1'), prepared('c0')]);
    const first = outbox.take(2);
    outbox.settle(first, () => false);
    assert.deepEqual(idsOf(outbox.take(2)), ['c0', 'a1']);
  });

  it('sends nothing of a sender that still waits for an answer', () => {
    const outbox = new Outbox([prepared('a0', 'a1'), prepared('b0')]);
    const first = outbox.take(1);
    assert.deepEqual(idsOf(outbox.take(9)), ['b0']);
    outbox.settle(first, () => false);
    assert.deepEqual(idsOf(outbox.take(9)), ['a1']);
  });

  it('sends what was refused again, before what comes after it', () => {
    const outbox = new Outbox([prepared('a0', 'a1', 'a2', 'a3')]);
    const first = outbox.take(3);
    outbox.settle(first, (position) => position > 0);
    assert.deepEqual(idsOf(outbox.take(9)), ['a1', 'a2', 'a3']);
  });

  it('is empty when all is sent and answered', () => {
    const outbox = new Outbox([prepared('a0')]);
    const only = outbox.take(1);
    assert.equal(outbox.isEmpty, false);
    outbox.settle(only, () => true);
    assert.equal(outbox.isEmpty, false);
    outbox.settle(outbox.take(1), () => false);
    assert.equal(outbox.isEmpty, true);
    assert.deepEqual(idsOf(outbox.take(1)), []);
  });
});
