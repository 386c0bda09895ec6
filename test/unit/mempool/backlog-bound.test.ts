import assert from 'node:assert/strict';
import { BacklogBound, LEAST_WORK } from '../../../src/mempool/backlog-bound.ts';
import { Mempool } from '../../../src/mempool/mempool.ts';
import { NodeError } from '../../../src/util/errors.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { poolTransaction } from '../../support/pool-transactions.ts';

/** Transactions with one operation that may wait whatever the last blocks were like. */
const LEAST = LIMITS.minBacklogWork / LEAST_WORK;

/** A door in front of a chain, in transactions with one operation. */
class Door {
  readonly bound = new BacklogBound();
  waiting = 0;
  #timeMs = 0;

  /** More comes, whatever waits. */
  fill(count: number): void {
    this.waiting += count;
  }

  /** Offers so many. Returns how many it took. */
  offer(count: number): number {
    const { max = Number.POSITIVE_INFINITY } = this.bound;
    const taken = Math.min(count, Math.max(0, 1 + Math.floor(max / LEAST_WORK) - this.waiting));
    this.waiting += taken;
    return taken;
  }

  /** A block that takes all that waits, but at most `capacity`. */
  commit(capacity = Number.POSITIVE_INFINITY, afterMs = 1_000): void {
    this.#timeMs += afterMs;
    const taken = Math.min(capacity, this.waiting);
    this.waiting -= taken;
    this.bound.onCommit({
      timeMs: this.#timeMs,
      taken: taken * LEAST_WORK,
      left: this.waiting * LEAST_WORK,
    });
  }

  /** Of a chain that can do 1000 transactions a second, and has shown it. */
  static ofBusyChain(): Door {
    const door = new Door();
    door.fill(6_000);
    door.commit(0);
    for (let block = 0; block < 3; block++) door.commit(1_000);
    return door;
  }
}

describe('What may wait for blocks', () => {
  it('is unbounded until two blocks in a row have passed over something', () => {
    const door = new Door();
    door.fill(10 * LEAST);
    door.commit(0, 20_000);
    door.commit(100);
    assert.equal(door.bound.max, undefined, 'the section of one ledger may have been missing');
    door.commit(100);
    assert.notEqual(door.bound.max, undefined);
  });

  it('is what blocks that pass over something take in the time for which it may wait', () => {
    const door = Door.ofBusyChain();
    assert.equal(door.bound.max, 3_000 * LEAST_WORK);
    door.commit(1_000);
    assert.equal(door.offer(5_000), 1_001);
  });

  it('follows a chain that becomes slower, and one that becomes faster', () => {
    const door = Door.ofBusyChain();
    const waitingAt = (capacity: number): number => {
      for (let block = 0; block < 12; block++) {
        door.commit(capacity);
        door.offer(5 * capacity);
      }
      return door.waiting;
    };
    assert.equal(waitingAt(500), 1_501);
    assert.equal(waitingAt(2_000), 6_001);
  });

  it('does not become less because little was offered, however long', () => {
    const door = Door.ofBusyChain();
    door.commit();
    for (let block = 0; block < 100; block++) {
      door.offer(block % 10);
      door.commit(Number.POSITIVE_INFINITY, 10_000);
    }
    assert.equal(door.offer(10_000), 9_001, 'three times what a block took at once');
  });

  it('does not become less where some transactions never find a block', () => {
    const door = Door.ofBusyChain();
    door.commit();
    door.fill(10);
    for (let block = 0; block < 20; block++) {
      door.offer(100);
      door.commit(100);
    }
    assert.equal(door.offer(10_000), 8_991);
  });

  it('is never held down by small blocks that took all there was', () => {
    const door = Door.ofBusyChain();
    for (let block = 0; block < 8; block++) door.commit(1, 10_000);
    assert.equal(door.bound.max, LIMITS.minBacklogWork);
    let blocks = 0;
    for (; door.waiting < 3_000; blocks++) {
      door.commit();
      door.offer(10_000);
    }
    assert.ok(blocks <= 4, `it took ${blocks} blocks`);
  });

  it('grows less after a slow block that took all there was', () => {
    const door = Door.ofBusyChain();
    door.commit(Number.POSITIVE_INFINITY, 3_000);
    door.offer(10_000);
    assert.equal(door.waiting, 4_501);
    door.commit(Number.POSITIVE_INFINITY, 1_000);
    door.offer(20_000);
    assert.equal(door.waiting, 3 * 4_501 + 1);
  });

  it('tells who is refused how long the excess will take', () => {
    const { bound } = Door.ofBusyChain();
    assert.equal(bound.retryAfterMs(1_000 * LEAST_WORK), 1_000);
    assert.equal(bound.retryAfterMs(1), LIMITS.minRetryMs);
    assert.equal(bound.retryAfterMs(1e9), LIMITS.maxBacklogMs);
  });

  it('is counted by the pool with what is on its way, and without what waits for an earlier nonce', () => {
    const nonces = new Map<string, bigint>();
    let timeMs = 0;
    const pool = new Mempool({
      account: (_, sender) => ({ nextNonce: nonces.get(sender) ?? 0n, available: 10n ** 12n }),
      ruleTimeMs: () => timeMs,
    });
    const refusal = (pending: number): unknown => {
      try {
        pool.assertDrains(pending);
      } catch (error) {
        return error instanceof NodeError && error.code === 'CHAIN_BUSY' ? error.data : error;
      }
      return undefined;
    };
    const waiting = Array.from({ length: 4 }, (_, sender) => poolTransaction(sender, 0));
    for (const transaction of waiting) pool.add(transaction, 'gossip');
    for (const included of [[], ...waiting.slice(0, 2).map((transaction) => [transaction])]) {
      timeMs += 10_000;
      for (const { value } of included) nonces.set(value.body.sender, 1n);
      assert.equal(refusal(10 * LEAST), undefined);
      pool.onCommit(included);
    }
    pool.add(poolTransaction(10, 1), 'gossip');
    assert.equal(refusal(LEAST - 2), undefined);
    assert.deepEqual(refusal(LEAST - 1), {
      backlog: LIMITS.minBacklogWork + LEAST_WORK,
      maxBacklog: LIMITS.minBacklogWork,
      retryAfterMs: LIMITS.minRetryMs,
    });
  });
});
