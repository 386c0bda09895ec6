import assert from 'node:assert/strict';
import { ELECTED_RANKS, encodeSectionMessage } from '../../../../src/types/section.ts';
import type { EncodedTransaction } from '../../../../src/types/transaction.ts';
import { SECTION_LEAD_MS } from '../../../../src/validator/mining/mining-round.ts';
import { RankStep } from '../../../../src/validator/mining/rank-step.ts';
import { type ChainNode, ChainWorld } from '../../../support/chain.ts';
import { mineSection, workOn, workOnAll } from '../../../support/mined-sections.ts';
import { electedIndex, MiningNode, type MiningNodeOptions } from '../../../support/mining-node.ts';
import { useTemporaryDirectory } from '../../../support/temporary-directory.ts';
import { turns, VirtualTimers } from '../../../support/virtual-timers.ts';
import { waitFor } from '../../../support/wait-for.ts';

const VALIDATORS = 7;
/** From one rank to the next on a quiet network. */
const STEP_MS = new RankStep().ms;

describe('Mining by turns', () => {
  const directory = useTemporaryDirectory();
  let world: ChainWorld;
  let timers: VirtualTimers;
  /** Another node on the same chain, on which sections of others are made. */
  let other: ChainNode;
  let node: MiningNode;

  beforeEach(async () => {
    world = new ChainWorld({ validators: VALIDATORS });
    other = await world.open();
    timers = new VirtualTimers(world.clock);
    timers.install();
  });
  afterEach(async () => {
    timers.restore();
    await node.stop();
  });

  /** Opens the validator that is elected for economy with this rank. */
  async function open(rank: number, options: Partial<MiningNodeOptions> = {}): Promise<void> {
    const index = electedIndex(world, other.chain.ground, 'economy', rank);
    node = await MiningNode.open(world, index, { journalPath: directory.join('journal'), ...options });
  }

  const worker = () => node.scheduler.workers.economy;
  const sent = () => waitFor('a section is sent', () => node.sent.length > 0);

  for (let rank = 0; rank < ELECTED_RANKS; rank++)
    it(`sends the section of rank ${rank} when its turn has come, and not before`, async () => {
      await open(rank);
      node.scheduler.start();
      await timers.advance(5_000);
      const work = workOn(world, 'economy');
      await node.give(work);
      await timers.advance(rank * STEP_MS - (rank === 0 ? 0 : 1));
      if (rank > 0) {
        assert.equal(worker().state, 'ELECTED');
        assert.equal(node.sent.length, 0);
      }
      await timers.advance(1);
      await sent();
      const [message] = node.sent;
      const { section } = message?.signed ?? assert.fail();
      assert.deepEqual(
        { ledger: section.ledger, height: section.height, rank: section.rank, miner: section.miner },
        { ledger: 'economy', height: 1, rank, miner: other.chain.ground.elected.economy[rank] },
      );
      assert.deepEqual(message?.transactionIds, [work.id]);
      assert.deepEqual(node.revealed, [{ ids: [work.id], sectionsBefore: 0 }]);
      assert.equal(await receivedBy(message), 'accept');
      assert.equal(worker().state, 'MINED');
      await timers.advance(10_000);
      assert.equal(node.sent.length, 1, 'one section of a height is all');
    });

  /** What another validator says of a section. */
  async function receivedBy(message: (typeof node.sent)[number] | undefined) {
    const index = electedIndex(world, other.chain.ground, 'docklock', 0);
    const peer = await MiningNode.open(world, index, { journalPath: directory.join('peer'), node: other });
    peer.scheduler.start();
    try {
      return await peer.hear(encodeSectionMessage(message ?? assert.fail('nothing was sent')));
    } finally {
      await peer.stop();
    }
  }

  it('counts turns from shortly before the block is due, where work and decision were earlier', async () => {
    await open(1, { targetBlockIntervalMs: 3_000 });
    const dueInMs = node.node.chain.head.timeMs + 3_000 - world.clock.wallMs();
    await node.give(workOn(world, 'economy'));
    node.scheduler.start();
    await timers.advance(dueInMs - SECTION_LEAD_MS + STEP_MS - 1);
    assert.equal(worker().state, 'ELECTED');
    await timers.advance(1);
    await sent();
  });

  it('counts turns from the decision of the parent, where that came last', async () => {
    await open(1, { targetBlockIntervalMs: 50 });
    await node.give(workOn(world, 'economy'));
    await timers.advance(20_000);
    node.scheduler.start();
    await timers.advance(STEP_MS - 1);
    assert.equal(worker().state, 'ELECTED');
    await timers.advance(1);
    await sent();
  });

  it('stays silent when a lower rank was heard', async () => {
    await open(2);
    node.scheduler.start();
    const work = workOn(world, 'economy');
    await node.give(work);
    assert.equal(await node.hear(mineSection(world, other.chain.ground, 1, [work]).bytes), 'accept');
    await waitFor('it was checked', () => worker().round?.best?.signed.section.rank === 1);
    await timers.advance(5_000);
    assert.equal(worker().state, 'ELECTED');
    assert.equal(node.sent.length, 0);
  });

  it('speaks in its turn when a higher rank was heard, or a lower one that is false', async () => {
    await open(1);
    node.scheduler.start();
    const work = workOn(world, 'economy');
    await node.give(work);
    const { ground } = other.chain;
    const higher = mineSection(world, ground, 2, [work]);
    const wrong = mineSection(world, ground, 0, [work], { change: { post: 'cd'.repeat(32) } });
    assert.equal(await node.hear(wrong.bytes), 'accept', 'whether it is true shows only later');
    assert.equal(await node.hear(higher.bytes), 'accept');
    await waitFor('the true one was checked', () => worker().round?.best?.signed.section.rank === 2);
    await timers.advance(STEP_MS);
    await sent();
    assert.equal(worker().round?.best?.signed.section.rank, 1);
  });

  it('mines nothing without transactions, and nothing where it is not elected', async () => {
    await open(0);
    const elected = other.chain.ground.elected;
    const self = elected.economy[0] as string;
    node.scheduler.start();
    await timers.advance(30_000);
    assert.equal(node.sent.length, 0);
    await node.give(...workOnAll(world));
    await timers.advance(30_000);
    const mine = Object.entries(elected).filter(([, miners]) => miners.includes(self));
    await waitFor('all that it is elected for', () => node.sent.length === mine.length);
    assert.deepEqual(
      new Set(node.sent.map(({ signed }) => signed.section.ledger)),
      new Set(mine.map(([ledger]) => ledger)),
    );
    for (const { ledger, state } of Object.values(node.scheduler.workers))
      assert.equal(state, mine.some(([name]) => name === ledger) ? 'MINED' : 'IDLE', ledger);
  });

  it('signs nothing after its journal was lost, and still takes the sections of others', async () => {
    await open(0, { lostUpTo: 1 });
    const work = workOn(world, 'economy');
    await node.give(work);
    node.scheduler.start();
    await timers.advance(30_000);
    assert.equal(worker().state, 'IDLE');
    assert.equal(node.sent.length, 0);
    assert.deepEqual(node.journal.recordsOf(1), []);
    assert.equal(await node.hear(mineSection(world, other.chain.ground, 1, [work]).bytes), 'accept');
    await waitFor('it was checked', () => worker().round?.best !== undefined);
  });

  describe('on a block that is not decided', () => {
    /** The next block, executed and voted on, which holds the first `inBlock` transactions; the others wait. */
    async function voteOnNext(works: readonly EncodedTransaction[], inBlock = 1) {
      for (const work of works) await other.pool.admit(work, 'gossip');
      const block = other.chain.build(world.producer(0), inBlock);
      const certificate = world.certify(block, other.chain.validators);
      // Its twin has committed it, and tells who mines above it.
      await other.chain.commit(block, certificate);
      await open(0);
      await node.give(...works);
      const { chain } = node.node;
      assert.deepEqual(await chain.validate(block, { reproposal: false }), { valid: true });
      node.scheduler.start();
      return { block, commit: () => chain.commit(block, certificate) };
    }

    const works = (count: number) =>
      Array.from({ length: count }, (_, nonce) => workOn(world, 'economy', nonce));
    const sentAbove = () =>
      waitFor('a section of height 2 is sent', () =>
        node.sent.find(({ signed }) => signed.section.height === 2),
      );

    /** How often a section was begun on the ground above a block. */
    function countOpened(hash: string): string[] {
      const ground = node.node.chain.groundAbove(hash) ?? assert.fail('the block is not executed');
      const opened: string[] = [];
      const { open: openSection } = ground;
      ground.open = (ledger) => {
        opened.push(ledger);
        return openSection.call(ground, ledger);
      };
      return opened;
    }

    it('signs and sends nothing before it is decided, and then what it has built ahead', async () => {
      const [first, ...waiting] = works(3);
      const { block, commit } = await voteOnNext([first as EncodedTransaction, ...waiting]);
      const opened = countOpened(block.hash);
      node.scheduler.prepareAbove(block.hash);
      await timers.advance(60_000);
      assert.deepEqual(opened, ['economy']);
      assert.ok(node.sent.every(({ signed }) => signed.section.height === 1));
      assert.deepEqual(node.journal.recordsOf(2), []);
      await commit();
      await timers.advance(60_000);
      const { transactionIds } = await sentAbove();
      assert.deepEqual(opened, ['economy'], 'what was built ahead is what was sent');
      assert.deepEqual(
        transactionIds,
        waiting.map(({ id }) => id),
      );
    });

    it('adds what came since it built ahead', async () => {
      const [first, second, late] = works(3) as [EncodedTransaction, EncodedTransaction, EncodedTransaction];
      const { block, commit } = await voteOnNext([first, second]);
      node.scheduler.prepareAbove(block.hash);
      await turns();
      await node.give(late);
      await commit();
      await timers.advance(60_000);
      assert.deepEqual((await sentAbove()).transactionIds, [second.id, late.id]);
    });

    it('builds ahead behind a full section of that block too', async () => {
      world = new ChainWorld({ validators: VALIDATORS, parameters: { maxSectionOperations: 4 } });
      other = await world.open();
      timers.restore();
      timers = new VirtualTimers(world.clock);
      timers.install();
      const { block } = await voteOnNext(works(8), 4);
      assert.equal(block.transactions.flat().length, 4);
      const built = node.node.chain.groundAbove(block.hash) ?? assert.fail();
      const builders: { size: number }[] = [];
      const { open: openSection } = built;
      built.open = (ledger) => {
        const builder = openSection.call(built, ledger);
        builders.push(builder);
        return builder;
      };
      node.scheduler.prepareAbove(block.hash);
      await turns();
      assert.deepEqual(
        builders.map(({ size }) => size),
        [4],
      );
    });

    it('lets go of what it built ahead when another block is decided', async () => {
      const { block } = await voteOnNext(works(3));
      const { chain } = node.node;
      const opened = countOpened(block.hash);
      node.scheduler.prepareAbove(block.hash);
      await turns();
      assert.deepEqual(opened, ['economy']);
      const empty = await world.open();
      const rival = empty.chain.build(world.producer(1));
      await chain.commit(rival, world.certify(rival, chain.validators));
      await timers.advance(60_000);
      assert.ok(
        node.sent.every(({ signed }) => signed.section.height === 1 || signed.section.parent === rival.hash),
      );
      assert.equal(chain.ground.parent.hash, rival.hash);
    });
  });
});
