import assert from 'node:assert/strict';
import { AdmissionWindow, LEAST_WORK } from '../../../src/mempool/admission-window.ts';
import { Mempool } from '../../../src/mempool/mempool.ts';
import { NodeError } from '../../../src/util/errors.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { poolTransaction } from '../../support/pool-transactions.ts';

const SPAN_MS = 2_000;
const STEP_MS = 50;
/** Of a block from its proposal to its commit. */
const VOTING_MS = 500;

/** A door in front of a chain that takes so many transactions of one operation in a second, in a block each second. */
class Door {
  readonly window = new AdmissionWindow(SPAN_MS, 0.5);
  /** How long the transactions of all blocks have waited. */
  readonly waits: number[] = [];
  /** How many each block held. */
  readonly blocks: number[] = [];
  #arrivals: number[] = [];
  #proposed: number[] = [];
  #nowMs = 0;
  #due = 0;

  get waiting(): number {
    return this.#arrivals.length + this.#proposed.length;
  }

  /** Offers at once. Returns how many it took. */
  offer(count: number): number {
    for (let taken = 0; taken < count; taken++) {
      const work = { pending: 0, waiting: LEAST_WORK * this.waiting };
      if (this.window.retryAfterMs(this.#nowMs, work) > 0) return taken;
      this.window.onAdmitted(this.#nowMs, LEAST_WORK);
      this.#arrivals.push(this.#nowMs);
    }
    return count;
  }

  /** Offers so many a second. */
  run(seconds: number, chain: { readonly offered: number; readonly capacity: number }): void {
    for (let step = 1; step <= (seconds * 1000) / STEP_MS; step++) {
      this.#due += (chain.offered * STEP_MS) / 1000;
      this.offer(Math.floor(this.#due));
      this.#due %= 1;
      this.#nowMs += STEP_MS;
      if (this.#nowMs % 1000 === 0) {
        this.#proposed = this.#arrivals.slice(0, chain.capacity);
        this.#arrivals = this.#arrivals.slice(chain.capacity);
      }
      if (this.#nowMs % 1000 === VOTING_MS) this.#commit();
    }
  }

  #commit(): void {
    for (const ms of this.#proposed) this.waits.push(this.#nowMs - ms);
    this.blocks.push(this.#proposed.length);
    this.window.onServed(this.#nowMs, this.#proposed);
    this.#proposed = [];
  }
}

describe('What may come into the pool', () => {
  const first = (LIMITS.firstWorkPerSecond * SPAN_MS) / 1000;
  const least = (LIMITS.minWorkPerSecond * SPAN_MS) / 1000;

  it('is bounded before there is any block, in proportion to the time for which it may wait', () => {
    const door = new Door();
    assert.equal(door.offer(100_000), Math.ceil(first / LEAST_WORK));
    assert.equal(new AdmissionWindow(10 * SPAN_MS).max, 10 * first);
  });

  for (const capacity of [200, 1_000, 5_000])
    it(`is what a chain does in time that takes ${capacity} a second, whatever is offered`, () => {
      const door = new Door();
      door.run(30, { offered: 5 * capacity, capacity });
      const [waitsBefore, blocksBefore] = [door.waits.length, door.blocks.length];
      door.run(60, { offered: 5 * capacity, capacity });
      const waits = door.waits.slice(waitsBefore).sort((a, b) => a - b);
      assert.ok(waits.length >= 0.8 * 60 * capacity, `${waits.length} were committed`);
      const longest = waits[Math.floor(0.99 * waits.length)] as number;
      assert.ok(longest <= 2 * SPAN_MS, `one in a hundred waited ${longest} ms`);
      const smallest = Math.min(...door.blocks.slice(blocksBefore));
      assert.ok(smallest >= 0.4 * capacity, `a block held ${smallest}`);
    });

  it('follows a chain that becomes slower, and one that becomes faster', () => {
    const door = new Door();
    const waitingAt = (capacity: number): number => {
      door.run(60, { offered: 5 * capacity, capacity });
      return door.waiting;
    };
    const before = waitingAt(1_000);
    const slow = waitingAt(300);
    const fast = waitingAt(3_000);
    assert.ok(slow < 0.6 * before, `${slow} of ${before} wait at a slow chain`);
    assert.ok(fast > 2 * before, `${fast} wait at a fast one, ${before} before`);
  });

  it('does not change where little is offered and is in time, however long', () => {
    const door = new Door();
    door.run(20, { offered: 10_000, capacity: 2_000 });
    door.run(10, { offered: 100, capacity: 2_000 });
    const { max } = door.window;
    door.run(300, { offered: 100, capacity: 2_000 });
    assert.equal(door.window.max, max);
  });

  it('comes back to the first bound where little is offered and is in time again', () => {
    const door = new Door();
    door.run(60, { offered: 500, capacity: 100 });
    assert.ok(door.window.max < 0.5 * first);
    door.run(40, { offered: 10, capacity: 1_000 });
    assert.equal(door.window.max, first);
  });

  it('keeps a little however slow the chain is', () => {
    const door = new Door();
    door.run(200, { offered: 100, capacity: 1 });
    assert.equal(door.window.max, least);
  });

  it('ends where no blocks come, with as much waiting as may come in time', () => {
    const door = new Door();
    door.run(60, { offered: 1_000, capacity: 0 });
    assert.equal(door.waiting, Math.ceil(first / LEAST_WORK));
  });

  it('changes once for what came before a change, as after a time without blocks', () => {
    const window = new AdmissionWindow(SPAN_MS);
    for (const nowMs of [60_000, 61_000, 62_000]) window.onServed(nowMs, [0, 1, 2]);
    assert.equal(window.max, 0.6 * first);
  });

  it('opens again as soon as what came is older than the span', () => {
    const window = new AdmissionWindow(SPAN_MS);
    const work = { pending: 0, waiting: 0 };
    window.onAdmitted(1_000, 1.4 * first);
    assert.equal(window.retryAfterMs(1_000 + 0.9 * SPAN_MS, work), 0.4 * SPAN_MS);
    assert.equal(window.retryAfterMs(1_000 + SPAN_MS, work), 0);
    window.onAdmitted(1_000 + SPAN_MS, 9 * first);
    assert.equal(window.retryAfterMs(1_100 + SPAN_MS, work), SPAN_MS);
    assert.equal(window.retryAfterMs(1_000_000, work), 0);
  });

  it('is open for a smaller part of the time where more waits, and other doors at other times', () => {
    const openSlots = (phase: number, waiting: number): string => {
      const window = new AdmissionWindow(SPAN_MS, phase);
      const slots = Array.from({ length: 40 }, (_, slot) =>
        window.retryAfterMs((slot * SPAN_MS) / 20, { pending: 0, waiting }) === 0 ? 'o' : '-',
      );
      return slots.join('');
    };
    const count = (slots: string) => slots.replaceAll('-', '').length;
    assert.equal(count(openSlots(0.1, 0.8 * first)), 40);
    assert.equal(count(openSlots(0.1, 0.9 * first)), 20);
    assert.equal(count(openSlots(0.1, 0.96 * first)), 8);
    assert.equal(count(openSlots(0.1, first)), 0);
    assert.notEqual(openSlots(0.1, 0.96 * first), openSlots(0.5, 0.96 * first));
  });

  it('is counted by the pool with what is on its way', () => {
    const pool = new Mempool({
      account: () => ({ nextNonce: 0n, available: 10n ** 12n }),
      ruleTimeMs: () => 0,
      monotonicMs: () => 0,
      maxBlockWaitMs: SPAN_MS,
    });
    const refusal = (pending: number): unknown => {
      try {
        pool.assertDrains(pending);
      } catch (error) {
        return error instanceof NodeError && error.code === 'CHAIN_BUSY' ? error.data : error;
      }
      return undefined;
    };
    const room = Math.ceil(first / LEAST_WORK);
    for (let sender = 0; sender < 2; sender++) pool.add(poolTransaction(sender, 0), 'gossip');
    assert.equal(refusal(0), undefined);
    assert.equal(refusal(room - 3), undefined);
    assert.deepEqual(refusal(room - 2), { waiting: 2 * LEAST_WORK, retryAfterMs: LIMITS.minRetryMs });
    assert.deepEqual(refusal(10 * room), { waiting: 2 * LEAST_WORK, retryAfterMs: SPAN_MS });
  });

  it('grows with what the blocks of a pool take in time', () => {
    const nonces = new Map<string, bigint>();
    let nowMs = 0;
    const pool = new Mempool({
      account: (_, sender) => ({ nextNonce: nonces.get(sender) ?? 0n, available: 10n ** 12n }),
      ruleTimeMs: () => 0,
      monotonicMs: () => nowMs,
      maxBlockWaitMs: SPAN_MS,
    });
    const room = Math.floor(first / LEAST_WORK);
    const waiting = Array.from({ length: room }, (_, sender) => poolTransaction(sender, 0));
    for (const transaction of waiting) pool.add(transaction, 'gossip');
    assert.throws(() => pool.assertDrains(1), { code: 'CHAIN_BUSY' });
    for (const { value } of waiting) nonces.set(value.body.sender, 1n);
    nowMs += SPAN_MS / 4;
    pool.onCommit(waiting);
    nowMs += SPAN_MS;
    pool.assertDrains(0);
    assert.doesNotThrow(() => pool.assertDrains(1.4 * room));
  });
});
