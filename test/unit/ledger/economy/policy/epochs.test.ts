import assert from 'node:assert/strict';
import { FLX_RESERVE } from '../../../../../src/ledger/economy/account.ts';
import { addToTotal, amountOf, totalOf } from '../../../../../src/ledger/economy/books.ts';
import { settlement } from '../../../../../src/ledger/economy/economy.ts';
import { lastClosedEpoch } from '../../../../../src/ledger/economy/policy/epoch-settlement.ts';
import { currentEpoch } from '../../../../../src/ledger/economy/policy/epochs.ts';
import { minerWeight, minerWeights } from '../../../../../src/ledger/economy/policy/miner-weights.ts';
import { poeRecord } from '../../../../../src/ledger/economy/policy/poe-records.ts';
import { ECONOMY_SYSTEM_RECEIPTS } from '../../../../../src/types/operations/economy-receipts.ts';
import { readSystemReceipt } from '../../../../../src/types/system-receipt.ts';
import { LIMITS } from '../../../../../src/util/limits.ts';
import { hashNumber } from '../../../../support/blocks.ts';
import { EPOCH_MS, type EpochBlock, EpochWorld, jobOf } from '../../../../support/epoch-world.ts';

const [ada, ben, cas] = [hashNumber(11), hashNumber(12), hashNumber(13)] as [string, string, string];
const APP = hashNumber(100);
/** Φ of ten: ten thousand seconds' worth of CPU at weight .35 would be 3.5. */
const LOAD = { usage: { cpuMs: 10_000n } };
const VALUE = 1_000_000_000n;

const shares = ({ receipts }: EpochBlock) =>
  receipts.flatMap((receipt) => readSystemReceipt(ECONOMY_SYSTEM_RECEIPTS.EpochSharePaid, receipt) ?? []);

describe('An epoch', () => {
  it('counts what jobs used for the operator, the app and the network', () => {
    const world = new EpochWorld();
    world.block([jobOf(ada, APP, VALUE, LOAD), jobOf(ada, hashNumber(101), VALUE, LOAD)]);
    world.block([jobOf(ben, APP, VALUE, { usage: { receipts: 5n } })]);
    const used = (subject: 'operator' | 'app', id: string) => poeRecord(world.economy, subject, id, 0);
    assert.equal(used('operator', ada).usage.cpuMs, 20_000n);
    assert.equal(used('operator', ada).work, 6_000_000n);
    assert.deepEqual(
      [used('app', APP).usage.cpuMs, used('app', APP).usage.receipts, used('app', APP).work],
      [10_000n, 5n, 6_000_000n],
    );
    const epoch = currentEpoch(world.economy);
    assert.deepEqual([epoch.usage.cpuMs, epoch.usage.receipts, epoch.work], [20_000n, 5n, 9_000_000n]);
  });

  it('ends with the first block of the next and says so once', () => {
    const world = new EpochWorld();
    world.block([jobOf(ada, APP, VALUE, LOAD)], { elapsedMs: EPOCH_MS - 1 });
    assert.equal(world.block([], { elapsedMs: 1 }).closed, undefined);
    const { closed } = world.block();
    assert.deepEqual([closed?.epoch, closed?.next, closed?.workers], [0, 1, 1]);
    assert.equal(world.block().closed, undefined);
    assert.deepEqual(lastClosedEpoch(world.economy), closed);
  });

  it('brings NEX by its load and shares it by work, not by load', () => {
    const world = new EpochWorld({ nexEpochCap: 4_000_000n });
    world.block([jobOf(ada, APP, 3n * VALUE, { usage: { cpuMs: 1n } }), jobOf(ben, APP, VALUE, LOAD)]);
    const block = world.nextEpoch();
    assert.equal(block.closed?.phi, 3_500_350n);
    assert.equal(block.closed?.nexMinted, (4_000_000n * 777_795n) / 1_000_000n);
    assert.deepEqual(
      shares(block).map(({ operator, amount }) => [operator, amount]),
      [
        [ada, 2_333_385n],
        [ben, 777_795n],
      ],
    );
    assert.equal(world.balance(ada) + world.balance(ben), block.closed?.nexMinted);
    assert.equal(totalOf(world.economy, 'minted', 'NEX'), block.closed?.nexMinted);
    world.assertConserved();
  });

  it('brings no more NEX than κ of what its work paid to the treasury', () => {
    const world = new EpochWorld({ nexMintKappaPpm: 500_000 });
    world.block([jobOf(ada, APP, VALUE, LOAD)]);
    assert.equal(world.nextEpoch().closed?.nexMinted, 1_500_000n);
  });

  it('takes the load per active node', () => {
    const world = new EpochWorld({ nexEpochCap: 1_000_000n });
    world.block([jobOf(ada, APP, VALUE, LOAD)]);
    const { closed } = world.nextEpoch(1, { activeNodes: 35 });
    assert.deepEqual([closed?.phi, closed?.nexMinted, closed?.activeNodes], [100_000n, 90_909n, 35]);
    world.block([jobOf(ada, APP, VALUE, LOAD)]);
    assert.equal(world.nextEpoch(1, { activeNodes: 36 }).closed?.nexMinted, 0n);
  });

  it('without work brings nothing and pays nobody', () => {
    const world = new EpochWorld();
    const { closed, receipts } = world.nextEpoch();
    assert.deepEqual([closed?.nexMinted, closed?.flxMinted, closed?.workers], [0n, 0n, 0]);
    assert.equal(receipts.length, 1);
  });

  it('forgets who worked, also where it brought nothing', () => {
    const world = new EpochWorld({ nexMintThreshold: 10n ** 9n });
    world.block([jobOf(ada, APP, VALUE, LOAD)]);
    assert.deepEqual(world.nextEpoch().closed?.nexMinted, 0n);
    world.block([jobOf(ben, APP, VALUE, LOAD)]);
    assert.equal(world.nextEpoch().closed?.workers, 1);
  });
});

describe('Epochs that nobody saw', () => {
  it('bring nothing: only the one that ended with work does', () => {
    const world = new EpochWorld({ nexEpochCap: 1_000_000n, nexHalvingEpochs: 2 });
    world.nextEpoch(3);
    world.block([jobOf(ada, APP, VALUE, LOAD)]);
    const block = world.nextEpoch(1_000_000);
    assert.deepEqual([block.closed?.epoch, block.closed?.next], [3, 1_000_003]);
    assert.equal(block.closed?.nexMinted, (500_000n * 777_777n) / 1_000_000n);
    assert.equal(world.nextEpoch(7).closed?.nexMinted, 0n);
  });

  it('halve Φ each', () => {
    const world = new EpochWorld();
    world.block([jobOf(ada, APP, VALUE, LOAD)]);
    world.nextEpoch();
    const phi = () => poeRecord(world.economy, 'operator', ada, currentEpoch(world.economy).index).phi;
    assert.equal(phi(), 1_750_000n);
    world.nextEpoch(3);
    assert.equal(phi(), 218_750n);
    world.nextEpoch(100_000);
    assert.equal(phi(), 0n);
  });

  it('halve the mean of fees each', () => {
    const world = new EpochWorld();
    payFees(world, 8_000n);
    world.nextEpoch(3);
    assert.equal(currentEpoch(world.economy).meanFees, 1_000n);
  });
});

/** Books fees as settlement does, half of them burned, without moving coins. */
function payFees(world: EpochWorld, amount: bigint): void {
  const view = world.state.extend();
  addToTotal(view.writer('economy'), 'fees', 'FLX', amount);
  world.state.commit(view);
}

describe('Φ of an operator', () => {
  const phiOf = (world: EpochWorld, id = ada) =>
    poeRecord(world.economy, 'operator', id, currentEpoch(world.economy).index).phi;

  it('is the mean of epochs in which the last counts half', () => {
    const world = new EpochWorld();
    const seen: bigint[] = [];
    for (const cpuMs of [10_000n, 2_000n, 0n, 6_000n]) {
      if (cpuMs > 0n) world.block([jobOf(ada, APP, VALUE, { usage: { cpuMs } })]);
      world.nextEpoch();
      seen.push(phiOf(world));
    }
    assert.deepEqual(seen, [1_750_000n, 1_225_000n, 612_500n, 1_356_250n]);
  });

  it('does not change within an epoch', () => {
    const world = new EpochWorld();
    world.block([jobOf(ada, APP, VALUE, LOAD)]);
    assert.equal(phiOf(world), 0n);
    world.nextEpoch();
    const phi = phiOf(world);
    world.block([jobOf(ada, APP, VALUE, LOAD)]);
    assert.equal(phiOf(world), phi);
  });

  it('is forgotten when it has decayed to nothing, some records per block', () => {
    const world = new EpochWorld();
    const count = LIMITS.maxPoeRecordsSweptPerBlock;
    const jobs = Array.from({ length: count }, (_, n) => jobOf(hashNumber(1_000 + n), APP, VALUE, LOAD));
    world.block(jobs);
    const records = () => [...world.state.scan('economy', 'poe-operator/')].length;
    assert.equal(records(), count);
    world.nextEpoch(50);
    assert.equal(records(), 1);
    world.block();
    assert.equal(records(), 0);
    assert.equal([...world.state.scan('economy', 'poe-')].length, 2);
  });

  it('outlives the sweep while it is not nothing, whoever works meanwhile', () => {
    const world = new EpochWorld();
    world.block([jobOf(ada, APP, VALUE, LOAD), jobOf(ben, APP, VALUE, LOAD)]);
    for (let epoch = 0; epoch < 30; epoch++) {
      world.nextEpoch();
      world.block([jobOf(ben, APP, VALUE, LOAD)]);
      world.block();
    }
    assert.equal(phiOf(world), 0n);
    assert.equal(world.economy.get(`poe-operator/${ada}`), undefined);
    assert.ok(phiOf(world, ben) > 3_400_000n);
  });
});

describe('The weight of a miner', () => {
  it('is 64 at nothing and grows with Γ towards 256', () => {
    assert.deepEqual([0n, 925_000n, 1_000_000n, 3_565_000n, 10n ** 30n].map(minerWeight), [
      64n,
      156n,
      160n,
      213n,
      255n,
    ]);
  });

  it('comes from the closed epochs of the nodes that the validator operates', () => {
    const world = new EpochWorld();
    const weights = () => Object.fromEntries(minerWeights(world.economy, [ada, ben]));
    assert.deepEqual(weights(), { [ada]: 64n, [ben]: 64n });
    world.block([jobOf(ada, APP, VALUE, LOAD)]);
    assert.deepEqual(weights(), { [ada]: 64n, [ben]: 64n });
    world.nextEpoch();
    assert.deepEqual(weights(), { [ada]: 64n + (192n * 636_363n) / 1_000_000n, [ben]: 64n });
  });
});

describe('Shares of new NEX', () => {
  /** Everyone works alike; the NEX of the epoch divides without a remainder. */
  function crowd(count: number): { world: EpochWorld; last: EpochBlock } {
    const world = new EpochWorld({ nexMintKappaPpm: 100_000 });
    for (let start = 0; start < count; start += 500) {
      const size = Math.min(500, count - start);
      world.block(
        Array.from({ length: size }, (_, n) => jobOf(hashNumber(1_000 + start + n), APP, VALUE, LOAD)),
      );
    }
    return { world, last: world.nextEpoch() };
  }

  it('are paid in steps, first in, first out, and the chain has work until the last', () => {
    const bound = LIMITS.maxSharesPaidPerBlock;
    const { world, last } = crowd(2 * bound + 1);
    assert.equal(shares(last).length, bound);
    assert.equal(settlement.hasQueuedRequests(world.economy), true);
    const rest = world.payAll().map((block) => shares(block).length);
    assert.deepEqual(rest, [bound, 1]);
    assert.equal(settlement.hasQueuedRequests(world.economy), false);
    for (let n = 0; n <= 2 * bound; n++) assert.equal(world.balance(hashNumber(1_000 + n)), 300_000n);
    world.assertConserved();
  });

  it('of one epoch are still paid while the next ones end', () => {
    const { world } = crowd(3 * LIMITS.maxSharesPaidPerBlock);
    world.block([jobOf(cas, APP, VALUE, LOAD)]);
    const next = world.nextEpoch();
    assert.equal(next.closed?.workers, 1);
    world.payAll();
    assert.equal(world.balance(cas), next.closed?.nexMinted);
    world.assertConserved();
  });

  it('go to a bounded number of operators; work of others counts for Φ alone', () => {
    const { world, last } = crowd(LIMITS.maxEpochWorkers + 3);
    assert.equal(last.closed?.workers, LIMITS.maxEpochWorkers);
    assert.equal(last.closed?.work, BigInt(LIMITS.maxEpochWorkers) * 3_000_000n);
    const late = hashNumber(1_000 + LIMITS.maxEpochWorkers);
    world.payAll();
    assert.equal(world.balance(late), 0n);
    assert.ok(poeRecord(world.economy, 'operator', late, 1).phi > 0n);
    world.assertConserved();
  });
});

describe('New FLX', () => {
  it('goes to the reserve account alone, until that holds what is in demand', () => {
    const world = new EpochWorld({ flxSupplyPpm: 500_000 });
    payFees(world, 8_000n);
    assert.equal(world.nextEpoch().closed?.flxMinted, 2_000n);
    assert.equal(amountOf(world.economy, FLX_RESERVE, 'FLX'), 2_000n);
    assert.equal(world.nextEpoch().closed?.flxMinted, 0n);
    assert.equal(totalOf(world.economy, 'minted', 'FLX'), 2_000n);
    world.assertConserved();
  });

  it('counts gas beyond the target of blocks as demand that was not served', () => {
    const world = new EpochWorld({ gasPrice: 3n, targetBlockGas: 10_000 });
    world.block([], { gasSold: 9_000 });
    world.block([], { gasSold: 30_000 });
    const { closed } = world.nextEpoch();
    assert.equal(closed?.flxMinted, (60_000n * 50_000n) / 1_000_000n);
  });
});
