import assert from 'node:assert/strict';
import { loadProblem } from '../../../../testnet/commands/load.ts';
import type { PreparedTransaction } from '../../../../testnet/load/plan.ts';
import { quantile, Tracker } from '../../../../testnet/load/tracker.ts';

let lastId = 0;

function transaction(expected = 'OK', operation = 'Transfer'): PreparedTransaction {
  const txId = (++lastId).toString(16).padStart(64, '0');
  const sender = 'aa'.repeat(32);
  return { txId, bytes: new Uint8Array(1), ledger: 'economy', operation, expected, sender, atMs: 0 };
}

/** A tracker with planned transactions that node v1 has accepted at time 0. */
function sent(...transactions: PreparedTransaction[]): Tracker {
  const tracker = new Tracker();
  tracker.plan(transactions.length);
  for (const one of transactions) tracker.onSent(one, 'v1', 0);
  return tracker;
}

describe('the tracker of a load', () => {
  it('finds nothing wrong if every transaction has one receipt with the planned status', () => {
    const [ok, failing] = [transaction(), transaction('INSUFFICIENT_BALANCE')];
    const tracker = sent(ok, failing);
    assert.equal(tracker.open, 2);
    tracker.onReceipt(ok.txId, 'OK', 100);
    tracker.onReceipt(failing.txId, 'INSUFFICIENT_BALANCE', 200);
    const report = tracker.report();
    assert.equal(loadProblem(report), undefined);
    assert.deepEqual([report.planned, report.accepted, report.final, report.lost], [2, 2, 2, 0]);
    assert.equal(tracker.open, 0);
    assert.equal(report.failedShare, 0.5);
    assert.equal(report.finalPerSecond, 10);
    assert.deepEqual(report.operations, [
      {
        ledger: 'economy',
        operation: 'Transfer',
        ok: 1,
        failed: 1,
        statuses: { OK: 1, INSUFFICIENT_BALANCE: 1 },
      },
    ]);
  });

  it('reports a receipt with another status than planned, whichever way', () => {
    const [good, bad] = [transaction(), transaction('INSUFFICIENT_BALANCE')];
    const tracker = sent(good, bad);
    tracker.onReceipt(good.txId, 'OUT_OF_GAS', 1);
    tracker.onReceipt(bad.txId, 'OK', 1);
    const report = tracker.report();
    assert.equal(report.unexpected, 2);
    assert.match(report.unexpectedStatuses[0] ?? '', new RegExp(`OUT_OF_GAS, not OK: 0x${good.txId}`));
    assert.match(loadProblem(report) ?? '', /another status/);
  });

  it('reports a second receipt of a transaction, and keeps the first', () => {
    const one = transaction();
    const tracker = sent(one);
    tracker.onReceipt(one.txId, 'OK', 10);
    tracker.onReceipt(one.txId, 'OUT_OF_GAS', 20);
    const report = tracker.report();
    assert.deepEqual([report.repeated, report.final, report.unexpected], [1, 1, 0]);
    assert.equal(report.latencyMs.max, 10);
    assert.match(loadProblem(report) ?? '', /more than one receipt/);
  });

  it('reports an accepted transaction without receipt and drop as lost, with the node that took it', () => {
    const [lost, final] = [transaction(), transaction()];
    const tracker = sent(lost, final);
    tracker.onReceipt(final.txId, 'OK', 1);
    assert.deepEqual(tracker.unsettled(), [{ txId: lost.txId, node: 'v1' }]);
    assert.equal(tracker.report().lost, 1);
    assert.match(loadProblem(tracker.report()) ?? '', /neither a receipt nor/);
  });

  it('tells a transaction that still waits in a pool from one that is lost', () => {
    const one = transaction();
    const tracker = sent(one);
    tracker.onPooled(one.txId);
    assert.deepEqual([tracker.report().pooled, tracker.report().lost, tracker.open], [1, 0, 1]);
    assert.match(loadProblem(tracker.report()) ?? '', /still wait in the pool/);
    tracker.onReceipt(one.txId, 'OK', 5);
    assert.deepEqual([tracker.report().pooled, tracker.report().final], [0, 1]);
  });

  it('does not count a dropped transaction as lost', () => {
    const one = transaction();
    const tracker = sent(one);
    tracker.onDropped(one.txId, 'EXPIRED');
    tracker.onDropped(one.txId, 'EXPIRED');
    const report = tracker.report();
    assert.deepEqual([report.dropped, report.lost, tracker.open], [1, 0, 0]);
  });

  it('believes a receipt more than a drop', () => {
    const one = transaction();
    const tracker = sent(one);
    tracker.onDropped(one.txId, 'EXPIRED');
    tracker.onReceipt(one.txId, 'OK', 5);
    const report = tracker.report();
    assert.deepEqual([report.dropped, report.final, tracker.open], [0, 1, 0]);
  });

  it('counts a refusal by its reason, and believes a receipt more than a refusal', () => {
    const [refused, included] = [transaction(), transaction()];
    const tracker = sent(refused, included);
    tracker.onRefused(refused, 'NONCE_GAP');
    // The answer to the first attempt was lost, and a second one came after the block.
    tracker.onReceipt(included.txId, 'OK', 1);
    tracker.onRefused(included, 'NONCE_TOO_LOW');
    const report = tracker.report();
    assert.deepEqual([report.refused, report.refusals, report.lost], [1, { NONCE_GAP: 1 }, 0]);
    assert.match(loadProblem(report) ?? '', /NONCE_GAP/);
  });

  it('ignores receipts of transactions that are not its own', () => {
    const tracker = sent(transaction());
    tracker.onReceipt('ff'.repeat(32), 'OK', 1);
    assert.deepEqual([tracker.final, tracker.open], [0, 1]);
  });

  it('tells who waits how a transaction ended', async () => {
    const [final, dropped, refused] = [transaction(), transaction(), transaction()];
    const tracker = sent(final, dropped, refused);
    const outcomes = [final, dropped, refused].map(({ txId }) => tracker.outcome(txId));
    tracker.onReceipt(final.txId, 'OK', 1);
    tracker.onDropped(dropped.txId, 'EXPIRED');
    tracker.onRefused(refused, 'POOL_FULL');
    assert.deepEqual(await Promise.all(outcomes), ['OK', 'dropped: EXPIRED', 'refused: POOL_FULL']);
  });

  it('knows how long the oldest transaction has waited for its end', () => {
    const [first, second] = [transaction(), transaction()];
    const tracker = new Tracker();
    assert.equal(tracker.oldestOpenMs(70), 70);
    tracker.onSent(first, 'v1', 10);
    tracker.onSent(second, 'v2', 20);
    assert.equal(tracker.oldestOpenMs(70), 10);
    tracker.onReceipt(first.txId, 'OK', 30);
    assert.equal(tracker.oldestOpenMs(70), 20);
    tracker.onDropped(second.txId, 'EXPIRED');
    assert.equal(tracker.oldestOpenMs(70), 70);
  });

  it('takes quantiles by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    assert.deepEqual(
      [0.5, 0.9, 0.99, 1].map((share) => quantile(hundred, share)),
      [50, 90, 99, 100],
    );
    assert.equal(quantile([7], 0.5), 7);
    assert.equal(quantile([], 0.5), 0);
  });
});
