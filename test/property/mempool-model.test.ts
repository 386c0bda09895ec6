import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Mempool } from '../../src/mempool/mempool.ts';
import type { EncodedTransaction } from '../../src/types/transaction.ts';
import { errorCode } from '../../src/util/errors.ts';
import { LIMITS } from '../../src/util/limits.ts';
import { hashNumber } from '../support/blocks.ts';
import { poolTransaction } from '../support/pool-transactions.ts';

const LEDGERS = ['bpi', 'economy'] as const;
const MAX_TRANSACTIONS = 12;
const ROOM = { maxBytes: 1e6, maxOperations: 1e6, maxTransactions: 1e6 };

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      sender: fc.integer({ min: 1, max: 4 }),
      ledger: fc.constantFrom(...LEDGERS),
      nonce: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom(64, 65, 66)),
      maxFee: fc.constantFrom(0n, 100n, 105n, 110n, 121n, 300n),
      lifetimeMs: fc.constantFrom(-1, 0, 1500, 50_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      take: fc.nat(6),
      afterMs: fc.constantFrom(0, 700, 3000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('fund' as const),
      sender: fc.integer({ min: 1, max: 4 }),
      amount: fc.constantFrom(0n, 250n, 5000n),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('foreign' as const),
      sender: fc.integer({ min: 1, max: 4 }),
      ledger: fc.constantFrom(...LEDGERS),
    }),
  },
);

/** The rules in their plainest form: a list, searched from the start for every question. */
class Model {
  timeMs = 10_000;
  readonly nonces = new Map<string, bigint>();
  readonly funds = new Map<string, bigint>();
  list: EncodedTransaction[] = [];
  readonly replaced = new Map<string, number>();

  laneOf({ value }: EncodedTransaction): string {
    return `${value.body.ledger}/${value.body.sender}`;
  }
  nextNonce(lane: string): bigint {
    return this.nonces.get(lane) ?? 0n;
  }
  available(sender: string): bigint {
    return this.funds.get(sender) ?? 1000n;
  }
  add(transaction: EncodedTransaction): string {
    const { nonce, maxFee, validUntilMs, sender } = transaction.value.body;
    const lane = this.laneOf(transaction);
    const others = this.list.filter((other) => this.laneOf(other) === lane);
    const occupant = others.find(({ value }) => value.body.nonce === nonce);
    if (occupant?.id === transaction.id) return 'ALREADY_KNOWN';
    if (validUntilMs < this.timeMs) return 'EXPIRED';
    if (nonce < this.nextNonce(lane)) return 'NONCE_TOO_LOW';
    if (nonce > this.nextNonce(lane) + BigInt(LIMITS.maxQueuedNonces)) return 'NONCE_GAP';
    const slot = `${lane}/${nonce}`;
    if (occupant !== undefined) {
      const before = occupant.value.body.maxFee;
      if (maxFee * 10n < before * 11n || maxFee === before) return 'REPLACEMENT_UNDERPRICED';
      if ((this.replaced.get(slot) ?? 0) >= LIMITS.maxReplacements) return 'REPLACEMENT_LIMIT';
    }
    const fees = others
      .filter((other) => other !== occupant)
      .reduce((sum, other) => sum + other.value.body.maxFee, maxFee);
    if (fees > this.available(sender)) return 'INSUFFICIENT_METER';
    if (occupant === undefined && this.list.length >= MAX_TRANSACTIONS) return 'POOL_FULL';
    this.replaced.set(slot, occupant === undefined ? 0 : (this.replaced.get(slot) ?? 0) + 1);
    this.list = [...this.list.filter((other) => other !== occupant), transaction];
    return 'admitted';
  }
  commit(included: readonly EncodedTransaction[], afterMs: number): void {
    this.timeMs += afterMs;
    for (const transaction of included)
      this.nonces.set(this.laneOf(transaction), transaction.value.body.nonce + 1n);
    this.list = this.list.filter(
      (transaction) =>
        transaction.value.body.nonce >= this.nextNonce(this.laneOf(transaction)) &&
        transaction.value.body.validUntilMs >= this.timeMs,
    );
  }
  executable(): string[] {
    const found: string[] = [];
    for (const lane of new Set(this.list.map((transaction) => this.laneOf(transaction)))) {
      let fees = 0n;
      for (let nonce = this.nextNonce(lane); ; nonce += 1n) {
        const next = this.list.find(
          (other) => this.laneOf(other) === lane && other.value.body.nonce === nonce,
        );
        if (next === undefined) break;
        fees += next.value.body.maxFee;
        if (fees > this.available(next.value.body.sender)) break;
        found.push(next.id);
      }
    }
    return found.sort();
  }
}

describe('Property: the mempool', () => {
  it('agrees with a plain model on every refusal, its content and what is executable, and loses nothing', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const model = new Model();
        const admitted = new Set<string>();
        const ended = new Set<string>();
        const pool = new Mempool({
          account: (ledger, sender) => ({
            nextNonce: model.nextNonce(`${ledger}/${sender}`),
            available: model.available(sender),
          }),
          ruleTimeMs: () => model.timeMs,
          monotonicMs: () => model.timeMs,
          maxBlockWaitMs: LIMITS.maxBlockWaitMs,
          doors: () => 1,
          onDropped: ({ txId }) => ended.add(txId),
          limits: { maxTransactions: MAX_TRANSACTIONS },
        });
        const commit = (included: readonly EncodedTransaction[], afterMs: number) => {
          model.commit(included, afterMs);
          for (const { id } of included) ended.add(id);
          pool.onCommit(included);
        };
        for (const action of steps) {
          if (action.kind === 'add') {
            const { sender, nonce, ledger, maxFee, lifetimeMs } = action;
            const transaction = poolTransaction(sender, nonce, {
              ledger,
              maxFee,
              validUntilMs: model.timeMs + lifetimeMs,
            });
            let outcome = 'admitted';
            try {
              pool.add(transaction, 'gossip');
              admitted.add(transaction.id);
              ended.delete(transaction.id);
            } catch (error) {
              outcome = errorCode(error) ?? String(error);
            }
            assert.equal(outcome, model.add(transaction));
          } else if (action.kind === 'commit') {
            const room = { ...ROOM, maxTransactions: action.take };
            commit(
              LEDGERS.flatMap((ledger) => pool.executable(ledger, room)),
              action.afterMs,
            );
          } else if (action.kind === 'fund') {
            model.funds.set(hashNumber(action.sender), action.amount);
          } else {
            const nonce = Number(model.nextNonce(`${action.ledger}/${hashNumber(action.sender)}`));
            commit([poolTransaction(action.sender, nonce, { ledger: action.ledger, bytes: 3 })], 0);
          }
          if (action.kind === 'fund') commit([], 0);
          const content = pool.content({}, { limit: 1000 }).items.map(({ transaction }) => transaction.id);
          assert.deepEqual(
            content,
            model.list.map(({ id }) => id),
          );
          const executable = LEDGERS.flatMap((ledger) => pool.executable(ledger, ROOM));
          assert.deepEqual(executable.map(({ id }) => id).sort(), model.executable());
          assert.equal(pool.hasExecutable(), executable.length > 0);
          const status = pool.status();
          assert.equal(
            status.bytes,
            model.list.reduce((sum, { bytes }) => sum + bytes.length, 0),
          );
          assert.equal(
            status.ledgers.reduce((sum, { pooled }) => sum + pooled, 0),
            executable.length,
          );
          assert.equal(
            status.ledgers.reduce((sum, { pooled, queued }) => sum + pooled + queued, 0),
            model.list.length,
          );
          for (const id of admitted)
            assert.notEqual(pool.has(id), ended.has(id), `${id} is either here or ended`);
        }
      }),
      { numRuns: 200 },
    );
  });
});
