import assert from 'node:assert/strict';
import { decodeSectionMessage } from '../../../../src/types/section.ts';
import { LIMITS } from '../../../../src/util/limits.ts';
import { collectorOf } from '../../../../src/validator/collector.ts';
import { type ChainNode, ChainWorld } from '../../../support/chain.ts';
import { workOn } from '../../../support/mined-sections.ts';
import { electedIndex, MiningNode } from '../../../support/mining-node.ts';
import { useTemporaryDirectory } from '../../../support/temporary-directory.ts';
import { VirtualTimers } from '../../../support/virtual-timers.ts';
import { waitFor } from '../../../support/wait-for.ts';

describe('A section in a large set', () => {
  const directory = useTemporaryDirectory();
  let world: ChainWorld;
  let timers: VirtualTimers;
  /** Another node on the same chain, which tells who is elected. */
  let other: ChainNode;
  let node: MiningNode;

  beforeEach(async () => {
    world = new ChainWorld({ validators: LIMITS.maxDirectValidators + 14 });
    other = await world.open();
    timers = new VirtualTimers(world.clock);
    timers.install();
  });
  afterEach(async () => {
    timers.restore();
    await node.stop();
  });

  /** To whom a section of a rank with so many transactions goes, in that order. */
  async function receiversOf(transactions: number, rank = 0): Promise<string[]> {
    const index = electedIndex(world, other.chain.ground, 'economy', rank);
    node = await MiningNode.open(world, index, { journalPath: directory.join('journal') });
    node.network.linked = new Set(world.validators.map(({ account }) => account.address));
    await node.give(...Array.from({ length: transactions }, (_, nonce) => workOn(world, 'economy', nonce)));
    node.scheduler.start();
    await timers.advance(5_000);
    const { sent } = node.network;
    await waitFor('the section is sent', () => node.scheduler.workers.economy.state === 'MINED');
    for (const { topic, bytes } of sent) {
      assert.equal(topic, 'section');
      assert.equal(decodeSectionMessage(bytes).transactionIds.length, transactions);
    }
    assert.deepEqual(node.sent, [], 'nothing is gossiped');
    return sent.map(({ to }) => to);
  }

  /** Who needs it before the proposal: next proposers, and miners who would send their own. */
  function concerned(rank = 0): Set<string> {
    const { chain } = other;
    const ids = new Set([collectorOf(chain, 0), collectorOf(chain, 1), ...chain.ground.elected.economy]);
    ids.delete(chain.ground.elected.economy[rank]);
    return ids as Set<string>;
  }

  it('goes only to who proposes or mines the ledger, where it is executed in no time', async () => {
    const receivers = await receiversOf(1);
    assert.deepEqual(new Set(receivers), concerned());
    assert.equal(receivers.length, concerned().size, 'once to each');
  });

  it('goes only to them where it is not the best one', async () => {
    assert.deepEqual(new Set(await receiversOf(40, 1)), concerned(1));
  });

  it('goes to all where it takes a while, and first to who needs it before the proposal', async () => {
    const receivers = await receiversOf(40);
    assert.equal(new Set(receivers).size, world.validators.length - 1);
    assert.equal(receivers.length, world.validators.length - 1, 'once to each');
    assert.deepEqual(new Set(receivers.slice(0, concerned().size)), concerned());
  });
});
