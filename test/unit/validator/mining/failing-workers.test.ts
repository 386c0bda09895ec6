import assert from 'node:assert/strict';
import { LEDGERS, type LedgerName } from '../../../../src/types/names.ts';
import { encodeSectionMessage, type SectionMessage } from '../../../../src/types/section.ts';
import type { VoteSigner } from '../../../../src/validator/vote-signer.ts';
import { ChainWorld } from '../../../support/chain.ts';
import { workOn, workOnAll } from '../../../support/mined-sections.ts';
import { MiningNode, type MiningNodeOptions, type Votes } from '../../../support/mining-node.ts';
import { useTemporaryDirectory } from '../../../support/temporary-directory.ts';
import { turns, VirtualTimers } from '../../../support/virtual-timers.ts';
import { waitFor } from '../../../support/wait-for.ts';

/** The only validator of a chain: all five workers are of rank 0. */
describe('Workers that fail', () => {
  const directory = useTemporaryDirectory();
  let world: ChainWorld;
  let timers: VirtualTimers;
  let node: MiningNode;

  beforeEach(() => {
    world = new ChainWorld({ validators: 1 });
    timers = new VirtualTimers(world.clock);
    timers.install();
  });
  afterEach(async () => {
    timers.restore();
    await node.stop();
  });

  async function open(options: Partial<MiningNodeOptions> = {}): Promise<void> {
    node = await MiningNode.open(world, 0, { journalPath: directory.join('journal'), ...options });
  }

  /** The real signer, but for one ledger. */
  function signingBy(
    ledger: LedgerName,
    sign: (
      real: VoteSigner,
      ...args: Parameters<VoteSigner['signSection']>
    ) => ReturnType<VoteSigner['signSection']>,
  ): Partial<MiningNodeOptions> {
    const votes = (real: VoteSigner): Votes => ({
      id: real.id,
      maySign: (height) => real.maySign(height),
      signedSections: (height) => real.signedSections(height),
      signSection: (section, ids) =>
        section.ledger === ledger ? sign(real, section, ids) : real.signSection(section, ids),
    });
    return { votes };
  }

  const sentAt = (height: number) =>
    node.sent
      .filter(({ signed }) => signed.section.height === height)
      .map(({ signed }) => signed.section.ledger);
  const others = LEDGERS.filter((ledger) => ledger !== 'bpi');
  const stateOf = (ledger: LedgerName) => node.scheduler.workers[ledger].state;

  /** Decides the next block out of what was collected. */
  async function decide() {
    const { chain } = node.node;
    const height = chain.head.height + 1;
    const collecting = node.scheduler.collect(height);
    await timers.advance(5_000);
    const block = chain.build(world.producer(0), 1_000, await collecting);
    await chain.commit(block, world.certify(block, chain.validators));
    return block.block.body.sections.map(({ section }) => section.rank);
  }

  const failures: Readonly<Record<string, (real: VoteSigner) => Promise<never>>> = {
    throws: () => Promise.reject(new Error('of the test')),
    hangs: () => new Promise<never>(() => undefined),
  };
  for (const [what, fail] of Object.entries(failures))
    it(`leave the four others and the block alone where signing ${what}, and mine again at the next height`, async () => {
      let isBroken = true;
      await open(
        signingBy('bpi', (real, section, ids) => (isBroken ? fail(real) : real.signSection(section, ids))),
      );
      node.scheduler.start();
      await node.give(...workOnAll(world, 0));
      await timers.advance(1_000);
      await waitFor('four are sent', () => sentAt(1).length === 4);
      assert.deepEqual(new Set(sentAt(1)), new Set(others));
      for (const ledger of others) assert.equal(stateOf(ledger), 'MINED');
      assert.notEqual(stateOf('bpi'), 'MINED');
      assert.deepEqual(await decide(), [0, 0, 4, 0, 0], 'the proposer mines the fifth itself');
      isBroken = false;
      await node.give(...workOnAll(world, 1));
      await timers.advance(1_000);
      await waitFor('all are sent', () => sentAt(2).length === LEDGERS.length);
      assert.equal(node.scheduler.workers.bpi.failures, 1);
      assert.deepEqual(await decide(), [0, 0, 0, 0, 0]);
    });

  it('send nothing of a height that ended while they signed', async () => {
    let finish = () => {};
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await open(signingBy('bpi', async (real, ...args) => held.then(() => real.signSection(...args))));
    node.scheduler.start();
    await node.give(workOn(world, 'bpi'));
    await timers.advance(1_000);
    assert.equal(stateOf('bpi'), 'BUILDING');
    await decide();
    finish();
    await waitFor('it is signed at last', () => node.journal.recordsOf(1).length > 0);
    await turns();
    assert.deepEqual(sentAt(1), []);
  });

  it('that cannot begin leave the others alone', async () => {
    await open();
    node.scheduler.workers.cluster.begin = () => {
      throw new Error('of the test');
    };
    node.scheduler.start();
    await node.give(...workOnAll(world));
    await timers.advance(1_000);
    await waitFor('four are sent', () => sentAt(1).length === 4);
    assert.ok(!sentAt(1).includes('cluster'));
    assert.deepEqual(await decide(), [0, 4, 0, 0, 0]);
  });

  describe('by a crash between journal and network', () => {
    /** A life of the node that signs a section and never sends it. */
    async function crash(work = workOn(world, 'economy')): Promise<SectionMessage> {
      let signed: SectionMessage | undefined;
      await open(
        signingBy('economy', async (real, ...args) => {
          ({ message: signed } = await real.signSection(...args));
          return await new Promise<never>(() => undefined);
        }),
      );
      node.scheduler.start();
      await node.give(work);
      await timers.advance(1_000);
      const message = await waitFor('it is signed', () => signed);
      assert.equal(node.sent.length, 0);
      await node.stop();
      return message;
    }

    it('send the section that they had signed, and never another', async () => {
      const message = await crash();
      await open();
      await node.give(workOn(world, 'economy', 0), workOn(world, 'economy', 1));
      node.scheduler.start();
      await timers.advance(10_000);
      assert.deepEqual(
        node.network.published.map(({ topic }) => topic),
        ['section'],
      );
      assert.deepEqual(node.sent, [message]);
      assert.equal(stateOf('economy'), 'MINED');
      assert.deepEqual(
        node.journal.recordsOf(1).map(({ step, message: bytes }) => [step, bytes]),
        [['section', encodeSectionMessage(message)]],
      );
    });

    it('use it themselves if they propose, and forget it when the height is decided', async () => {
      const work = workOn(world, 'economy');
      const message = await crash(work);
      await open();
      await node.give(work);
      node.scheduler.start();
      await turns();
      await waitFor('it was checked', () => node.scheduler.workers.economy.round?.best !== undefined);
      assert.deepEqual(await decide(), [255, 255, 255, 255, 0]);
      const [stored] = node.node.chain.history.block(1)?.block.body.sections.slice(4) ?? [];
      assert.deepEqual(stored, message.signed);
      await node.give(workOn(world, 'economy', 1));
      await timers.advance(10_000);
      await waitFor('the next one is sent', () => sentAt(2).length === 1);
    });
  });
});
