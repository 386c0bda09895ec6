import assert from 'node:assert/strict';
import { encodeOperation } from '../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../src/types/operations/economy.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { ExecutingRpc } from '../../support/executing-rpc.ts';
import { reportApp } from '../../support/reported-app.ts';

const { Transfer } = ECONOMY.operations;

describe('debug_traceTransaction', () => {
  const payment = (to: string, amount: bigint) =>
    encodeOperation(Transfer, { to, token: 'FLX', amount, reference: 'trace' });

  it('tells what each operation of a transaction read, wrote and cost, behind others of its section', async () => {
    const rpc = await ExecutingRpc.open(() => ({}));
    const { alice, bob } = rpc.world;
    await rpc.submit(alice, 'economy', [payment(bob.address, 1n)]);
    const { id } = await rpc.submit(alice, 'economy', [payment(bob.address, 2n), payment(bob.address, 3n)]);
    await rpc.world.extend(rpc.node);
    const { chain } = rpc.node;
    const [root, nodes] = [chain.state.stateRoot(), chain.state.nodeCount];
    const trace = await rpc.call('debug_traceTransaction', { txId: `0x${id}` });
    assert.deepEqual(trace.block, { height: 1, ledger: 'economy', index: 1 });
    assert.deepEqual(trace.receipt, await rpc.call('tx_getReceipt', { txId: `0x${id}` }));
    assert.equal(trace.ok, true);
    assert.deepEqual(
      trace.operations.map(({ operation, name, outcome }) => [operation, name, outcome]),
      [
        [0, 'Transfer', 'done'],
        [1, 'Transfer', 'done'],
      ],
    );
    for (const { reads, writes } of trace.operations) {
      const written = writes.items.map(({ path }) => path);
      // Two balances, those of who pays and of who is paid, which it looked at before.
      for (const { address } of [alice, bob])
        assert.ok(
          written.some((path) => path.includes(address)),
          written.join(' '),
        );
      for (const path of written) assert.ok(reads.items.some((read) => read.path === path));
      assert.deepEqual([reads.total, writes.total], [reads.items.length, writes.items.length]);
    }
    const gas = trace.operations.reduce((sum, operation) => sum + operation.gas, trace.baseGas);
    assert.equal(gas, trace.receipt.gas);
    assert.deepEqual([chain.state.stateRoot(), chain.state.nodeCount], [root, nodes], 'nothing of it stays');
    await rpc.world.extend(rpc.node);
  });

  it('says which operation failed, and that those before it are undone', async () => {
    const rpc = await ExecutingRpc.open(() => ({}));
    const { alice, bob } = rpc.world;
    const { txId, status } = await rpc.run(alice, 'economy', [
      payment(bob.address, 1n),
      payment(bob.address, 2n ** 100n),
      payment(bob.address, 1n),
    ]);
    assert.notEqual(status, 0);
    const trace = await rpc.call('debug_traceTransaction', { txId: `0x${txId}` });
    assert.deepEqual(
      trace.operations.map(({ outcome }) => outcome),
      ['undone', 'failed'],
    );
    assert.deepEqual([trace.ok, trace.receipt.failedOperation], [true, 1]);
  });

  it('shows what an operation read of other ledgers', async () => {
    const rpc = await ExecutingRpc.open(() => ({}));
    const { batchTxId } = await reportApp(rpc, 1, [{ action: 'create' }]);
    const { ok, operations } = await rpc.call('debug_traceTransaction', { txId: batchTxId });
    assert.equal(ok, true);
    const [batch] = operations;
    assert.ok(batch);
    assert.ok(batch.reads.items.some(({ subtree }) => subtree === 'cluster'));
    assert.ok(batch.writes.items.length > 0);
    assert.ok(batch.writes.items.every(({ subtree }) => subtree === 'docklock'));
  });

  it('does not know transactions of no block, or of one whose state it has no more', async () => {
    const rpc = await ExecutingRpc.open(() => ({}));
    const { alice, bob } = rpc.world;
    await rpc.rejects('debug_traceTransaction', { txId: `0x${'00'.repeat(32)}` }, 'RECEIPT_NOT_FOUND');
    const { txId } = await rpc.run(alice, 'economy', [payment(bob.address, 1n)]);
    for (let i = 0; i < LIMITS.maxUndoBlocks; i++) await rpc.world.extend(rpc.node);
    await rpc.rejects('debug_traceTransaction', { txId: `0x${txId}` }, 'PRUNED');
  });
});
