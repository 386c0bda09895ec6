import assert from 'node:assert/strict';
import { membershipOf } from '../../../../../src/ledger/economy/policy/pools.ts';
import { ECONOMY } from '../../../../../src/types/operations/economy.ts';
import { ECONOMY_SYSTEM_RECEIPTS } from '../../../../../src/types/operations/economy-receipts.ts';
import { readSystemReceipt } from '../../../../../src/types/system-receipt.ts';
import { hashNumber } from '../../../../support/blocks.ts';
import { alice, bankers, EconomyChain, eventsOf, type Person } from '../../../../support/economy-chain.ts';
import { EPOCH_MS, EpochWorld, jobOf } from '../../../../support/epoch-world.ts';

const { PoolJoin, PoolLeave } = ECONOMY.operations;
const [first, second, third] = bankers;

const join = (chain: EconomyChain, who: Person, pool: Person, feePpm: number) =>
  chain.send(who, PoolJoin, { pool: pool.address, feePpm });
const leave = (chain: EconomyChain, who: Person, pool: Person) =>
  chain.send(who, PoolLeave, { pool: pool.address }).status;
const poolOf = (chain: EconomyChain, who: Person, epoch = 0) =>
  membershipOf(chain.economy, who.address, epoch)?.pool;

function openPool(feePpm = 20_000): EconomyChain {
  const chain = new EconomyChain({ parameters: { epochMs: EPOCH_MS } });
  assert.equal(join(chain, first, first, feePpm).status, 'OK');
  return chain;
}

describe('A mining pool', () => {
  it('is opened by an account that joins itself, and joined at its fee', () => {
    const chain = openPool();
    const { status, receipt } = join(chain, alice, first, 50_000);
    assert.equal(status, 'OK');
    assert.deepEqual(eventsOf(receipt), [
      {
        name: 'PoolJoined',
        value: { member: alice.address, pool: first.address, feePpm: 20_000, epoch: 0 },
      },
    ]);
    assert.equal(poolOf(chain, alice), first.address);
  });

  it('is not joined at a higher fee than the member grants, nor opened at more than five percent', () => {
    const chain = openPool();
    assert.equal(join(chain, alice, first, 19_999).status, 'POOL_FEE_TOO_HIGH');
    assert.equal(join(chain, alice, first, 50_001).status, 'INVALID_POOL_FEE');
    assert.equal(join(chain, second, second, 50_001).status, 'INVALID_POOL_FEE');
    assert.equal(join(chain, second, second, 50_000).status, 'OK');
    assert.equal(poolOf(chain, alice), undefined);
  });

  it('is an account that joined itself, not one that joined another', () => {
    const chain = openPool();
    assert.equal(join(chain, alice, second, 50_000).status, 'POOL_UNKNOWN');
    assert.equal(join(chain, second, first, 50_000).status, 'OK');
    assert.equal(join(chain, alice, second, 50_000).status, 'POOL_UNKNOWN');
  });

  it('has members that are in no other pool', () => {
    const chain = openPool();
    assert.equal(join(chain, second, second, 0).status, 'OK');
    assert.equal(join(chain, alice, first, 20_000).status, 'OK');
    assert.equal(join(chain, alice, second, 20_000).status, 'ALREADY_IN_POOL');
    assert.equal(join(chain, first, second, 20_000).status, 'ALREADY_IN_POOL');
  });

  it('is left at the end of the epoch, and another is joined after it', () => {
    const chain = openPool();
    assert.equal(join(chain, second, second, 0).status, 'OK');
    assert.equal(join(chain, alice, first, 20_000).status, 'OK');
    assert.equal(leave(chain, alice, second), 'NOT_IN_POOL');
    assert.equal(leave(chain, alice, first), 'OK');
    assert.equal(leave(chain, alice, first), 'NOT_IN_POOL');
    assert.equal(join(chain, alice, second, 20_000).status, 'ALREADY_IN_POOL');
    assert.deepEqual([poolOf(chain, alice, 0), poolOf(chain, alice, 1)], [first.address, undefined]);
    chain.timeMs += EPOCH_MS;
    assert.equal(join(chain, alice, second, 20_000).status, 'OK');
    assert.equal(poolOf(chain, alice, 1), second.address);
  });

  it('takes no more members while it closes, and may be opened anew on other terms after that', () => {
    const chain = openPool();
    assert.equal(join(chain, alice, first, 20_000).status, 'OK');
    assert.equal(leave(chain, first, first), 'OK');
    assert.equal(join(chain, third, first, 50_000).status, 'POOL_UNKNOWN');
    chain.timeMs += EPOCH_MS;
    assert.equal(join(chain, first, first, 50_000).status, 'OK');
    assert.equal(membershipOf(chain.economy, alice.address, 1)?.feePpm, 20_000);
  });

  it('of nobody is left by nobody', () => {
    assert.equal(leave(openPool(), alice, first), 'NOT_IN_POOL');
  });
});

describe('The share of a pool', () => {
  const APP = hashNumber(100);
  const LOAD = { usage: { cpuMs: 10_000n } };

  /** Joins and leaves on a chain of blocks; the work of the epochs is booked on its state. */
  function played(play: (chain: EconomyChain) => void): EpochWorld {
    const chain = openPool();
    play(chain);
    return EpochWorld.on(chain);
  }

  const shares = (world: EpochWorld) => {
    world.block([
      jobOf(first.address, APP, 1_000_000_000n, LOAD),
      jobOf(alice.address, APP, 1_000_000_000n, LOAD),
    ]);
    return world
      .nextEpoch()
      .receipts.flatMap(
        (receipt) => readSystemReceipt(ECONOMY_SYSTEM_RECEIPTS.EpochSharePaid, receipt) ?? [],
      );
  };

  it('is its fee of the shares of its members; its own share is its own', () => {
    const world = played((chain) => {
      assert.equal(join(chain, alice, first, 20_000).status, 'OK');
    });
    const [before, pooled] = [world.balance(alice.address), world.balance(first.address)];
    const paid = shares(world);
    assert.deepEqual(
      new Map(paid.map(({ operator, amount, pool, fee }) => [operator, [amount, pool, fee]])),
      new Map<string, [bigint, string[], bigint]>([
        [first.address, [3_000_000n, [], 0n]],
        [alice.address, [3_000_000n, [first.address], 60_000n]],
      ]),
    );
    assert.equal(world.balance(alice.address) - before, 2_940_000n);
    assert.equal(world.balance(first.address) - pooled, 3_060_000n);
  });

  it('is taken of the epoch in which a member leaves, and not of the next', () => {
    const world = played((chain) => {
      assert.equal(join(chain, alice, first, 20_000).status, 'OK');
      assert.equal(leave(chain, alice, first), 'OK');
    });
    assert.equal(shares(world).find(({ operator }) => operator === alice.address)?.fee, 60_000n);
    assert.equal(shares(world).find(({ operator }) => operator === alice.address)?.fee, 0n);
  });

  it('is nothing once it is closed', () => {
    const world = played((chain) => {
      assert.equal(join(chain, alice, first, 20_000).status, 'OK');
      assert.equal(leave(chain, first, first), 'OK');
    });
    assert.equal(shares(world).find(({ operator }) => operator === alice.address)?.fee, 60_000n);
    const next = shares(world).find(({ operator }) => operator === alice.address);
    assert.deepEqual([next?.fee, next?.pool], [0n, []]);
  });
});
