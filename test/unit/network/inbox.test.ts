import assert from 'node:assert/strict';
import type { Verdict } from '../../../src/network/inbound-message.ts';
import { type Arrival, Inbox } from '../../../src/network/inbox.ts';
import { Statistics } from '../../../src/network/statistics.ts';
import { utf8 } from '../../../src/util/bytes.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { silentLogger } from '../../../src/util/logger.ts';

function setup(answer: (asked: number) => Verdict | Promise<Verdict>) {
  let nowMs = 0;
  const clock = { wallMs: () => nowMs, monotonicMs: () => nowMs };
  const statistics = new Statistics();
  const inbox = new Inbox({ statistics, clock, logger: silentLogger });
  const asked: Arrival[] = [];
  inbox.setHandler('vote', async (message) => {
    asked.push(message as Arrival);
    return await answer(asked.length);
  });
  const receive = (text: string, counter = 0, carrier: 'push' | 'relay' = 'push') =>
    inbox.receive({
      topic: 'vote',
      bytes: utf8(text),
      counter,
      carrier,
      from: 'peer',
      validator: undefined,
      receivedAtMs: nowMs,
    });
  return { inbox, asked, receive, statistics, wait: (ms: number) => (nowMs += ms) };
}

describe('The inbox', () => {
  it('hands a content over once, and ignores the gossip copy of what came by push', async () => {
    const { asked, receive } = setup(() => 'accept');
    assert.deepEqual(await receive('a'), { verdict: 'accept', fresh: true });
    assert.deepEqual(await receive('a', 0, 'relay'), { verdict: 'ignore', fresh: false });
    assert.equal(asked.length, 1);
  });

  it('accepts a re-send of accepted content without asking, so that it is passed on', async () => {
    const { asked, receive } = setup(() => 'accept');
    await receive('a');
    for (const counter of [1, 2]) {
      assert.deepEqual(await receive('a', counter, 'relay'), { verdict: 'accept', fresh: false });
    }
    assert.equal(asked.length, 1);
  });

  it('asks again about a re-send when the answer has aged, because the content may be stale by now', async () => {
    const { asked, receive, wait } = setup((n) => (n === 1 ? 'accept' : 'ignore'));
    await receive('a');
    wait(LIMITS.reprocessAfterMs);
    assert.equal((await receive('a', 1, 'relay')).verdict, 'ignore');
    assert.equal(asked.length, 2);
  });

  it('does not hold an ignore against a content that may become checkable', async () => {
    const { asked, receive } = setup((n) => (n === 1 ? 'ignore' : 'accept'));
    assert.equal((await receive('early')).verdict, 'ignore');
    assert.deepEqual(await receive('early'), { verdict: 'accept', fresh: true });
    assert.equal(asked.length, 2);
  });

  it('rejects known bad content from everyone without asking', async () => {
    const { asked, receive } = setup(() => 'reject');
    assert.equal((await receive('bad')).verdict, 'reject');
    assert.equal((await receive('bad', 3, 'relay')).verdict, 'reject');
    assert.equal(asked.length, 1);
  });

  it('gives a re-send that arrives during the check the verdict of that check', async () => {
    let decide: ((verdict: Verdict) => void) | undefined;
    const { asked, receive } = setup(() => new Promise<Verdict>((resolve) => (decide = resolve)));
    const first = receive('a');
    const second = receive('a', 1, 'relay');
    assert.equal((await receive('a')).verdict, 'ignore');
    decide?.('accept');
    assert.deepEqual(await first, { verdict: 'accept', fresh: true });
    assert.deepEqual(await second, { verdict: 'accept', fresh: false });
    assert.equal(asked.length, 1);
  });

  it('U10 ignores, and does not throw, when a handler throws or is missing', async () => {
    const { inbox, receive, statistics } = setup(() => {
      throw new Error('bug');
    });
    assert.equal((await receive('a')).verdict, 'ignore');
    assert.equal(statistics.recent()[0]?.reason, 'HANDLER_FAILED');
    const orphan = await inbox.receive({
      topic: 'block',
      bytes: utf8('b'),
      counter: 0,
      carrier: 'push',
      from: 'peer',
      validator: undefined,
      receivedAtMs: 0,
    });
    assert.deepEqual(orphan, { verdict: 'ignore', fresh: true });
  });

  it('does not handle own content that comes back', async () => {
    const { asked, inbox, receive } = setup(() => 'accept');
    inbox.noteOwn('vote', utf8('mine'));
    assert.deepEqual(await receive('mine', 0, 'relay'), { verdict: 'ignore', fresh: false });
    assert.equal(asked.length, 0);
  });

  it('tells equal bytes on two topics apart', async () => {
    const { inbox, receive } = setup(() => 'accept');
    inbox.noteOwn('block', utf8('same'));
    assert.deepEqual(await receive('same'), { verdict: 'accept', fresh: true });
  });
});

describe('The ring of recent messages', () => {
  it('keeps the newest and counts all', async () => {
    const { receive, statistics } = setup(() => 'accept');
    const total = LIMITS.maxRecentMessages + 10;
    for (let i = 0; i < total; i++) await receive(`message ${i}`);
    const recent = statistics.recent();
    assert.equal(recent.length, LIMITS.maxRecentMessages);
    assert.equal(statistics.countersOf('vote').push.accepted, total);
    assert.equal(new Set(recent.map(({ id }) => id)).size, recent.length);
  });
});
