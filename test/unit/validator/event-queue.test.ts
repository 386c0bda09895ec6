import assert from 'node:assert/strict';
import type { ConsensusEvent } from '../../../src/consensus/contract.ts';
import { fieldsOf } from '../../../src/consensus/message-fields.ts';
import type { ConsensusMessage } from '../../../src/types/consensus-message.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { EventQueue } from '../../../src/validator/event-queue.ts';

const FLOODER = 'aa'.repeat(32);
const OTHERS = Array.from({ length: 20 }, (_, i) => (i + 1).toString(16).padStart(64, '0'));

function roundChange(signer: string, round: number): ConsensusMessage {
  const body = { height: 1, round, preparedRound: 0xffff_ffff, preparedHash: '00'.repeat(32) };
  return { kind: 'round-change', roundChange: { body, signer, signature: '00'.repeat(64) }, prepares: [] };
}

function event(signer: string, round: number, bytes = 200): ConsensusEvent {
  return { kind: 'message', nowMs: 0, message: roundChange(signer, round), bytes };
}

function drain(queue: EventQueue): ConsensusEvent[] {
  const events: ConsensusEvent[] = [];
  for (let next = queue.take(); next !== undefined; next = queue.take()) events.push(next);
  return events;
}

describe('The queue of the consensus driver', () => {
  let queue: EventQueue;
  beforeEach(() => {
    queue = new EventQueue();
  });

  it('J04 takes a hundred thousand messages of one validator and still every message of the others', () => {
    let taken = 0;
    for (let round = 0; round < 100_000; round++) {
      if (queue.add(event(FLOODER, round))) taken++;
      if (round % 10_000 === 0)
        for (const other of OTHERS) assert.equal(queue.add(event(other, round)), true, `round ${round}`);
    }
    assert.equal(taken, LIMITS.maxQueuedMessagesPerValidator);
    assert.equal(queue.length, taken + 10 * OTHERS.length);
  });

  it('J04 bounds the bytes of one validator, whatever the size of its messages', () => {
    const half = LIMITS.maxQueuedBytesPerValidator / 2;
    assert.equal(queue.add(event(FLOODER, 0, half)), true);
    assert.equal(queue.add(event(FLOODER, 1, half)), true);
    assert.equal(queue.add(event(FLOODER, 2, 1)), false);
    assert.equal(queue.add(event(OTHERS[0] as string, 2, half)), true);
  });

  it('gives the room back with each message that is taken', () => {
    for (let turn = 0; turn < 3; turn++) {
      for (let round = 0; round < LIMITS.maxQueuedMessagesPerValidator; round++)
        assert.equal(queue.add(event(FLOODER, round)), true);
      assert.equal(queue.add(event(FLOODER, 0)), false);
      assert.equal(drain(queue).length, LIMITS.maxQueuedMessagesPerValidator);
    }
  });

  it('keeps the order of arrival, with the node’s own messages before all others', () => {
    for (const [i, other] of OTHERS.entries()) queue.add(event(other, i));
    queue.addFirst(event(FLOODER, 99));
    const signers = drain(queue).map((next) => next.kind === 'message' && fieldsOf(next.message).signer);
    assert.deepEqual(signers, [FLOODER, ...OTHERS]);
  });

  it('never refuses what the node itself has to say', () => {
    while (queue.add(event(FLOODER, 0)));
    const before = queue.length;
    queue.addFirst(event(FLOODER, 1));
    assert.equal(queue.add({ kind: 'timeout', nowMs: 0, timer: 'round', height: 1, round: 0 }), true);
    assert.equal(queue.length, before + 2);
  });

  it('says once in a height that there is work, whether that was heard or not', () => {
    for (let i = 0; i < 1_000; i++) queue.add({ kind: 'work-available', nowMs: i });
    assert.equal(drain(queue).length, 1);
    queue.add({ kind: 'work-available', nowMs: 0 });
    assert.equal(queue.length, 0);
  });

  it('says that there is work at the next height, too, where it was said before that height began', () => {
    const next = { height: 1 } as never;
    const work: ConsensusEvent = { kind: 'work-available', nowMs: 0 };
    const start: ConsensusEvent = {
      kind: 'start-height',
      nowMs: 0,
      wallMs: 0,
      blockIntervalMs: 0,
      parent: next,
      validators: next,
      nextValidators: next,
    };
    for (const one of [work, start, work, work]) queue.add(one);
    assert.deepEqual(
      drain(queue).map(({ kind }) => kind),
      ['work-available', 'start-height', 'work-available'],
    );
  });

  it('is empty and has all its room after it was cleared', () => {
    while (queue.add(event(FLOODER, 0)));
    queue.clear();
    assert.equal(queue.take(), undefined);
    assert.equal(queue.add(event(FLOODER, 0)), true);
  });
});
