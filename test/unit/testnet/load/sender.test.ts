import assert from 'node:assert/strict';
import type { LedgerName } from '../../../../src/types/names.ts';
import type { PreparedTransaction } from '../../../../testnet/load/plan.ts';
import { LoadSender } from '../../../../testnet/load/sender.ts';
import { Tracker } from '../../../../testnet/load/tracker.ts';
import type { NodeRpc } from '../../../../testnet/rpc.ts';

const ALICE = 'aa'.repeat(32);
const BOB = 'bb'.repeat(32);

let lastByte = 0;

function transaction(sender: string, ledger: LedgerName = 'economy'): PreparedTransaction {
  const byte = ++lastByte;
  const txId = byte.toString(16).padStart(64, '0');
  return { txId, bytes: Uint8Array.of(byte), ledger, operation: 'Transfer', expected: 'OK', sender, atMs: 0 };
}

const hexOf = ({ bytes }: PreparedTransaction) => `0x${Buffer.from(bytes).toString('hex')}`;

/** A node that refuses these transactions for their reasons, and what it was sent. */
function nodeThatRefuses(...refusals: readonly (readonly [PreparedTransaction, string])[]) {
  const reasons = new Map(refusals.map(([refused, reason]) => [hexOf(refused), reason]));
  const seen: string[] = [];
  const call = async (_method: string, { transactions }: { transactions: string[] }) => {
    seen.push(...transactions);
    const items = transactions.map((text) => {
      const reason = reasons.get(text);
      return reason === undefined ? {} : { error: { data: { reason } } };
    });
    return { items };
  };
  return { node: { name: 'v1', call } as unknown as NodeRpc, seen };
}

describe('the sender of a load', () => {
  it('does not send what follows a transaction that was refused for good, on its ledger', async () => {
    const refused = transaction(ALICE);
    const [next, later] = [transaction(ALICE), transaction(ALICE)];
    const [elsewhere, others] = [transaction(ALICE, 'bpi'), transaction(BOB)];
    const { node, seen } = nodeThatRefuses([refused, 'INSUFFICIENT_METER'], [next, 'NONCE_GAP']);
    const tracker = new Tracker();
    const sender = new LoadSender([node], tracker, undefined);
    await sender.send(node, [refused, next]);
    await sender.send(node, [later, elsewhere, others]);
    assert.deepEqual(seen, [refused, next, elsewhere, others].map(hexOf));
    assert.deepEqual(tracker.report().refusals, { INSUFFICIENT_METER: 1, AFTER_REFUSED: 2 });
    assert.equal(tracker.open, 2);
  });

  it('goes on where another transaction has the nonce of the one that was refused', async () => {
    const [refused, next] = [transaction(ALICE), transaction(ALICE)];
    const { node, seen } = nodeThatRefuses([refused, 'NONCE_TOO_LOW']);
    const tracker = new Tracker();
    const sender = new LoadSender([node], tracker, undefined);
    await sender.send(node, [refused]);
    await sender.send(node, [next]);
    assert.equal(seen.length, 2);
    assert.deepEqual(tracker.report().refusals, { NONCE_TOO_LOW: 1 });
    assert.equal(tracker.open, 1);
  });

  it('goes on after a refusal that says nothing about the transaction', async () => {
    const [refused, next] = [transaction(ALICE), transaction(ALICE)];
    const { node, seen } = nodeThatRefuses([refused, 'SHUTTING_DOWN']);
    const tracker = new Tracker();
    // Ended, so that nothing is sent a second time.
    const sender = new LoadSender([node], tracker, AbortSignal.abort());
    await sender.send(node, [refused]);
    await sender.send(node, [next]);
    assert.equal(seen.length, 2);
    assert.deepEqual(tracker.report().refusals, { SHUTTING_DOWN: 1 });
  });
});
