import assert from 'node:assert/strict';
import type { MempoolDeps } from '../../../src/mempool/contract.ts';
import type { Origin } from '../../../src/mempool/lane.ts';
import { Mempool } from '../../../src/mempool/mempool.ts';
import type { DroppedTransaction } from '../../../src/types/dropped-transaction.ts';
import { LEDGERS, type LedgerName } from '../../../src/types/names.ts';
import type { EncodedTransaction } from '../../../src/types/transaction.ts';
import { NodeError } from '../../../src/util/errors.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { hashNumber } from '../../support/blocks.ts';
import { poolTransaction } from '../../support/pool-transactions.ts';

const ROOM = { maxBytes: 256 * 1024, maxOperations: 1000, maxTransactions: 1000 };

/** A pool above a head that the test writes: nonces and funds by sender, and the rule time. */
function setUp(overrides: Partial<MempoolDeps> = {}) {
  const head = {
    timeMs: 10_000,
    nonces: new Map<string, bigint>(),
    funds: new Map<string, bigint>(),
  };
  const drops: (DroppedTransaction & { origin: Origin })[] = [];
  const woken: LedgerName[] = [];
  const pool = new Mempool({
    account: (ledger, sender) => ({
      nextNonce: head.nonces.get(`${ledger}/${sender}`) ?? 0n,
      available: head.funds.get(sender) ?? 1_000_000n,
    }),
    ruleTimeMs: () => head.timeMs,
    monotonicMs: () => head.timeMs,
    maxBlockWaitMs: LIMITS.maxBlockWaitMs,
    doors: () => 1,
    onDropped: (drop, origin) => drops.push({ ...drop, origin }),
    onExecutable: (ledger) => woken.push(ledger),
    ...overrides,
  });
  /** Commits a block of these transactions. */
  const commit = (transactions: readonly EncodedTransaction[], afterMs = 0): void => {
    head.timeMs += afterMs;
    for (const { value } of transactions)
      head.nonces.set(`${value.body.ledger}/${value.body.sender}`, value.body.nonce + 1n);
    pool.onCommit(transactions);
  };
  const refuses = (transaction: EncodedTransaction, code: string): void => {
    const before = JSON.stringify(pool.status());
    assert.throws(() => pool.add(transaction, 'gossip'), { code });
    assert.throws(() => pool.precheck(transaction), { code });
    assert.equal(JSON.stringify(pool.status()), before);
  };
  return { head, pool, drops, woken, commit, refuses };
}

const ids = (transactions: readonly EncodedTransaction[]) => transactions.map(({ id }) => id);

describe('The mempool admits', () => {
  it('a transaction with the next nonce as executable and wakes the idle chain', () => {
    const { pool, woken } = setUp();
    const transaction = poolTransaction(1, 0, { ledger: 'bpi' });
    assert.deepEqual(pool.add(transaction, 'local'), { state: 'pooled', replaced: undefined });
    assert.deepEqual(woken, ['bpi']);
    assert.equal(pool.hasExecutable(), true);
    assert.equal(pool.hasExecutable('bpi'), true);
    assert.equal(pool.hasExecutable('economy'), false);
    assert.equal(pool.get(transaction.id), transaction);
    assert.equal(pool.has(transaction.id), true);
  });

  it('up to 64 future nonces, which wait until the gap closes', () => {
    const { pool, woken, refuses } = setUp();
    for (let nonce = LIMITS.maxQueuedNonces; nonce > 0; nonce--)
      assert.equal(pool.add(poolTransaction(1, nonce), 'gossip').state, 'queued');
    refuses(poolTransaction(1, LIMITS.maxQueuedNonces + 1), 'NONCE_GAP');
    assert.equal(pool.hasExecutable(), false);
    assert.deepEqual(woken, []);
    pool.add(poolTransaction(1, 0), 'gossip');
    assert.deepEqual(
      pool.executable('economy', ROOM).map(({ value }) => Number(value.body.nonce)),
      Array.from({ length: 65 }, (_, i) => i),
    );
    assert.equal(pool.nextNonce('economy', hashNumber(1)), 65n);
  });

  it('no bytes that it has, and no used nonce', () => {
    const { pool, head, refuses } = setUp();
    pool.add(poolTransaction(1, 0), 'gossip');
    refuses(poolTransaction(1, 0), 'ALREADY_KNOWN');
    head.nonces.set(`economy/${hashNumber(2)}`, 5n);
    refuses(poolTransaction(2, 4), 'NONCE_TOO_LOW');
    assert.equal(pool.nextNonce('economy', hashNumber(2)), 5n);
  });

  it('nothing whose time is over or too far away, the bounds themselves included', () => {
    const { pool, head, refuses } = setUp();
    refuses(poolTransaction(1, 0, { validUntilMs: head.timeMs - 1 }), 'EXPIRED');
    refuses(
      poolTransaction(1, 0, { validUntilMs: head.timeMs + LIMITS.maxTransactionLifetimeMs + 1 }),
      'TOO_FAR_IN_FUTURE',
    );
    pool.add(poolTransaction(1, 0, { validUntilMs: head.timeMs }), 'gossip');
    pool.add(
      poolTransaction(2, 0, { validUntilMs: head.timeMs + LIMITS.maxTransactionLifetimeMs }),
      'gossip',
    );
  });

  it('only what the meter covers together with the sender’s other transactions on the ledger', () => {
    const { pool, head, refuses, commit } = setUp();
    head.funds.set(hashNumber(1), 250n);
    pool.add(poolTransaction(1, 0), 'gossip');
    pool.add(poolTransaction(1, 1), 'gossip');
    refuses(poolTransaction(1, 2), 'INSUFFICIENT_METER');
    pool.add(poolTransaction(1, 2, { maxFee: 50n }), 'gossip');
    pool.add(poolTransaction(1, 0, { ledger: 'bpi', maxFee: 250n }), 'gossip');
    // A replacement counts instead of what it replaces, not on top of it.
    head.funds.set(hashNumber(1), 300n);
    commit([]);
    refuses(poolTransaction(1, 0, { maxFee: 151n }), 'INSUFFICIENT_METER');
    pool.add(poolTransaction(1, 0, { maxFee: 150n }), 'gossip');
  });

  it('nothing that the ledger’s own check refuses', () => {
    const { refuses } = setUp({
      check: () => {
        throw new NodeError('LEDGER_RULE', 'no');
      },
    });
    refuses(poolTransaction(1, 0), 'LEDGER_RULE');
  });

  it('newcomers only while there is room, by count and by bytes, but replacements always', () => {
    const { pool, refuses } = setUp({ limits: { maxTransactions: 3 } });
    for (const sender of [1, 2, 3]) pool.add(poolTransaction(sender, 0), 'gossip');
    refuses(poolTransaction(4, 0, { maxFee: 900_000n }), 'POOL_FULL');
    pool.add(poolTransaction(1, 0, { maxFee: 200n }), 'gossip');

    const { bytes } = poolTransaction(1, 0);
    const small = setUp({ limits: { maxBytes: 2 * bytes.length } });
    small.pool.add(poolTransaction(1, 0), 'gossip');
    small.refuses(poolTransaction(2, 0, { bytes: 1 }), 'POOL_FULL');
    small.pool.add(poolTransaction(2, 0), 'gossip');
  });

  it('only its share of one sender, over all ledgers together', () => {
    const { pool, refuses } = setUp({ limits: { maxBytesPerSender: 2_500 } });
    pool.add(poolTransaction(1, 0, { bytes: 800 }), 'gossip');
    pool.add(poolTransaction(1, 0, { bytes: 800, ledger: 'bpi' }), 'gossip');
    refuses(poolTransaction(1, 0, { bytes: 800, ledger: 'cluster' }), 'SENDER_LIMIT');
    pool.add(poolTransaction(2, 0, { bytes: 800 }), 'gossip');
  });
});

describe('The mempool replaces', () => {
  it('a transaction by one with the same nonce that offers a tenth more, and records the old one', () => {
    const { pool, drops, refuses } = setUp();
    const old = poolTransaction(1, 0, { maxFee: 1000n });
    pool.add(old, 'local');
    refuses(poolTransaction(1, 0, { maxFee: 1099n }), 'REPLACEMENT_UNDERPRICED');
    const young = poolTransaction(1, 0, { maxFee: 1100n });
    assert.deepEqual(pool.add(young, 'gossip'), { state: 'pooled', replaced: old.id });
    assert.equal(pool.has(old.id), false);
    assert.deepEqual(drops, [{ txId: old.id, reason: 'REPLACED', atMs: 10_000, origin: 'local' }]);
    assert.deepEqual(ids(pool.executable('economy', ROOM)), [young.id]);
  });

  it('a free transaction only by one that pays', () => {
    const { pool, refuses } = setUp();
    pool.add(poolTransaction(1, 0, { maxFee: 0n }), 'gossip');
    refuses(poolTransaction(1, 0, { maxFee: 0n, bytes: 1 }), 'REPLACEMENT_UNDERPRICED');
    pool.add(poolTransaction(1, 0, { maxFee: 1n }), 'gossip');
  });

  it('the transaction of one nonce at most 8 times', () => {
    const { pool, refuses } = setUp();
    for (let i = 0; i <= LIMITS.maxReplacements; i++)
      pool.add(poolTransaction(1, 0, { maxFee: 100n * 2n ** BigInt(i) }), 'gossip');
    refuses(poolTransaction(1, 0, { maxFee: 900_000n }), 'REPLACEMENT_LIMIT');
  });
});

describe('The mempool offers', () => {
  it('one transaction of each sender in turn, each sender’s in order of nonce', () => {
    const { pool } = setUp();
    const arrivals = [
      poolTransaction(5, 1),
      poolTransaction(5, 0),
      poolTransaction(3, 0),
      poolTransaction(3, 1),
    ];
    for (const transaction of [...arrivals, poolTransaction(4, 0)]) pool.add(transaction, 'gossip');
    const offered = pool
      .executable('economy', ROOM)
      .map(({ value }) => [Number(`0x${value.body.sender}`), Number(value.body.nonce)]);
    assert.deepEqual(offered, [
      [5, 0],
      [3, 0],
      [4, 0],
      [5, 1],
      [3, 1],
    ]);
  });

  it('what fits, by bytes, operations and count, without skipping a nonce', () => {
    const { pool } = setUp();
    const large = poolTransaction(1, 0, { operations: 5, bytes: 500 });
    const behind = poolTransaction(1, 1);
    const other = poolTransaction(2, 0);
    for (const transaction of [large, behind, other]) pool.add(transaction, 'gossip');
    assert.deepEqual(ids(pool.executable('economy', { ...ROOM, maxOperations: 4 })), [other.id]);
    assert.deepEqual(ids(pool.executable('economy', { ...ROOM, maxBytes: large.bytes.length - 1 })), [
      other.id,
    ]);
    assert.deepEqual(ids(pool.executable('economy', { ...ROOM, maxTransactions: 2 })), [large.id, other.id]);
    assert.deepEqual(ids(pool.executable('economy', { ...ROOM, maxOperations: 0 })), []);
  });

  it('a turn first to senders that the last block left out', () => {
    const { pool, commit } = setUp();
    for (const sender of [1, 2, 3])
      for (const nonce of [0, 1]) pool.add(poolTransaction(sender, nonce), 'gossip');
    commit(pool.executable('economy', { ...ROOM, maxTransactions: 2 }));
    const senders = pool.executable('economy', ROOM).map(({ value }) => Number(`0x${value.body.sender}`));
    assert.deepEqual(senders, [3, 1, 2, 3]);
  });

  it('nothing that its sender can no longer pay for, until the meter is filled again', () => {
    const { pool, head, woken, commit } = setUp();
    pool.add(poolTransaction(1, 0), 'gossip');
    head.funds.set(hashNumber(1), 99n);
    commit([]);
    assert.equal(pool.hasExecutable(), false);
    assert.deepEqual(pool.executable('economy', ROOM), []);
    assert.equal(pool.status().ledgers.find(({ ledger }) => ledger === 'economy')?.queued, 1);
    woken.length = 0;
    head.funds.set(hashNumber(1), 100n);
    commit([]);
    assert.equal(pool.hasExecutable(), true);
    assert.deepEqual(woken, ['economy']);
  });

  it('with each ledger only its own', () => {
    const { pool } = setUp();
    for (const ledger of LEDGERS) pool.add(poolTransaction(1, 0, { ledger }), 'gossip');
    for (const ledger of LEDGERS)
      assert.deepEqual(
        pool.executable(ledger, ROOM).map(({ value }) => value.body.ledger),
        [ledger],
      );
  });
});

describe('When a block is committed, the mempool', () => {
  it('lets go what the block holds, and makes what follows executable', () => {
    const { pool, drops, commit } = setUp();
    const [first, second] = [poolTransaction(1, 0), poolTransaction(1, 1)];
    pool.add(first, 'local');
    pool.add(second, 'local');
    commit([first]);
    assert.deepEqual(drops, []);
    assert.equal(pool.has(first.id), false);
    assert.deepEqual(ids(pool.executable('economy', ROOM)), [second.id]);
  });

  it('drops the variant whose nonce another transaction took', () => {
    const { pool, drops, commit } = setUp();
    const own = poolTransaction(1, 0);
    pool.add(own, 'local');
    commit([poolTransaction(1, 0, { bytes: 1 })]);
    assert.deepEqual(drops, [{ txId: own.id, reason: 'NONCE_USED', atMs: 10_000, origin: 'local' }]);
    assert.deepEqual(pool.status().transactions, 0);
  });

  it('drops what has expired and what has waited too long', () => {
    const { pool, drops, commit } = setUp({ limits: { maxAgeMs: 30_000 } });
    const expires = poolTransaction(1, 0, { validUntilMs: 12_500 });
    const old = poolTransaction(2, 3, { validUntilMs: 1_000_000 });
    const stays = poolTransaction(3, 0, { validUntilMs: 1_000_000 });
    pool.add(expires, 'gossip');
    pool.add(old, 'gossip');
    commit([], 2_500);
    assert.deepEqual(drops, []);
    commit([], 1);
    assert.deepEqual(
      drops.map(({ txId, reason }) => [txId, reason]),
      [[expires.id, 'EXPIRED']],
    );
    pool.add(stays, 'gossip');
    commit([], 27_500);
    assert.deepEqual(
      drops.slice(1).map(({ txId, reason }) => [txId, reason]),
      [[old.id, 'POOL_AGE']],
    );
    assert.equal(pool.has(stays.id), true);
  });

  it('drops what expired during a pause of years', () => {
    const { pool, drops, commit } = setUp();
    pool.add(poolTransaction(1, 0), 'gossip');
    commit([], 1e11);
    assert.equal(drops.length, 1);
    assert.equal(pool.status().bytes, 0);
  });

  it('forgets that it gave a transaction up when a block holds it after all', () => {
    const { pool, commit } = setUp();
    const transaction = poolTransaction(1, 0);
    pool.add(transaction, 'gossip');
    assert.equal(pool.drop(transaction.id, 'INADMISSIBLE'), true);
    assert.equal(pool.findDrop(transaction.id)?.reason, 'INADMISSIBLE');
    commit([transaction]);
    assert.equal(pool.findDrop(transaction.id), undefined);
  });
});

describe('For an undecided proposal, the mempool', () => {
  it('keeps the bytes of pinned transactions that are replaced or expire, until the next commit', () => {
    const { pool, commit, head } = setUp();
    const [named, late] = [poolTransaction(1, 0), poolTransaction(2, 0, { validUntilMs: 10_500 })];
    pool.add(named, 'gossip');
    pool.add(late, 'gossip');
    pool.pin([named.id, late.id]);
    pool.add(poolTransaction(1, 0, { maxFee: 200n }), 'gossip');
    assert.equal(pool.has(named.id), false);
    assert.equal(pool.get(named.id), named);
    assert.equal(pool.status().asideTransactions, 1);
    head.timeMs += 1_000;
    pool.drop(late.id, 'EXPIRED');
    assert.equal(pool.get(late.id), late);
    commit([]);
    assert.equal(pool.get(named.id), undefined);
    assert.equal(pool.status().asideBytes, 0);
  });

  it('keeps fetched variants beside the pool without offering them', () => {
    const { pool, commit } = setUp();
    const pooled = poolTransaction(1, 0);
    const fetched = poolTransaction(1, 0, { bytes: 9 });
    pool.add(pooled, 'gossip');
    assert.equal(pool.addFetched(fetched), true);
    assert.equal(pool.get(fetched.id), fetched);
    assert.equal(pool.has(fetched.id), false);
    assert.deepEqual(ids(pool.executable('economy', ROOM)), [pooled.id]);
    commit([fetched]);
    assert.equal(pool.get(fetched.id), undefined);
    assert.equal(pool.findDrop(pooled.id)?.reason, 'NONCE_USED');
  });

  it('says so when there is no room beside the pool', () => {
    const { pool } = setUp();
    const size = 30_000;
    let kept = 0;
    while (pool.addFetched(poolTransaction(1, kept, { bytes: size }))) kept += 1;
    assert.equal(
      kept,
      Math.floor(LIMITS.maxAsideBytes / poolTransaction(1, 0, { bytes: size }).bytes.length),
    );
  });
});

describe('About itself, the mempool', () => {
  it('tells its content in order of arrival, by filter and in pages', () => {
    const { pool } = setUp();
    const all = [
      poolTransaction(1, 0),
      poolTransaction(2, 1),
      poolTransaction(1, 1),
      poolTransaction(1, 0, { ledger: 'bpi' }),
    ];
    for (const transaction of all) pool.add(transaction, 'gossip');
    const idsOf = (filter: Parameters<Mempool['content']>[0]) =>
      pool.content(filter, { limit: 10 }).items.map(({ transaction }) => transaction.id);
    assert.deepEqual(idsOf({}), ids(all));
    assert.deepEqual(idsOf({ ledger: 'bpi' }), [all[3]?.id]);
    assert.deepEqual(idsOf({ sender: hashNumber(1), ledger: 'economy' }), [all[0]?.id, all[2]?.id]);
    assert.deepEqual(idsOf({ state: 'queued' }), [all[1]?.id]);
    const first = pool.content({}, { limit: 3 });
    assert.equal(first.items.length, 3);
    const { nextCursor } = first;
    assert.ok(nextCursor !== undefined);
    const rest = pool.content({}, { limit: 3, cursor: nextCursor });
    assert.deepEqual(
      rest.items.map(({ transaction }) => transaction.id),
      [all[3]?.id],
    );
    assert.equal(rest.nextCursor, undefined);
    assert.equal(pool.item(all[1]?.id as string)?.state, 'queued');
  });

  it('remembers a bounded number of drops, newest first', () => {
    const { pool } = setUp();
    for (let i = 0; i < LIMITS.maxRecentDrops + 5; i++) {
      const transaction = poolTransaction(1, 0, { validUntilMs: 20_000 + i });
      pool.add(transaction, 'gossip');
      pool.drop(transaction.id, 'REMOVED');
    }
    assert.equal(pool.dropped().length, LIMITS.maxRecentDrops);
    assert.equal(
      pool.dropped()[0]?.txId,
      poolTransaction(1, 0, { validUntilMs: 20_000 + LIMITS.maxRecentDrops + 4 }).id,
    );
    assert.equal(pool.drop(hashNumber(1), 'REMOVED'), false);
  });
});
