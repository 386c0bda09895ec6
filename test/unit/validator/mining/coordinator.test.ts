import assert from 'node:assert/strict';
import type { MinedSection } from '../../../../src/chain/section-ground.ts';
import type { LEDGERS } from '../../../../src/types/names.ts';
import { FETCH_PATIENCE_MS, SECTION_WAIT_MS } from '../../../../src/validator/mining/mining-round.ts';
import { RankStep } from '../../../../src/validator/mining/rank-step.ts';
import { type ChainNode, ChainWorld } from '../../../support/chain.ts';
import { mineSection, workOn } from '../../../support/mined-sections.ts';
import { electedIndex, MiningNode } from '../../../support/mining-node.ts';
import { useTemporaryDirectory } from '../../../support/temporary-directory.ts';
import { turns, VirtualTimers } from '../../../support/virtual-timers.ts';
import { waitFor } from '../../../support/wait-for.ts';

/** What a proposer waits for, on a clock that the test moves. */
describe('A proposer that collects sections', () => {
  const directory = useTemporaryDirectory();
  let world: ChainWorld;
  let timers: VirtualTimers;
  let other: ChainNode;
  let node: MiningNode;
  let collected: readonly MinedSection[] | undefined;

  beforeEach(async () => {
    world = new ChainWorld({ validators: 7 });
    other = await world.open();
    collected = undefined;
    timers = new VirtualTimers(world.clock);
    timers.install();
  });
  afterEach(async () => {
    timers.restore();
    await node.stop();
  });

  /** A validator that is not elected for economy, or the one that has a rank there. */
  async function open(rank?: number): Promise<void> {
    const { elected } = other.chain.ground;
    const index =
      rank === undefined
        ? world.validators.findIndex(({ account }) => !elected.economy.includes(account.address))
        : electedIndex(world, other.chain.ground, 'economy', rank);
    node = await MiningNode.open(world, index, { journalPath: directory.join('journal') });
    node.scheduler.start();
  }

  async function collect(height = 1): Promise<void> {
    void node.scheduler.collect(height).then((sections) => {
      collected = sections;
    });
    await turns();
  }

  const ranks = () => collected?.map(({ signed: { section } }) => [section.ledger, section.rank]);
  const hear = async (rank: number, ledger: (typeof LEDGERS)[number] = 'economy') => {
    const section = mineSection(world, other.chain.ground, rank, [works.get(ledger) ?? assert.fail()]);
    assert.equal(await node.hear(section.bytes), 'accept');
    await waitFor(
      'it was checked',
      () => node.scheduler.workers[ledger].round?.best?.signed.section.rank === rank,
    );
    await turns();
  };
  const works = new Map<string, ReturnType<typeof workOn>>();
  const give = async (ledger: (typeof LEDGERS)[number] = 'economy') => {
    works.set(ledger, workOn(world, ledger));
    await node.give(works.get(ledger) ?? assert.fail());
  };

  it('waits for nobody where no ledger has an executable transaction', async () => {
    await open();
    await collect();
    assert.deepEqual(ranks(), []);
  });

  it('waits until 300 ms after miners began to send, and no longer', async () => {
    await open();
    await give();
    await timers.advance(100);
    await collect();
    await timers.advance(SECTION_WAIT_MS - 100 - 1);
    assert.equal(ranks(), undefined);
    await timers.advance(1);
    assert.deepEqual(ranks(), []);
  });

  it('waits no longer when the section of rank 0 is there, however it came', async () => {
    await open();
    await give();
    await collect();
    await hear(0);
    assert.deepEqual(ranks(), [['economy', 0]]);
    await collect();
    assert.deepEqual(ranks(), [['economy', 0]], 'nor if it was there before');
  });

  it('hopes for a lower rank until the end, and then takes the lowest that came', async () => {
    await open();
    await give();
    await collect();
    await hear(3);
    await hear(2);
    assert.equal(ranks(), undefined);
    await timers.advance(SECTION_WAIT_MS - 1);
    assert.equal(ranks(), undefined);
    await timers.advance(1);
    assert.deepEqual(ranks(), [['economy', 2]]);
  });

  it('waits for each ledger with transactions, and for no other', async () => {
    await open();
    await give('economy');
    await give('bpci');
    await collect();
    await hear(0, 'economy');
    assert.equal(ranks(), undefined);
    await hear(0, 'bpci');
    assert.deepEqual(ranks(), [
      ['bpci', 0],
      ['economy', 0],
    ]);
  });

  it('uses its own elected section without waiting for a lower rank', async () => {
    await open(2);
    await give();
    await collect();
    await timers.advance(2 * new RankStep().ms - 1);
    assert.equal(ranks(), undefined);
    await timers.advance(1);
    await waitFor('the own section is mined', () => collected !== undefined);
    assert.deepEqual(ranks(), [['economy', 2]]);
  });

  it('has an end however late transactions come to other ledgers', async () => {
    await open();
    await give('economy');
    await collect();
    const startMs = world.clock.monotonicMs();
    let waitedMs = 0;
    for (const ledger of ['bpi', 'cluster', 'docklock', 'bpci'] as const) {
      await timers.advance(SECTION_WAIT_MS - 1);
      if (collected !== undefined) break;
      waitedMs = world.clock.monotonicMs() - startMs;
      await give(ledger);
    }
    assert.notEqual(ranks(), undefined);
    assert.ok(waitedMs <= SECTION_WAIT_MS + FETCH_PATIENCE_MS, `waited ${waitedMs} ms`);
  });

  it('gives nothing for a height that is over, also if it ends while it waits', async () => {
    await open();
    await collect(7);
    assert.deepEqual(ranks(), []);
    collected = undefined;
    await give();
    await collect();
    assert.equal(ranks(), undefined);
    await world.extend(node.node);
    await timers.advance(SECTION_WAIT_MS);
    assert.deepEqual(ranks(), []);
  });
});
