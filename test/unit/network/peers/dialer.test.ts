import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { InboundGate } from '../../../../src/network/inbound-gate.ts';
import { Dialer, type DialTarget, redialDelayMs } from '../../../../src/network/peers/dialer.ts';
import { RateBudget } from '../../../../src/network/rate-budget.ts';
import { systemClock } from '../../../../src/util/clock.ts';
import { LIMITS } from '../../../../src/util/limits.ts';
import { waitFor } from '../../../support/wait-for.ts';

const target = (key: string): DialTarget => ({
  key,
  addresses: [key],
  isPatient: false,
  isUrgent: true,
  isReserve: false,
});

describe('The dialer', () => {
  it('doubles its delays up to the bound, and spreads them', () => {
    const delays = [0, 1, 2, 3, 20, 1000].map((failures) => redialDelayMs(failures, 0.5));
    assert.deepEqual(delays, [250, 500, 1000, 2000, LIMITS.maxRedialDelayMs, LIMITS.maxRedialDelayMs]);
    assert.ok(redialDelayMs(3, 0) < redialDelayMs(3, 0.5) && redialDelayMs(3, 0.5) < redialDelayMs(3, 0.99));
  });

  it('dials again what failed until it is there, and then rests', async () => {
    const missing = new Set(['a', 'b']);
    const dialed: string[] = [];
    const dialer = new Dialer({
      missing: () => [...missing].map(target),
      dial: async ({ key }) => {
        dialed.push(key);
        if (key === 'a' && dialed.filter((other) => other === 'a').length < 3) throw new Error('refused');
        missing.delete(key);
      },
      onFault: () => undefined,
      hasLeisure: () => true,
      clock: systemClock,
      random: () => 0,
    });
    dialer.reconsider();
    await waitFor('nothing is missing', () => missing.size === 0);
    dialer.close();
    assert.deepEqual(dialed, ['a', 'b', 'a', 'a']);
  });

  it('tells why a target is not reached, once for each reason', async () => {
    const reasons = ['refused', 'refused', 'refused', 'timed out', 'timed out', 'refused'];
    const told: string[] = [];
    let dials = 0;
    const dialer = new Dialer({
      missing: () => (dials < reasons.length ? [target('a')] : []),
      dial: async () => {
        throw new Error(reasons[dials++]);
      },
      onFault: ({ key }, error) => told.push(`${key}: ${(error as Error).message}`),
      hasLeisure: () => true,
      clock: { wallMs: () => 0, monotonicMs: () => Math.floor(performance.now() * 50) },
      random: () => 0,
    });
    const poll = setInterval(() => dialer.reconsider(), 5);
    await waitFor('it was dialed for each reason', () => dials === reasons.length);
    await sleep(20);
    clearInterval(poll);
    dialer.close();
    assert.deepEqual(told, ['a: refused', 'a: timed out', 'a: refused']);
  });

  it('never has two dials to one target under way', async () => {
    let running = 0;
    let most = 0;
    const dialer = new Dialer({
      missing: () => [target('a')],
      dial: async () => {
        most = Math.max(most, ++running);
        await sleep(30);
        running--;
      },
      onFault: () => undefined,
      hasLeisure: () => true,
      clock: systemClock,
      random: () => 0,
    });
    for (let i = 0; i < 10; i++) dialer.reconsider();
    await sleep(60);
    dialer.close();
    assert.equal(most, 1);
  });

  it('wastes no leisure on who is not due, so that one who never answers keeps nobody waiting', async () => {
    const dialed: string[] = [];
    let grantedMs = 0;
    const dialer = new Dialer({
      missing: () => ['dead', 'alive'].map((key) => ({ ...target(key), isUrgent: false })),
      dial: async ({ key }) => {
        dialed.push(key);
        if (key === 'dead') throw new Error('refused');
      },
      onFault: () => undefined,
      hasLeisure: () => {
        if (performance.now() - grantedMs < 300) return false;
        grantedMs = performance.now();
        return true;
      },
      clock: systemClock,
      random: () => 0,
    });
    dialer.reconsider();
    await waitFor('the other is dialed', () => dialed.includes('alive'));
    dialer.close();
  });

  it('takes the next one with urgency in place of one that fails or does not answer, while one is needed', async () => {
    const missing = new Set(['dead', 'silent', 'b', 'c', 'd']);
    const dialed: string[] = [];
    let nowMs = 0;
    const dialer = new Dialer({
      missing: () =>
        [...missing].map((key) => ({
          ...target(key),
          isUrgent: key === 'dead' || key === 'silent',
          isReserve: missing.has('c'),
        })),
      dial: async ({ key }) => {
        dialed.push(key);
        if (key === 'dead') throw new Error('refused');
        if (key === 'silent') await new Promise(() => undefined);
        if (key === 'c') missing.delete(key);
      },
      onFault: () => undefined,
      hasLeisure: () => false,
      clock: { wallMs: () => 0, monotonicMs: () => nowMs },
      random: () => 0,
    });
    const look = async () => {
      for (let i = 0; i < 3; i++) {
        dialer.reconsider();
        await sleep(1);
      }
    };
    await look();
    assert.deepEqual(dialed, ['dead', 'silent', 'b']);
    nowMs += 6000;
    await look();
    assert.deepEqual(dialed.slice(3).sort(), ['b', 'c', 'dead']);
    nowMs += 60_000;
    await look();
    dialer.close();
    assert.deepEqual(dialed.slice(6), ['dead']);
  });

  it('dials what is not urgent only at leisure, one after the other', async () => {
    const missing = new Set(['a', 'b', 'c']);
    const dialed: string[] = [];
    let isAtLeisure = false;
    let running = 0;
    let most = 0;
    const dialer = new Dialer({
      missing: () => [...missing].map((key) => ({ ...target(key), isUrgent: key === 'a' })),
      dial: async ({ key }) => {
        most = Math.max(most, ++running);
        dialed.push(key);
        await sleep(10);
        missing.delete(key);
        running--;
      },
      onFault: () => undefined,
      hasLeisure: () => isAtLeisure,
      clock: systemClock,
      random: () => 0,
    });
    dialer.reconsider();
    await sleep(700);
    assert.deepEqual(dialed, ['a']);
    isAtLeisure = true;
    await waitFor('nothing is missing', () => missing.size === 0);
    dialer.close();
    assert.deepEqual([dialed, most], [['a', 'b', 'c'], 1]);
  });
});

describe('A rate budget', () => {
  it('holds one second, goes into debt for what has arrived, and names how long to wait', () => {
    const budget = new RateBudget(100, 0);
    assert.equal(budget.spend(100, 0), 0);
    assert.equal(budget.spend(50, 0), 500);
    assert.equal(budget.spend(0, 500), 0);
    assert.equal(budget.spend(101, 10_000), 10);
  });
});

describe('The inbound gate', () => {
  const bounds = { messagesPerSecond: 1e9, bytesPerSecond: 1e12 };
  function stream() {
    return {
      status: 'open',
      isPaused: false,
      pause() {
        this.isPaused = true;
      },
      resume() {
        this.isPaused = false;
      },
    };
  }

  it('pauses a stream whose messages are not handled fast enough, and resumes it when they are', () => {
    const gate = new InboundGate(bounds, systemClock);
    const paused = stream();
    gate.watch(paused);
    const done = Array.from({ length: LIMITS.maxPendingMessagesPerPeer }, () => gate.enter(1));
    assert.ok(paused.isPaused && gate.isPaused);
    done[0]?.();
    assert.ok(!paused.isPaused && !gate.isPaused);
  });

  it('pauses a stream that is faster than its rate for as long as it owes', async () => {
    const gate = new InboundGate({ ...bounds, bytesPerSecond: 1000 }, systemClock);
    const paused = stream();
    gate.watch(paused);
    gate.enter(1100)();
    assert.ok(paused.isPaused);
    await waitFor('it goes on', () => !paused.isPaused);
    gate.close();
  });

  it('keeps a stream paused that replaces a paused one', () => {
    const gate = new InboundGate({ ...bounds, bytesPerSecond: 10 }, systemClock);
    gate.watch(stream());
    gate.enter(100)();
    const next = stream();
    gate.watch(next);
    assert.ok(next.isPaused);
    gate.close();
  });
});
