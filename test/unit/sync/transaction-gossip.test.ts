import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { TransactionGossip } from '../../../src/sync/transaction-gossip.ts';
import type { EncodedTransaction } from '../../../src/types/transaction.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { type ChainNode, ChainWorld } from '../../support/chain.ts';
import { ScriptedNetwork } from '../../support/scripted-network.ts';
import { waitFor } from '../../support/wait-for.ts';

const COLLECTOR = 'c';

function holds(batch: Uint8Array, transaction: EncodedTransaction): boolean {
  return Buffer.from(batch).includes(Buffer.from(transaction.bytes));
}

describe('transactions on their way to the others', () => {
  let world: ChainWorld;
  let node: ChainNode;
  let network: ScriptedNetwork;
  let gossip: TransactionGossip;

  async function start(collector: string | undefined): Promise<void> {
    world = new ChainWorld();
    node = await world.open();
    network = new ScriptedNetwork();
    network.linked = new Set([COLLECTOR]);
    gossip = new TransactionGossip({
      network: network.port,
      pool: node.pool,
      collector: () => collector,
      clock: systemClock,
    });
  }

  afterEach(() => gossip.stop());

  const submit = (...transactions: EncodedTransaction[]) =>
    Promise.all(transactions.map(({ bytes }) => node.pool.submit(bytes)));

  /** The bytes that another node would put the transactions in. */
  async function batchOf(...transactions: EncodedTransaction[]): Promise<Uint8Array> {
    const other = new ScriptedNetwork();
    const { pool } = await world.open();
    const its = new TransactionGossip({
      network: other.port,
      pool,
      collector: () => undefined,
      clock: systemClock,
    });
    for (const { bytes } of transactions) await pool.submit(bytes);
    its.stop();
    return other.published[0]?.bytes ?? assert.fail('nothing was published');
  }

  it('go to everyone in one batch where there is no collector', async () => {
    await start(undefined);
    await submit(world.transfer(0), world.transfer(1));
    await waitFor('the batch leaves', () => network.published.length > 0);
    assert.deepEqual(
      network.published.map(({ topic }) => topic),
      ['tx'],
    );
    assert.deepEqual(network.sent, []);
  });

  it('are handed over to the collector, and join a frame that leaves for anyone', async () => {
    await start(COLLECTOR);
    await submit(world.transfer(0));
    for (const depart of network.departures) depart(1);
    assert.deepEqual(
      network.sent.map(({ to, topic }) => [to, topic]),
      [[COLLECTOR, 'handover']],
    );
    assert.deepEqual(network.published, []);
  });

  it('are handed over long before a batch to everyone would leave', async () => {
    await start(COLLECTOR);
    await submit(world.transfer(0));
    // However late timers are, they come in their order.
    await sleep(LIMITS.maxBatchDelayMs / 2);
    assert.equal(network.sent.length, 1);
  });

  it('are told to everyone where no link leads to the collector', async () => {
    await start('somebody else');
    await submit(world.transfer(0));
    await waitFor('the batch leaves', () => network.published.length > 0);
    assert.deepEqual(network.sent, []);
  });

  it('that come back from the collector are done with; the others are told to everyone in the end', async () => {
    await start(COLLECTOR);
    const [back, lost] = [world.transfer(0), world.transfer(1)];
    await submit(back, lost);
    await waitFor('they are handed over', () => network.sent.length > 0);
    await network.deliver('tx', await batchOf(back), COLLECTOR);
    await waitFor('the lost one is told', () => network.published.length > 0);
    const told = network.published[0]?.bytes ?? assert.fail();
    assert.ok(holds(told, lost));
    assert.ok(!holds(told, back));
  });

  it('that were handed to this node are checked, and passed on to everyone in one batch with its own', async () => {
    await start(undefined);
    const [own, foreign] = [world.transfer(1), world.transfer(0)];
    const verdict = await network.deliver('handover', await batchOf(foreign), 'a validator');
    assert.equal(verdict, 'accept');
    await submit(own);
    await waitFor('the batch leaves', () => network.published.length > 0);
    const told = network.published[0]?.bytes ?? assert.fail();
    assert.ok(holds(told, foreign) && holds(told, own));
    assert.equal(network.published.length, 1);
  });

  it('that were handed to a node that thinks another one collects still go to everyone, and not round in circles', async () => {
    await start(COLLECTOR);
    await network.deliver('handover', await batchOf(world.transfer(0)), 'a validator');
    await waitFor('the batch leaves', () => network.published.length > 0);
    assert.deepEqual(network.sent, []);
  });

  it('that a block is about to name reach everyone before it, whether they wait or were handed over', async () => {
    await start(COLLECTOR);
    const [handedOver, waiting] = [world.transfer(0), world.transfer(1)];
    await submit(handedOver);
    await waitFor('it is handed over', () => network.sent.length > 0);
    await submit(waiting);
    gossip.reveal([handedOver.id, waiting.id]);
    const told = network.published[0]?.bytes ?? assert.fail();
    assert.ok(holds(told, handedOver) && holds(told, waiting));
    gossip.reveal([handedOver.id, waiting.id]);
    assert.equal(network.published.length, 1, 'only once');
  });

  it('that others have are not told again because a block names them', async () => {
    await start(COLLECTOR);
    const [back, own] = [world.transfer(0), world.transfer(1)];
    await submit(back);
    await waitFor('it is handed over', () => network.sent.length > 0);
    await network.deliver('tx', await batchOf(back), COLLECTOR);
    await submit(own);
    gossip.reveal([back.id]);
    assert.deepEqual(network.published, []);
  });

  it('are not passed on when they are no valid transactions', async () => {
    await start(undefined);
    const forged = Uint8Array.from(await batchOf(world.transfer(0)));
    forged[forged.length - 1] = (forged[forged.length - 1] as number) ^ 1;
    assert.equal(await network.deliver('handover', forged, 'a validator'), 'reject');
    assert.equal(await network.deliver('handover', Uint8Array.of(1, 2, 3), 'a validator'), 'reject');
    gossip.stop();
    assert.deepEqual(network.published, []);
  });
});
