import assert from 'node:assert/strict';
import type { MethodResult } from '../../../src/rpc/schema/methods.ts';
import { SUBTREES } from '../../../src/types/names.ts';
import { encodeOperation } from '../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../src/types/operations/economy.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { ExecutingRpc } from '../../support/executing-rpc.ts';

type Leaves = MethodResult<'debug_getStateLeaves'>;

describe('the comparison of two nodes', () => {
  const pay = async (rpc: ExecutingRpc, amount: bigint) => {
    const { alice, bob } = rpc.world;
    const payment = { to: bob.address, token: 'FLX' as const, amount, reference: 'diff' };
    await rpc.run(alice, 'economy', [encodeOperation(ECONOMY.operations.Transfer, payment)]);
  };
  const open = () => ExecutingRpc.open(() => ({}));
  const leavesOf = async (rpc: ExecutingRpc, height: number) => {
    const items: Leaves['items'] = [];
    let cursor: string | null = null;
    do {
      const page: Leaves = await rpc.call('debug_getStateLeaves', {
        subtree: 'economy',
        height,
        cursor,
        limit: 40,
      });
      items.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return items;
  };

  it('finds no difference between a node and itself, at its head and a few blocks before', async () => {
    const rpc = await open();
    const past = [];
    for (let i = 0; i < 3; i++) {
      past.push(await rpc.call('state_getLedgerRoots', {}));
      await pay(rpc, BigInt(i + 1));
    }
    past.push(await rpc.call('state_getLedgerRoots', {}));
    const nodes = rpc.node.chain.state.nodeCount;
    for (const { height, hash, roots } of past) {
      const diff = await rpc.call('debug_diffState', { height, roots });
      assert.deepEqual([diff.ok, diff.block], [true, { height, hash }]);
    }
    assert.equal(rpc.node.chain.state.nodeCount, nodes, 'nothing of it stays');
  });

  it('names the sub-trees that differ, and lists leaves of which the first that differs says what', async () => {
    const [one, other] = [await open(), await open()];
    await pay(one, 1n);
    await pay(other, 2n);
    await pay(one, 1n);
    const { height, roots } = await other.call('state_getLedgerRoots', {});
    const { ok, subtrees } = await one.call('debug_diffState', { height, roots });
    assert.equal(ok, false);
    const differing = subtrees.filter(({ same }) => !same).map(({ subtree }) => subtree);
    assert.ok(differing.includes('economy') && !differing.includes('docklock'));
    const [own, theirs] = [await leavesOf(one, height), await leavesOf(other, height)];
    assert.deepEqual(
      own.map(({ path }) => path),
      own.map(({ path }) => path).sort(),
    );
    const first = own.find(
      ({ path, valueHash }, i) => theirs[i]?.path !== path || theirs[i]?.valueHash !== valueHash,
    );
    assert.ok(first?.path.includes(one.world.alice.address) || first?.path.includes(one.world.bob.address));
  });

  it('says when a state is not at hand any more, or not yet, and refuses roots that are none', async () => {
    const rpc = await open();
    const { roots } = await rpc.call('state_getLedgerRoots', {});
    await rpc.rejects('debug_diffState', { height: 1, roots }, 'BLOCK_NOT_FOUND');
    await rpc.rejects('debug_getStateLeaves', { subtree: 'bpi', height: 1 }, 'BLOCK_NOT_FOUND');
    for (let i = 0; i <= LIMITS.maxUndoBlocks; i++) await rpc.world.extend(rpc.node);
    await rpc.rejects('debug_diffState', { height: 0, roots }, 'PRUNED');
    await rpc.rejects('debug_getStateLeaves', { subtree: 'bpi', height: 0 }, 'PRUNED');
    const { economy: _, ...others } = roots;
    await rpc.rejects('debug_diffState', { height: 1, roots: others }, 'INVALID_PARAMS');
    assert.equal(Object.keys(roots).length, SUBTREES.length);
  });
});
