import assert from 'node:assert/strict';
import { AdmissionWindow } from '../../../src/mempool/admission-window.ts';
import { Mempool } from '../../../src/mempool/mempool.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { poolTransaction } from '../../support/pool-transactions.ts';

const SPAN_MS = 2_000;
/** What a transaction of one operation asks of a block. */
const LEAST_WORK = 9;
const STEP_MS = 50;
/** Of a block from its proposal to its commit. */
const VOTING_MS = 500;
/** Until a door hears what came through another one. */
const HEARING_MS = 300;

interface Arrival {
  readonly atMs: number;
  readonly door: number;
}

interface ChainLoad {
  readonly offered: number;
  readonly capacity: number;
  /** The first so many doors are offered something, in turn; all of them if this is not given. */
  readonly busyDoors?: number;
}

/** Doors in front of a chain that takes so many transactions of one operation in a second, in a block each second. */
class Doors {
  readonly windows: readonly AdmissionWindow[];
  /** How long the transactions of all blocks have waited. */
  readonly #waits: number[] = [];
  /** How many each block held. */
  readonly #blocks: number[] = [];
  #arrivals: Arrival[] = [];
  #proposed: Arrival[] = [];
  #unheard: Arrival[] = [];
  /** What waits as far as each door knows. */
  readonly #known: number[];
  #nowMs = 0;
  #due = 0;
  #turn = 0;

  constructor(count: number) {
    this.windows = Array.from({ length: count }, () => new AdmissionWindow(SPAN_MS, () => count));
    this.#known = this.windows.map(() => 0);
  }

  /** What all doors may let in, as the first one sees it. */
  get max(): number {
    return (this.windows[0] as AdmissionWindow).max;
  }

  get waiting(): number {
    return this.#arrivals.length + this.#proposed.length;
  }

  /** Offers at once to one door. Returns how many it took. */
  offer(count: number, door = 0): number {
    const window = this.windows[door] as AdmissionWindow;
    for (let taken = 0; taken < count; taken++) {
      const waiting = LEAST_WORK * (this.#known[door] as number);
      if (window.retryAfterMs(this.#nowMs, { ...NOTHING, waiting }) > 0) return taken;
      window.onAdmitted(this.#nowMs, LEAST_WORK, true);
      const arrival = { atMs: this.#nowMs, door };
      this.#arrivals.push(arrival);
      this.#know(door, 1);
      if (this.windows.length > 1) this.#unheard.push(arrival);
    }
    return count;
  }

  /** Offers so many a second. */
  run(seconds: number, { offered, capacity, busyDoors = this.windows.length }: ChainLoad): void {
    for (let step = 1; step <= (seconds * 1000) / STEP_MS; step++) {
      this.#due += (offered * STEP_MS) / 1000;
      this.offer(Math.floor(this.#due), this.#turn++ % busyDoors);
      this.#due %= 1;
      this.#nowMs += STEP_MS;
      this.#hear();
      if (this.#nowMs % 1000 === 0) {
        const last = this.#nowMs - (this.windows.length > 1 ? HEARING_MS : 0);
        const late = this.#arrivals.findIndex(({ atMs }) => atMs > last);
        this.#proposed = this.#arrivals.splice(0, Math.min(capacity, late < 0 ? capacity : late));
      }
      if (this.#nowMs % 1000 === VOTING_MS) this.#commit();
    }
  }

  /** What the blocks of the next seconds hold. */
  measure(seconds: number, load: ChainLoad): { committed: number; p99Ms: number; smallestBlock: number } {
    const [waitsBefore, blocksBefore] = [this.#waits.length, this.#blocks.length];
    this.run(seconds, load);
    const waits = this.#waits.slice(waitsBefore).sort((a, b) => a - b);
    return {
      committed: waits.length,
      p99Ms: waits[Math.floor(0.99 * waits.length)] as number,
      smallestBlock: Math.min(...this.#blocks.slice(blocksBefore)),
    };
  }

  #know(door: number, count: number): void {
    this.#known[door] = (this.#known[door] as number) + count;
  }

  #hear(): void {
    while ((this.#unheard[0]?.atMs ?? this.#nowMs) + HEARING_MS <= this.#nowMs) {
      const { door } = this.#unheard.shift() as Arrival;
      for (const [other, window] of this.windows.entries()) {
        if (other === door) continue;
        window.onAdmitted(this.#nowMs, LEAST_WORK, false);
        this.#know(other, 1);
      }
    }
  }

  #commit(): void {
    for (const { atMs } of this.#proposed) this.#waits.push(this.#nowMs - atMs);
    this.#blocks.push(this.#proposed.length);
    for (const [door, window] of this.windows.entries()) {
      const heardMs = ({ atMs, door: from }: Arrival) => (from === door ? atMs : atMs + HEARING_MS);
      window.onServed(this.#nowMs, this.#proposed.map(heardMs));
      this.#know(door, -this.#proposed.length);
    }
    this.#proposed = [];
  }
}

const NOTHING = { pending: 0, ownPending: 0, waiting: 0 };

/** A window of a node that is alone in letting transactions in. */
const aloneWindow = () => new AdmissionWindow(SPAN_MS, () => 1);

describe('What may come into the pool', () => {
  const first = (LIMITS.firstWorkPerSecond * SPAN_MS) / 1000;
  const least = (LIMITS.minWorkPerSecond * SPAN_MS) / 1000;

  it('is bounded before there is any block, in proportion to the time for which it may wait', () => {
    const door = new Doors(1);
    assert.equal(door.offer(100_000), Math.ceil(first / LEAST_WORK));
    assert.equal(new AdmissionWindow(10 * SPAN_MS, () => 1).max, 10 * first);
  });

  for (const capacity of [200, 1_000, 5_000])
    it(`is what a chain does in time that takes ${capacity} a second, whatever is offered`, () => {
      const door = new Doors(1);
      const load = { offered: 5 * capacity, capacity };
      door.run(30, load);
      const { committed, p99Ms, smallestBlock } = door.measure(60, load);
      assert.ok(committed >= 0.8 * 60 * capacity, `${committed} were committed`);
      assert.ok(p99Ms <= 2 * SPAN_MS, `one in a hundred waited ${p99Ms} ms`);
      assert.ok(smallestBlock >= 0.4 * capacity, `a block held ${smallestBlock}`);
    });

  it('follows a chain that becomes slower, and one that becomes faster', () => {
    const door = new Doors(1);
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
    const door = new Doors(1);
    door.run(20, { offered: 10_000, capacity: 2_000 });
    door.run(10, { offered: 100, capacity: 2_000 });
    const { max } = door;
    door.run(300, { offered: 100, capacity: 2_000 });
    assert.equal(door.max, max);
  });

  it('comes back to the first bound where little is offered and is in time again', () => {
    const door = new Doors(1);
    door.run(60, { offered: 500, capacity: 100 });
    assert.ok(door.max < 0.5 * first);
    door.run(40, { offered: 10, capacity: 1_000 });
    assert.equal(door.max, first);
  });

  it('keeps a little however slow the chain is', () => {
    const door = new Doors(1);
    door.run(200, { offered: 100, capacity: 1 });
    assert.equal(door.max, least);
  });

  it('ends where no blocks come, with as much waiting as may come in time', () => {
    const door = new Doors(1);
    door.run(60, { offered: 1_000, capacity: 0 });
    assert.equal(door.waiting, Math.ceil(first / LEAST_WORK));
  });

  it('changes once for what came before a change, as after a time without blocks', () => {
    const window = aloneWindow();
    for (const nowMs of [60_000, 61_000, 62_000]) window.onServed(nowMs, [0, 1, 2]);
    assert.equal(window.max, 0.6 * first);
  });

  it('opens again as soon as what came is older than the span', () => {
    const window = aloneWindow();
    window.onAdmitted(1_000, 1.4 * first, true);
    assert.equal(window.retryAfterMs(1_000 + 0.9 * SPAN_MS, NOTHING), 0.4 * SPAN_MS);
    assert.equal(window.retryAfterMs(1_000 + SPAN_MS, NOTHING), 0);
    window.onAdmitted(1_000 + SPAN_MS, 9 * first, false);
    assert.equal(window.retryAfterMs(1_100 + SPAN_MS, NOTHING), SPAN_MS);
    assert.equal(window.retryAfterMs(1_000_000, NOTHING), 0);
  });

  it('is counted by the pool with what is on its way', () => {
    const pool = new Mempool({
      account: () => ({ nextNonce: 0n, available: 10n ** 12n }),
      ruleTimeMs: () => 0,
      monotonicMs: () => 0,
      maxBlockWaitMs: SPAN_MS,
      doors: () => 1,
    });
    const refusal = (all: number): unknown => {
      const refused = pool.whyBusy({ all: LEAST_WORK * all, own: 0 });
      return refused?.code === 'CHAIN_BUSY' ? refused.data : refused;
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
      doors: () => 1,
    });
    const room = Math.floor(first / LEAST_WORK);
    const waiting = Array.from({ length: room }, (_, sender) => poolTransaction(sender, 0));
    for (const transaction of waiting) pool.add(transaction, 'gossip');
    assert.equal(pool.whyBusy({ all: LEAST_WORK, own: 0 })?.code, 'CHAIN_BUSY');
    for (const { value } of waiting) nonces.set(value.body.sender, 1n);
    nowMs += SPAN_MS / 4;
    pool.onCommit(waiting);
    nowMs += SPAN_MS;
    assert.equal(pool.whyBusy({ all: 1.2 * LEAST_WORK * room, own: 0 }), undefined);
  });
});

describe('Where many nodes let transactions in, each', () => {
  const COUNT = 21;
  const first = (LIMITS.firstWorkPerSecond * SPAN_MS) / 1000;

  it('takes two even parts of what may come at first', () => {
    const doors = new Doors(COUNT);
    const room = Math.ceil((2 * first) / COUNT / LEAST_WORK);
    for (const door of [0, 1, COUNT - 1]) assert.equal(doors.offer(10_000, door), room);
  });

  it('counts what is on its way in through its own door, and what is on its way from others for all', () => {
    const window = new AdmissionWindow(SPAN_MS, () => COUNT);
    const { ownMax } = window;
    assert.equal(window.retryAfterMs(0, { ...NOTHING, pending: ownMax }), 0);
    assert.equal(window.retryAfterMs(0, { ...NOTHING, pending: ownMax, ownPending: 0.9 * ownMax }), 0);
    assert.ok(window.retryAfterMs(0, { ...NOTHING, pending: ownMax, ownPending: ownMax }) > 0);
    assert.ok(window.retryAfterMs(0, { ...NOTHING, pending: first }) > 0);
  });

  for (const busyDoors of [1, 3, 10, COUNT])
    it(`lets in what the chain does in time where ${busyDoors} of ${COUNT} are offered more, in even blocks`, () => {
      const capacity = 400;
      const doors = new Doors(COUNT);
      const load = { offered: 5 * capacity, capacity, busyDoors };
      doors.run(60, load);
      const { committed, p99Ms, smallestBlock } = doors.measure(120, load);
      assert.ok(committed >= 0.9 * 120 * capacity, `${committed} were committed`);
      assert.ok(p99Ms <= 2.5 * SPAN_MS, `one in a hundred waited ${p99Ms} ms`);
      assert.ok(smallestBlock >= 0.25 * capacity, `a block held ${smallestBlock}`);
    });

  it('comes back to its even part where all are offered more again', () => {
    const doors = new Doors(COUNT);
    doors.run(60, { offered: 2_000, capacity: 400, busyDoors: 1 });
    const [alone] = doors.windows as [AdmissionWindow];
    assert.ok(alone.ownMax >= 0.5 * alone.max, 'a door that is alone takes what the others leave');
    doors.run(60, { offered: 2_000, capacity: 400 });
    assert.ok(alone.ownMax <= 0.1 * alone.max, 'it leaves it to the others again');
  });
});
