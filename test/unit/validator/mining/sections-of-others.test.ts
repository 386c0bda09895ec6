import assert from 'node:assert/strict';
import { sectionEvidence } from '../../../../src/types/evidence-check.ts';
import { LEDGERS } from '../../../../src/types/names.ts';
import {
  encodeSectionMessage,
  PROPOSER_RANK,
  type Section,
  type SectionMessage,
  statementOf,
} from '../../../../src/types/section.ts';
import { SYSTEM_RECEIPTS } from '../../../../src/types/system-receipt.ts';
import type { EncodedTransaction } from '../../../../src/types/transaction.ts';
import { FETCH_PATIENCE_MS } from '../../../../src/validator/mining/mining-round.ts';
import { type ChainNode, ChainWorld } from '../../../support/chain.ts';
import { mineSection, type SectionOptions, workOn } from '../../../support/mined-sections.ts';
import { MiningNode } from '../../../support/mining-node.ts';
import { useTemporaryDirectory } from '../../../support/temporary-directory.ts';
import { turns, VirtualTimers } from '../../../support/virtual-timers.ts';
import { waitFor } from '../../../support/wait-for.ts';

const VALIDATORS = 7;
const OTHER_HASH = 'cd'.repeat(32);

describe('Sections of other miners', () => {
  const directory = useTemporaryDirectory();
  let world: ChainWorld;
  let other: ChainNode;
  let node: MiningNode;
  let work: EncodedTransaction;

  beforeEach(async () => {
    world = new ChainWorld({ validators: VALIDATORS });
    other = await world.open();
    work = workOn(world, 'economy');
    const { elected } = other.chain.ground;
    const index = world.validators.findIndex(({ account }) => !elected.economy.includes(account.address));
    node = await MiningNode.open(world, index, { journalPath: directory.join('journal') });
    await node.give(work);
    node.scheduler.start();
  });
  afterEach(() => node.stop());

  const mined = (rank = 0, options: SectionOptions = {}, transactions = [work]) =>
    mineSection(world, other.chain.ground, rank, transactions, options);
  const best = () => node.scheduler.workers.economy.round?.best?.signed.section;
  const encoded = (message: SectionMessage) => encodeSectionMessage(message);

  it('are taken up in whatever order they come, the lowest rank in the end', async () => {
    for (const rank of [3, 1, 2, 0]) assert.equal(await node.hear(mined(rank).bytes), 'accept');
    await waitFor('rank 0 was checked', () => best()?.rank === 0);
    assert.equal(await node.hear(mined(0).bytes), 'accept', 'a copy is as good as the first');
  });

  it('wait for their transactions where the own pool does not have them, but not for ever', async () => {
    const timers = new VirtualTimers(world.clock);
    timers.install();
    try {
      const [second, third] = [workOn(world, 'economy', 1), workOn(world, 'economy', 2)];
      assert.equal(await node.hear(mined(0, {}, [work, second, third]).bytes), 'accept');
      assert.equal(await node.hear(mined(1, {}, [work, second]).bytes), 'accept');
      await timers.advance(FETCH_PATIENCE_MS - 1);
      await node.give(second);
      assert.equal(best(), undefined, 'rank 0 may still be good');
      await timers.advance(1);
      await waitFor('the transaction of rank 1 came', () => best()?.rank === 1);
      await node.give(third);
      await timers.advance(FETCH_PATIENCE_MS);
      assert.equal(best()?.rank, 1);
    } finally {
      timers.restore();
    }
  });

  it('that cannot be checked for whatever reason give way to the next rank', async () => {
    const { ground } = node.node.chain;
    const { execute } = ground;
    ground.execute = (section, transactions) => {
      if (section.rank === 0) throw new TypeError('of the test');
      return execute.call(ground, section, transactions);
    };
    assert.equal(await node.hear(mined(0).bytes), 'accept');
    assert.equal(await node.hear(mined(1).bytes), 'accept');
    await waitFor('rank 1 was checked', () => best()?.rank === 1);
  });

  const stranger = () => world.candidate();
  const refused: Readonly<Record<string, () => Uint8Array>> = {
    'bytes that are no section': () => Uint8Array.of(1, 2, 3),
    'no bytes': () => new Uint8Array(0),
    'a section with a trailing byte': () => Uint8Array.of(...mined().bytes, 0),
    'a section of a stranger': () =>
      mined(0, { miner: stranger().account.address, key: stranger().consensus }).bytes,
    'a section of a validator that was not elected': () => {
      const { elected } = other.chain.ground;
      const member = world.validators.find(({ account }) => !elected.economy.includes(account.address));
      return mined(0, { miner: member?.account.address ?? '' }).bytes;
    },
    'a section of an elected miner with the rank of another': () =>
      mined(1, { miner: other.chain.ground.elected.economy[0] as string }).bytes,
    'a section of an elected miner of another ledger': () => {
      const { elected } = other.chain.ground;
      const miner = elected.docklock.find((id) => elected.economy[0] !== id) as string;
      return mined(0, { miner }).bytes;
    },
    'a section of a proposer, which stands in its block only': () => mined(PROPOSER_RANK).bytes,
    'a section with a rank that there is not': () => mined(0, { change: { rank: 5 } }).bytes,
    'a section that another one signed': () => mined(0, { key: stranger().consensus }).bytes,
    'a section that was changed after it was signed': () => {
      const { signed, transactionIds } = mined().message;
      return encoded({ signed: { ...signed, section: { ...signed.section, work: 1 } }, transactionIds });
    },
    'other transactions than the section names': () =>
      encoded({ ...mined().message, transactionIds: [OTHER_HASH] }),
    'fewer transactions than the section names': () => encoded({ ...mined().message, transactionIds: [] }),
    'more transactions than the section names': () =>
      encoded({ ...mined().message, transactionIds: [work.id, work.id] }),
    'a count of transactions that is not theirs': () => mined(0, { change: { txCount: 2 } }).bytes,
    'a signed section without transactions': () =>
      encoded({ ...mined(0, { change: { txCount: 0 } }).message, transactionIds: [] }),
    'an empty section, which nobody mines': () =>
      encoded({ signed: other.chain.ground.emptySection('economy').signed, transactionIds: [] }),
  };
  for (const [what, bytes] of Object.entries(refused))
    it(`are rejected: ${what}`, async () => {
      assert.equal(await node.hear(bytes()), 'reject');
      await turns();
      assert.equal(best(), undefined);
    });

  it('are neither taken up nor held against their sender on another parent or height', async () => {
    const changes: Partial<Section>[] = [{ parent: OTHER_HASH }, { height: 3 }, { height: 2_000 }];
    for (const change of changes) assert.equal(await node.hear(mined(0, { change }).bytes), 'ignore');
    const past = mined().bytes;
    await world.extend(node.node, [other]);
    assert.equal(await node.hear(past), 'ignore');
    assert.equal(best(), undefined);
  });

  const untrue: Readonly<Record<string, Partial<Section>>> = {
    'state before': { pre: OTHER_HASH },
    'state after': { post: OTHER_HASH },
    receipts: { receiptRoot: OTHER_HASH },
    messages: { outboxRoot: OTHER_HASH },
    charges: { chargeRoot: OTHER_HASH },
    work: { work: 1 },
    proof: { proof: Uint8Array.of(1) },
  };
  for (const [what, change] of Object.entries(untrue))
    it(`are not used where their ${what} is untrue, and the next rank's is`, async () => {
      assert.equal(await node.hear(mined(0, { change }).bytes), 'accept');
      await turns();
      assert.equal(await node.hear(mined(1).bytes), 'accept');
      await waitFor('rank 1 was checked', () => best()?.rank === 1);
      const sections = LEDGERS.flatMap((ledger) => node.scheduler.workers[ledger].round?.best ?? []);
      const block = node.node.chain.build(world.producer(0), 100, sections);
      assert.equal(block.block.body.sections[4]?.section.rank, 1);
      assert.deepEqual(await other.chain.validate(block, { reproposal: false }), { valid: true });
    });

  describe('two of one elected miner', () => {
    /** Another section of the same miner on the same parent. */
    const second = () => mined(0, {}, [workOn(world, 'economy', 0), workOn(world, 'economy', 1)]);

    it('are evidence, which the next block holds: the miner is slashed and jailed', async () => {
      const offender = other.chain.ground.elected.economy[0] as string;
      assert.equal(await node.hear(mined().bytes), 'accept');
      assert.equal(await node.hear(second().bytes), 'ignore');
      const { chain } = node.node;
      await waitFor('the evidence is proven', () => chain.evidence.forNextBlock().length === 1);
      const block = await world.extend(node.node, [other]);
      assert.deepEqual(
        block.block.body.evidence.map(({ kind }) => kind),
        ['section'],
      );
      assert.equal(other.chain.nextValidators.has(offender), false);
      const kinds = other.chain.history.block(1)?.receipts.system.map(({ kind }) => kind) ?? [];
      assert.ok(kinds.includes(SYSTEM_RECEIPTS.ValidatorSlashed.kind));
    });

    it('are none where it is one section signed twice', async () => {
      const { message, bytes } = mined();
      assert.equal(await node.hear(bytes), 'accept');
      assert.equal(await node.hear(encoded(message)), 'accept');
      await turns();
      assert.deepEqual(node.node.chain.evidence.forNextBlock(), []);
    });

    it('are none on two parents, of two ledgers, or with the rank of a proposer, which may build anew', async () => {
      const { chain } = node.node;
      const admit = (one: SectionMessage, another: SectionMessage) =>
        chain.evidence.admit(sectionEvidence(statementOf(one.signed), statementOf(another.signed)), 'peer');
      const miner = world.producer(3).id;
      const [first, again] = [mined(0, { miner }), mined(0, { miner, change: { work: 9 } })];
      assert.equal(await admit(first.message, again.message), 'ADDED', 'the control');
      for (const change of [{ parent: OTHER_HASH }, { ledger: 'bpi' as const }, { rank: PROPOSER_RANK }])
        assert.equal(
          await admit(mined(0, { miner }).message, mined(0, { miner, change }).message),
          'EVIDENCE_NOT_CONTRADICTING',
        );
      const rounds = [{ work: 1 }, { work: 2 }].map((change) => mined(PROPOSER_RANK, { miner, change }));
      assert.equal(
        await admit(rounds[0]?.message as SectionMessage, rounds[1]?.message as SectionMessage),
        'EVIDENCE_NOT_CONTRADICTING',
      );
    });

    it('do not come about when a proposer mines a ledger in two rounds', async () => {
      const { chain } = node.node;
      const round0 = chain.build(world.producer(0));
      await node.give(workOn(world, 'economy', 1));
      world.clock.advance(1_000);
      const round1 = chain.build(world.producer(0));
      const [a, b] = [round0, round1].map(({ block }) => block.body.sections[4] ?? assert.fail());
      assert.ok(a !== undefined && b !== undefined);
      assert.deepEqual([a.section.rank, b.section.rank], [PROPOSER_RANK, PROPOSER_RANK]);
      assert.notEqual(a.section.txRoot, b.section.txRoot);
      assert.equal(
        await chain.evidence.admit(sectionEvidence(statementOf(a), statementOf(b)), 'peer'),
        'EVIDENCE_NOT_CONTRADICTING',
      );
    });
  });

  describe('that come one height early', () => {
    /** The other node is one block ahead: sections on its head, by rank. */
    async function ahead() {
      const block = await world.extend(other);
      const certificate = other.chain.head.certificate ?? assert.fail();
      return { commit: () => node.node.chain.commit(block, certificate) };
    }

    it('are used as soon as the block below is decided here', async () => {
      const { commit } = await ahead();
      const { message, bytes } = mined();
      assert.equal(await node.hear(bytes, message.signed.section.miner), 'ignore');
      assert.equal(best(), undefined);
      await commit();
      await waitFor('it was checked', () => best()?.height === 2 && best()?.rank === 0);
    });

    it('are kept only from their miner itself', async () => {
      const { commit } = await ahead();
      const { message, bytes } = mined();
      const { miner } = message.signed.section;
      const another = world.validators.find(({ account }) => account.address !== miner)?.account.address;
      assert.equal(await node.hear(bytes), 'ignore');
      assert.equal(await node.hear(bytes, another), 'ignore');
      await commit();
      await turns();
      assert.equal(best(), undefined);
    });

    it('do not crowd out those of others, however many one validator sends', async () => {
      const { commit } = await ahead();
      const { message, bytes } = mined();
      const { miner } = message.signed.section;
      const flooder = world.validators.find(({ account }) => account.address !== miner)?.account
        .address as string;
      const forged = mined(0, { miner: flooder }).message;
      for (let i = 0; i < 300; i++) {
        const ledger = LEDGERS[i % LEDGERS.length] ?? 'economy';
        const section = { ...forged.signed.section, ledger, work: i };
        assert.equal(
          await node.hear(encoded({ ...forged, signed: { ...forged.signed, section } }), flooder),
          'ignore',
        );
      }
      assert.equal(await node.hear(bytes, miner), 'ignore');
      await commit();
      await waitFor('the honest one was checked', () => best()?.miner === miner);
    });

    it('and were made on a block that was not decided are of no use', async () => {
      await world.extend(other, [], world.producer(5));
      const { message, bytes } = mined();
      await node.hear(bytes, message.signed.section.miner);
      await world.extend(node.node, [], world.producer(2));
      assert.notEqual(node.node.chain.head.hash, other.chain.head.hash);
      await turns();
      assert.equal(best(), undefined);
    });
  });
});
