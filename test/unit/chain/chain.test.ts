import { strict as assert } from 'node:assert';
import type { CompleteBlock } from '../../../src/chain/complete-block.ts';
import { signNodeJoin } from '../../../src/client/cluster-node.ts';
import { State } from '../../../src/ledger/state/state.ts';
import { leafKey } from '../../../src/storage/keys.ts';
import { MICRO } from '../../../src/types/names.ts';
import { encodeOperation } from '../../../src/types/operations/catalog.ts';
import { CLUSTER } from '../../../src/types/operations/cluster.ts';
import { ECONOMY } from '../../../src/types/operations/economy.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { type ChainNode, ChainWorld, transactionsOf } from '../../support/chain.ts';
import { remakeBlock } from '../../support/remake-block.ts';

/** How many tree nodes the same leaves take in a state that never held anything else. */
function freshNodeCount({ chain }: ChainNode): number {
  return State.load(chain.state.leaves()).nodeCount;
}

async function submit({ pool }: ChainNode, ...transactions: { bytes: Uint8Array }[]): Promise<void> {
  for (const { bytes } of transactions) await pool.submit(bytes);
}

describe('Chain', () => {
  let world: ChainWorld;
  let builder: ChainNode;
  let follower: ChainNode;

  beforeEach(async () => {
    world = new ChainWorld();
    builder = await world.open();
    follower = await world.open();
  });

  describe('building and committing', () => {
    it('gives two nodes the same state, receipts and head, block after block', async () => {
      for (let height = 1; height <= 3; height++) {
        const first = BigInt(2 * (height - 1));
        await submit(builder, world.transfer(first), world.transfer(first + 1n));
        const block = await world.extend(builder, [follower]);
        assert.equal(transactionsOf(block, 'economy').length, 2);
        assert.deepEqual(follower.chain.head, builder.chain.head);
        assert.equal(follower.chain.head.height, height);
        assert.equal(follower.chain.state.stateRoot(), block.block.header.stateRoot);
        assert.equal(builder.chain.state.stateRoot(), block.block.header.stateRoot);
        assert.deepEqual(follower.chain.history.block(height), builder.chain.history.block(height));
      }
    });

    it('names each receipt after the transaction and the place where it stands', async () => {
      const transactions = [world.transfer(0), world.transfer(1)];
      await submit(builder, ...transactions);
      await world.extend(builder);
      const receipts = builder.chain.history.block(1)?.receipts.sections[4] ?? [];
      assert.deepEqual(
        receipts.map(({ txId, height, index, status }) => ({ txId, height, index, status })),
        transactions.map(({ id }, index) => ({ txId: id, height: 1, index, status: 0 })),
      );
      assert.deepEqual(builder.store.findTransaction(transactions[1]?.id ?? ''), {
        height: 1,
        ledger: 'economy',
        index: 1,
      });
    });

    it('builds an empty block that another node finds valid', async () => {
      const block = await world.extend(builder, [follower]);
      assert.equal(block.transactions.flat().length, 0);
      assert.equal(follower.chain.head.hash, block.hash);
    });

    it('gives a failed transaction a receipt, uses its nonce and charges it', async () => {
      const tooMuch = world.transfer(0, { amount: 10n ** 15n });
      await submit(builder, tooMuch, world.transfer(1));
      await world.extend(builder, [follower]);
      const [failed, next] = follower.chain.history.block(1)?.receipts.sections[4] ?? [];
      assert.equal(failed?.txId, tooMuch.id);
      assert.notEqual(failed?.status, 0);
      assert.ok((failed?.charges[0]?.amount ?? 0n) > 0n);
      assert.equal(next?.status, 0);
    });

    it('never sets the time of a block before the earliest that its parent allows', async () => {
      await world.extend(builder);
      world.clock.advance(-60_000);
      const block = builder.chain.build(world.producer(1));
      const { minBlockIntervalMs } = world.genesis.parameters;
      assert.equal(block.block.header.timeMs, builder.chain.head.timeMs + minBlockIntervalMs);
    });

    it('tells whoever listens of each block in order, and stops when asked', async () => {
      const heights: number[] = [];
      const stop = builder.chain.onCommitted(({ height }) => heights.push(height));
      await world.extend(builder);
      await world.extend(builder);
      stop();
      await world.extend(builder);
      assert.deepEqual(heights, [1, 2]);
    });

    it('has work while a transaction is executable, and none after its block', async () => {
      assert.equal(builder.chain.hasWork(), false);
      await submit(builder, world.transfer(1));
      assert.equal(builder.chain.hasWork(), false, 'the nonce before it is missing');
      await submit(builder, world.transfer(0));
      assert.equal(builder.chain.hasWork(), true);
      await world.extend(builder);
      assert.equal(builder.chain.hasWork(), false);
    });

    it('drops from the pool what no block can hold any more, and keeps what waits for it', async () => {
      const spending = world.transfer(0, { amount: 9_999n * MICRO });
      const unpayable = world.transfer(1, { maxFee: 5n * MICRO });
      const waiting = world.transfer(2);
      await submit(builder, spending, unpayable, waiting);
      const block = await world.extend(builder, [follower]);
      assert.deepEqual(
        transactionsOf(block, 'economy').map(({ id }) => id),
        [spending.id],
      );
      assert.equal(builder.pool.mempool.has(unpayable.id), false);
      assert.equal(builder.pool.mempool.findDrop(unpayable.id)?.reason, 'INADMISSIBLE');
      assert.equal(builder.pool.mempool.has(waiting.id), true);
      assert.equal(builder.chain.hasWork(), false);
    });
  });

  describe('validation', () => {
    it('accepts a block of an earlier round unchanged, however long ago it was built', async () => {
      await world.extend(builder, [follower]);
      const block = builder.chain.build(world.producer(1));
      world.clock.advance(3_600_000);
      assert.deepEqual(await follower.chain.validate(block, { reproposal: true }), { valid: true });
      await follower.chain.commit(block, world.certify(block, follower.chain.validators, { round: 3 }));
      assert.equal(follower.chain.head.hash, block.hash);
      assert.equal(follower.chain.head.certificate?.round, 3);
    });

    it('holds a block that is slightly early until its time is acceptable', async () => {
      const ahead = world.genesis.parameters.maxClockDriftMs + 150;
      world.clock.advance(ahead);
      const block = builder.chain.build(world.producer(0));
      world.clock.advance(-ahead);
      let isSettled = false;
      const verdict = follower.chain.validate(block, { reproposal: false }).finally(() => {
        isSettled = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(isSettled, false);
      assert.deepEqual(await verdict, { valid: true });
    });

    it('refuses a block too far ahead of the own clock now, and accepts it when its time has come', async () => {
      const ahead = world.genesis.parameters.maxClockDriftMs + LIMITS.maxProposalHoldMs + 1;
      world.clock.advance(ahead);
      const block = builder.chain.build(world.producer(0));
      world.clock.advance(-ahead);
      assert.deepEqual(await follower.chain.validate(block, { reproposal: false }), {
        valid: false,
        reason: 'TIME_TOO_LATE',
      });
      world.clock.advance(ahead);
      assert.deepEqual(await follower.chain.validate(block, { reproposal: false }), { valid: true });
    });

    it('does not hold a certified block against the own clock', async () => {
      world.clock.advance(3_600_000);
      const block = builder.chain.build(world.producer(0));
      world.clock.advance(-3_600_000);
      assert.deepEqual(await follower.chain.validate(block, { reproposal: true }), { valid: true });
    });

    it('gives everyone who asks about a block at once the same answer', async () => {
      await submit(builder, world.transfer(0));
      const block = builder.chain.build(world.producer(0));
      const verdicts = await Promise.all(
        Array.from({ length: 5 }, () => follower.chain.validate(block, { reproposal: false })),
      );
      assert.deepEqual(verdicts, Array(5).fill({ valid: true }));
      await follower.chain.commit(block, world.certify(block, follower.chain.validators));
      assert.equal(follower.chain.state.nodeCount, freshNodeCount(follower));
    });

    it('keeps a bounded number of candidates, however many blocks are proposed', async () => {
      const first = builder.chain.build(world.producer(0));
      const hashes: string[] = [];
      for (let i = 0; i < LIMITS.maxCandidateBlocks * 2; i++) {
        const header = { stateRoot: i.toString(16).padStart(64, '0') };
        const faulty = remakeBlock(first, world.producer(0).consensusKey, world.genesisHash, { header });
        assert.equal((await follower.chain.validate(faulty, { reproposal: false })).valid, false);
        hashes.push(faulty.hash);
      }
      const kept = hashes.filter((hash) => follower.chain.candidate(hash) !== undefined);
      assert.equal(kept.length, LIMITS.maxCandidateBlocks);
      assert.deepEqual(kept, hashes.slice(-LIMITS.maxCandidateBlocks));
    });
  });

  describe('candidates at a height that takes long', () => {
    it('give their executed states back, and the one that is proposed again stays', async () => {
      const held = builder.chain.build(world.producer(0));
      assert.deepEqual(await follower.chain.validate(held, { reproposal: false }), { valid: true });
      for (let i = 1; i <= LIMITS.maxCandidateBlocks * 2; i++) {
        const header = { timeMs: held.block.header.timeMs + i };
        const other = remakeBlock(held, world.producer(0).consensusKey, world.genesisHash, { header });
        assert.deepEqual(await follower.chain.validate(other, { reproposal: true }), { valid: true });
        assert.equal(follower.chain.addCandidate(held), undefined);
      }
      assert.equal(follower.chain.candidate(held.hash), held);
      await follower.chain.commit(held, world.certify(held, follower.chain.validators));
      assert.equal(follower.chain.state.nodeCount, freshNodeCount(follower));
    });
  });

  describe('certificates', () => {
    let block: CompleteBlock;

    beforeEach(() => {
      block = builder.chain.build(world.producer(0));
    });

    it('accepts the seals of a quorum in any round', async () => {
      const { validators } = builder.chain;
      assert.equal(await follower.chain.isCertified(block.hash, world.certify(block, validators)), true);
      assert.equal(
        await follower.chain.isCertified(block.hash, world.certify(block, validators, { round: 9 })),
        true,
      );
      assert.equal(
        await follower.chain.isCertified(block.hash, world.certify(block, validators, { seals: 4 })),
        true,
      );
    });

    it('refuses one seal too few, another block, another height and seals of another round', async () => {
      const { validators } = builder.chain;
      const certificate = world.certify(block, validators);
      const few = world.certify(block, validators, { seals: validators.quorum - 1 });
      assert.equal(await follower.chain.isCertified(block.hash, few), false);
      assert.equal(await follower.chain.isCertified('ab'.repeat(32), certificate), false);
      assert.equal(await follower.chain.isCertified(block.hash, { ...certificate, height: 2 }), false);
      assert.equal(await follower.chain.isCertified(block.hash, { ...certificate, round: 1 }), false);
    });
  });

  describe('commit', () => {
    it('is done once, however often the same block is committed', async () => {
      const heights: number[] = [];
      builder.chain.onCommitted(({ height }) => heights.push(height));
      const block = builder.chain.build(world.producer(0));
      const certificate = world.certify(block, builder.chain.validators);
      await Promise.all([builder.chain.commit(block, certificate), builder.chain.commit(block, certificate)]);
      await builder.chain.commit(block, certificate);
      assert.deepEqual(heights, [1]);
      assert.equal(builder.chain.head.height, 1);
    });

    it('refuses a block that does not follow the head with NOT_NEXT_BLOCK', async () => {
      await world.extend(builder);
      const second = await world.extend(builder);
      const certificate = builder.chain.head.certificate;
      assert.ok(certificate !== undefined);
      await assert.rejects(follower.chain.commit(second, certificate), { code: 'NOT_NEXT_BLOCK' });
      assert.equal(follower.chain.head.height, 0);
    });

    it('stops at a decided block that this node finds invalid, and goes on with the right one', async () => {
      const block = builder.chain.build(world.producer(0));
      const wrong = remakeBlock(block, world.producer(0).consensusKey, world.genesisHash, {
        header: { stateRoot: 'ee'.repeat(32) },
      });
      const certificate = world.certify(wrong, builder.chain.validators);
      await assert.rejects(follower.chain.commit(wrong, certificate), {
        code: 'INVALID_COMMITTED_BLOCK',
        data: { height: 1, hash: wrong.hash, reason: 'WRONG_STATE_ROOT' },
      });
      assert.equal(follower.chain.head.height, 0);
      await follower.chain.commit(block, world.certify(block, builder.chain.validators));
      assert.equal(follower.chain.head.hash, block.hash);
    });
  });

  describe('restart', () => {
    it('opens at the same head, state and validators, and goes on', async () => {
      await submit(builder, world.transfer(0));
      await world.extend(builder, [follower]);
      await world.extend(builder, [follower]);
      const reopened = await world.open(builder.memory);
      assert.deepEqual(reopened.chain.head, builder.chain.head);
      assert.equal(reopened.chain.state.stateRoot(), builder.chain.state.stateRoot());
      assert.equal(reopened.chain.state.nodeCount, builder.chain.state.nodeCount);
      assert.equal(reopened.chain.validators.hash, builder.chain.validators.hash);
      await submit(reopened, world.transfer(1));
      const third = await world.extend(reopened, [follower]);
      assert.equal(follower.chain.head.hash, third.hash);
    });

    it('keeps the genesis state when it is opened twice before the first block', async () => {
      const reopened = await world.open(builder.memory);
      assert.equal(reopened.chain.head.hash, world.genesisHash);
      assert.equal(reopened.chain.state.stateRoot(), builder.chain.state.stateRoot());
    });

    it('refuses a disk whose leaves are not the state of its head', async () => {
      await submit(builder, world.transfer(0));
      await world.extend(builder);
      const leaf = [...builder.chain.state.leaves()].find(({ subtree }) => subtree === 'economy');
      assert.ok(leaf !== undefined);
      await builder.memory.batch([{ type: 'del', key: leafKey('economy', leaf.path) }]);
      await assert.rejects(world.open(builder.memory), { code: 'STATE_MISMATCH' });
    });

    it('still knows of requests that did not fit into the last block', async () => {
      const withdrawal = encodeOperation(ECONOMY.operations.MeterWithdraw, {
        ledger: 'bpci',
        token: 'FLX',
        amount: 1n,
      });
      const perTransaction = LIMITS.maxOperationsPerTransaction;
      const count = Math.floor(LIMITS.maxEndBlockRequestsPerBlock / perTransaction) + 1;
      for (let nonce = 0; nonce < count; nonce++)
        await submit(
          builder,
          world.sign(world.alice, nonce, Array(perTransaction).fill(withdrawal), { maxFee: MICRO }),
        );
      await world.extend(builder);
      assert.equal(builder.pool.mempool.status().transactions, 0);
      assert.equal(builder.chain.hasWork(), true);
      const reopened = await world.open(builder.memory);
      assert.equal(reopened.chain.hasWork(), true);
      await world.extend(reopened);
      assert.equal(reopened.chain.hasWork(), false);
    });

    it('remembers that a workload waits for the next block to be placed', async () => {
      const join = signNodeJoin(world.alice.keys, world.genesisHash, world.alice.address, {
        capacity: { cpuMilli: 1_000, memoryMib: 1_024, diskMib: 1_024 },
        region: 'eu',
        asn: 1,
        implementation: 'test',
        bondRef: [],
      });
      const workload = {
        app: 'web',
        generation: 1,
        replicas: 1,
        request: { cpuMilli: 100, memoryMib: 1, diskMib: 1 },
        regions: [],
        priorityPpm: 1,
      };
      const operations = [
        encodeOperation(CLUSTER.operations.NodeJoin, join),
        encodeOperation(CLUSTER.operations.WorkloadSubmit, workload),
      ];
      await submit(builder, world.sign(world.alice, 0, operations, { ledger: 'cluster', maxFee: MICRO }));
      await world.extend(builder);
      assert.equal(builder.chain.hasWork(), true);
      const reopened = await world.open(builder.memory);
      assert.equal(reopened.chain.hasWork(), true);
      await world.extend(reopened);
      assert.equal(reopened.chain.hasWork(), false);
    });
  });

  describe('memory', () => {
    it('gives back what it built, validated and gave up when the next block is committed', async () => {
      for (let height = 1; height <= 3; height++) {
        await submit(builder, world.transfer(height - 1));
        for (let round = 0; round < 4; round++) {
          world.clock.advance(1_000);
          const proposed = builder.chain.build(world.producer(round));
          builder.chain.build(world.producer(round));
          assert.deepEqual(await follower.chain.validate(proposed, { reproposal: false }), { valid: true });
          const faulty = remakeBlock(proposed, world.producer(round).consensusKey, world.genesisHash, {
            header: { stateRoot: round.toString(16).padStart(64, '0') },
          });
          assert.equal((await follower.chain.validate(faulty, { reproposal: false })).valid, false);
        }
        await world.extend(builder, [follower]);
        assert.equal(builder.chain.state.nodeCount, freshNodeCount(builder));
        assert.equal(follower.chain.state.nodeCount, freshNodeCount(follower));
      }
    });

    it('simulates transactions of every outcome without a trace', async () => {
      await world.extend(builder);
      const before = builder.chain.state.nodeCount;
      const root = builder.chain.state.stateRoot();
      const good = builder.chain.simulate(world.transfer(0));
      assert.ok(good.admissible);
      assert.equal(good.receipt.status, 0);
      const failing = builder.chain.simulate(world.transfer(0, { amount: 10n ** 15n }));
      assert.ok(failing.admissible);
      assert.notEqual(failing.receipt.status, 0);
      const early = builder.chain.simulate(world.transfer(7));
      assert.equal(early.admissible, false);
      assert.equal(early.admissible ? undefined : early.reason, 'NONCE_GAP');
      assert.equal(builder.chain.state.nodeCount, before);
      assert.equal(builder.chain.state.stateRoot(), root);
    });
  });
});
