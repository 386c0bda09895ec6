import assert from 'node:assert/strict';
import type { MinedSection, SectionGround } from '../../../src/chain/section-ground.ts';
import { checkSectionSize } from '../../../src/chain/section-rules.ts';
import { State } from '../../../src/ledger/state/state.ts';
import type { Genesis } from '../../../src/types/genesis.ts';
import { LEDGERS } from '../../../src/types/names.ts';
import { EMPTY_RANK, PROPOSER_RANK, sectionSigningBytes } from '../../../src/types/section.ts';
import type { EncodedTransaction } from '../../../src/types/transaction.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { type ChainNode, ChainWorld } from '../../support/chain.ts';
import { mineSection, workOn, workOnAll } from '../../support/mined-sections.ts';

/** What a block holds beside its transactions is kept free of them. */
const OVERHEAD_BYTES = 512 * 1024;

describe('The ground of sections', () => {
  let world: ChainWorld;
  let miner: ChainNode;
  let node: ChainNode;

  beforeEach(async () => {
    world = new ChainWorld({ validators: 7 });
    miner = await world.open();
    node = await world.open();
    world.clock.advance(1_000);
  });

  const signedBy = (rank: number, transactions: readonly EncodedTransaction[], change = {}) =>
    mineSection(world, miner.chain.ground, rank, transactions, { change }).message.signed;

  /** How often a section was executed or begun on a ground: each stands on an overlay of S of its own. */
  function countExecutions(ground: SectionGround): () => number {
    const { view } = ground.begun;
    const { extend } = view;
    let count = 0;
    view.extend = () => {
      count++;
      return extend.call(view);
    };
    return () => count;
  }

  function execute(
    ground: SectionGround,
    signed: MinedSection['signed'],
    works: readonly EncodedTransaction[],
  ) {
    const outcome = ground.execute(signed.section, works);
    assert.ok('result' in outcome, 'fault' in outcome ? outcome.fault : '');
    return { signed, result: outcome.result };
  }

  const stateRoots = async (...nodes: ChainNode[]) => {
    for (const one of nodes) assert.equal(one.chain.state.stateRoot(), one.chain.head.header?.stateRoot);
    return new Set(nodes.map(({ chain }) => chain.state.stateRoot()));
  };

  it('gives one state for sections executed one by one, shuffled, and built all at once', async () => {
    const works = workOnAll(world);
    const sections = works.map((work) => signedBy(0, [work]));
    const shuffled = [3, 0, 4, 2, 1].map((i) =>
      execute(node.chain.ground, sections[i] ?? assert.fail(), [works[i] ?? assert.fail()]),
    );
    const block = node.chain.build(world.producer(1), 100, shuffled);
    assert.deepEqual(
      block.block.body.sections,
      sections,
      'in the order of ledgers, as their miners signed them',
    );
    const serial = await world.open();
    const together = await world.open();
    const { ground } = together.chain;
    const builders = LEDGERS.map((ledger) => ground.open(ledger));
    for (const [i, builder] of builders.entries()) builder.add([works[i] ?? assert.fail()]);
    for (const [i, builder] of [...builders.entries()].reverse()) {
      const { section } = sections[i] ?? assert.fail();
      assert.deepEqual(ground.sectionOf(builder.result(), section.miner, 0), section);
    }
    const certificate = world.certify(block, node.chain.validators);
    for (const { chain } of [node, serial, together]) await chain.commit(block, certificate);
    assert.equal((await stateRoots(node, serial, together)).size, 1);
  });

  it('executes a section once, whoever asks: who hears of it, who proposes, who votes', async () => {
    const works = [workOn(world, 'economy')];
    const signed = signedBy(0, works);
    const { ground } = node.chain;
    const executions = countExecutions(ground);
    const heard = execute(ground, signed, works);
    assert.equal(executions(), 1);
    assert.equal(execute(ground, signed, works).result, heard.result);
    const block = node.chain.build(world.producer(1), 100, [heard]);
    const empties = LEDGERS.length - 1;
    assert.ok(executions() <= 1 + 2 * empties, 'the four others are empty');
    const before = executions();
    assert.deepEqual(await node.chain.validate(block, { reproposal: false }), { valid: true });
    const again = node.chain.build(world.producer(2), 100, [heard]);
    assert.deepEqual(await node.chain.validate(again, { reproposal: false }), { valid: true });
    assert.ok(executions() - before <= empties, 'builders of empty sections alone');
    assert.equal(execute(ground, signed, works).result, heard.result);
  });

  it('remembers what is refused as well', () => {
    const works = [workOn(world, 'economy')];
    const signed = signedBy(0, works, { post: 'cd'.repeat(32) });
    const executions = countExecutions(node.chain.ground);
    for (let i = 0; i < 3; i++)
      assert.deepEqual(node.chain.ground.execute(signed.section, works), { fault: 'WRONG_POST_STATE' });
    assert.equal(executions(), 1);
  });

  /** Sections that are all true and all different: as many as make any other one forgotten. */
  function crowd(ground: SectionGround, works: readonly EncodedTransaction[]): void {
    for (let i = 0; i < LIMITS.maxExecutedSections; i++)
      execute(ground, signedBy(0, works, { miner: i.toString(16).padStart(64, '0') }), works);
  }

  it('executes again what it forgot, and blocks that hold it are right before and after', async () => {
    const works = [workOn(world, 'economy')];
    const signed = signedBy(0, works);
    const { ground } = node.chain;
    const executions = countExecutions(ground);
    const heard = execute(ground, signed, works);
    const before = node.chain.build(world.producer(1), 100, [heard]);
    crowd(ground, works);
    const counted = executions();
    const after = node.chain.build(world.producer(2), 100, [heard]);
    assert.ok(executions() > counted);
    assert.notEqual(execute(ground, signed, works).result, heard.result);
    assert.deepEqual(after.block.body.sections[4], signed);
    crowd(ground, works);
    for (const block of [before, after])
      assert.deepEqual(await miner.chain.validate(block, { reproposal: false }), { valid: true });
    await node.chain.commit(before, world.certify(before, node.chain.validators));
    await stateRoots(node);
    assert.equal(
      node.chain.state.nodeCount,
      State.load(node.chain.state.leaves()).nodeCount,
      'nothing is left behind',
    );
  });

  describe('above a block that is voted on', () => {
    it('is there once the block is executed, and becomes the ground when that block is decided', async () => {
      const block = miner.chain.build(world.producer(1));
      assert.equal(node.chain.groundAbove(block.hash), undefined);
      node.chain.addCandidate(block);
      assert.equal(node.chain.groundAbove(block.hash), undefined, 'its state is not known yet');
      await node.chain.validate(block, { reproposal: false });
      const ahead = node.chain.groundAbove(block.hash) ?? assert.fail();
      assert.equal(node.chain.groundAbove(block.hash), ahead);
      const works = [workOn(world, 'economy')];
      const builder = ahead.open('economy');
      builder.add(works);
      const result = builder.result();
      await node.chain.commit(block, world.certify(block, node.chain.validators));
      assert.equal(node.chain.ground, ahead);
      await miner.chain.commit(block, world.certify(block, miner.chain.validators));
      assert.deepEqual(ahead.elected, miner.chain.ground.elected);
      const id = ahead.elected.economy[0] ?? assert.fail();
      const section = ahead.sectionOf(result, id, 0);
      assert.deepEqual(section, signedBy(0, works).section, 'as if it had begun after the decision');
      const signature = world.identity(id).consensus.sign(sectionSigningBytes(world.genesisHash, section));
      const next = await buildNext([{ signed: { section, signature }, result }]);
      assert.deepEqual(await miner.chain.validate(next, { reproposal: false }), { valid: true });
    });

    async function buildNext(mined: readonly MinedSection[]) {
      world.clock.advance(1_000);
      return node.chain.build(world.producer(2), 100, mined);
    }

    it('is let go when another block is decided', async () => {
      const block = node.chain.build(world.producer(1));
      const rival = miner.chain.build(world.producer(2));
      const ahead = node.chain.groundAbove(block.hash) ?? assert.fail();
      execute(ahead, ahead.emptySection('economy').signed, []);
      await node.chain.commit(rival, world.certify(rival, node.chain.validators));
      const { state } = node.chain;
      assert.equal(state.nodeCount, State.load(state.leaves()).nodeCount, 'nothing of it is left behind');
      assert.notEqual(node.chain.ground, ahead);
      assert.equal(node.chain.ground.parent.hash, rival.hash);
      assert.deepEqual(await node.chain.validate(await extended(rival), { reproposal: false }), {
        valid: true,
      });
    });

    async function extended(rival: Parameters<ChainNode['chain']['commit']>[0]) {
      await miner.chain.commit(rival, world.certify(rival, miner.chain.validators));
      world.clock.advance(1_000);
      return miner.chain.build(world.producer(3));
    }

    it('is of the block that was asked for last', async () => {
      const [one, other] = [node.chain.build(world.producer(1)), node.chain.build(world.producer(2))];
      const first = node.chain.groundAbove(one.hash) ?? assert.fail();
      const second = node.chain.groundAbove(other.hash) ?? assert.fail();
      assert.notEqual(first, second);
      await node.chain.commit(one, world.certify(one, node.chain.validators));
      assert.notEqual(node.chain.ground, second);
      assert.equal(node.chain.ground.parent.hash, one.hash);
      await stateRoots(node);
    });
  });

  describe('under a proposer', () => {
    it('never lets a faulty elected section into its block: it mines the ledger itself', async () => {
      const works = [workOn(world, 'economy')];
      await node.pool.admit(works[0] ?? assert.fail(), 'gossip');
      const honest = execute(miner.chain.ground, signedBy(0, works), works);
      for (const change of [
        { post: 'cd'.repeat(32) },
        { work: 7 },
        { proof: new Uint8Array(3) },
        { pre: 'ab'.repeat(32) },
      ]) {
        const faulty = { signed: signedBy(0, works, change), result: honest.result };
        const block = node.chain.build(world.producer(1), 100, [faulty]);
        assert.equal(block.block.body.sections[4]?.section.rank, PROPOSER_RANK);
        assert.deepEqual(await miner.chain.validate(block, { reproposal: false }), { valid: true });
        world.clock.advance(10);
      }
    });

    it('leaves out an elected section for which the block has no room, and mines as much as has room', async () => {
      const room = 2 * (workOn(world, 'economy').bytes.length + 4) + 40;
      world = new ChainWorld({ validators: 7, parameters: { maxBlockBytes: OVERHEAD_BYTES + room } });
      [miner, node] = [await world.open(), await world.open()];
      const bpi = [workOn(world, 'bpi')];
      const economy = [0, 1].map((nonce) => workOn(world, 'economy', nonce));
      for (const work of [...bpi, ...economy]) await node.pool.admit(work, 'gossip');
      const { ground } = node.chain;
      const mined = [execute(ground, signedBy(0, bpi), bpi), execute(ground, signedBy(0, economy), economy)];
      const block = node.chain.build(world.producer(1), 100, mined);
      const [ours, theirs] = [block.block.body.sections[4]?.section, block.block.body.sections[2]?.section];
      assert.deepEqual([theirs?.rank, theirs?.txCount], [0, 1]);
      assert.deepEqual([ours?.rank, ours?.txCount], [PROPOSER_RANK, 1]);
      assert.deepEqual(await miner.chain.validate(block, { reproposal: false }), { valid: true });
    });

    it('takes the smallest sections first, and of what finds no room as much as the block has gas for', async () => {
      const take = async (parameters: Partial<Genesis['parameters']>) => {
        world = new ChainWorld({ validators: 7, parameters });
        [miner, node] = [await world.open(), await world.open()];
        const bpi = [workOn(world, 'bpi')];
        const economy = Array.from({ length: 8 }, (_, nonce) => workOn(world, 'economy', nonce));
        for (const work of [...bpi, ...economy]) await node.pool.admit(work, 'gossip');
        const { ground } = node.chain;
        const mined = [
          execute(ground, signedBy(0, economy), economy),
          execute(ground, signedBy(0, bpi), bpi),
        ];
        const block = node.chain.build(world.producer(1), 100, mined);
        assert.deepEqual(await miner.chain.validate(block, { reproposal: false }), { valid: true });
        return block.block.body.sections.map(({ section: { rank, txCount, work } }) => ({
          rank,
          txCount,
          work,
        }));
      };
      const whole = await take({});
      const gas = whole.reduce((sum, { work }) => sum + work, 0);
      const room = { maxBlockGas: gas - 1, maxSectionGas: gas - 1 };
      assert.deepEqual(
        [whole, await take(room)].map((sections) =>
          [2, 4].map((i) => [sections[i]?.rank, sections[i]?.txCount]),
        ),
        [
          [
            [0, 1],
            [0, 8],
          ],
          [
            [0, 1],
            [PROPOSER_RANK, 7],
          ],
        ],
      );
    });

    it('takes a full block of elected sections without mining anything', () => {
      const works = workOnAll(world);
      const mined = works.map((work) => execute(node.chain.ground, signedBy(0, [work]), [work]));
      const block = node.chain.build(world.producer(1), 100, mined);
      assert.deepEqual(
        block.block.body.sections.map(({ section }) => section.rank),
        [0, 0, 0, 0, 0],
      );
      assert.equal(
        new Set(block.block.body.sections.map(({ section }) => section.miner)).size,
        LEDGERS.length,
      );
      const empty = node.chain.build(world.producer(2));
      assert.ok(empty.block.body.sections.every(({ section }) => section.rank === EMPTY_RANK));
    });
  });

  it('refuses a section over the bounds before any of it is executed', async () => {
    world = new ChainWorld({ validators: 7, parameters: { maxSectionOperations: 2 } });
    node = await world.open();
    const { ground } = node.chain;
    const works = [0, 1, 2].map((nonce) => workOn(world, 'economy', nonce));
    const { signed } = ground.emptySection('economy');
    const executions = countExecutions(ground);
    assert.equal(checkSectionSize(signed, works.slice(0, 2), ground.parent), undefined);
    assert.equal(checkSectionSize(signed, works, ground.parent), 'SECTION_TOO_LARGE');
    assert.equal(executions(), 0);
    const nodes = node.chain.state.nodeCount;
    assert.deepEqual(ground.execute({ ...signed.section, txCount: 3 }, works), {
      fault: 'SECTION_TOO_LARGE',
    });
    assert.equal(node.chain.state.nodeCount, nodes, 'nothing was written, not even aside');
  });
});
