import assert from 'node:assert/strict';
import { economyPort } from '../../../src/node/ports/economy-port.ts';
import { poePort } from '../../../src/node/ports/poe-port.ts';
import { addressToText } from '../../../src/types/address.ts';
import { DEFAULT_PARAMETERS } from '../../../src/types/genesis.ts';
import { encodeOperation } from '../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../src/types/operations/economy.ts';
import { NO_USAGE } from '../../../src/types/step-receipt.ts';
import { ExecutingRpc } from '../../support/executing-rpc.ts';
import { reportApp } from '../../support/reported-app.ts';

/** Φ is .35 · 4 000 / 1 000 + .2 · 4 / 100, on one node. */
const CPU_MS = 4_000;
const PHI = '1408000';

/** A chain on which Alice's node has run her app. */
async function open() {
  const rpc = await ExecutingRpc.open(({ chain }) => ({
    economy: economyPort(chain),
    poe: poePort(chain),
  }));
  const { app } = await reportApp(rpc, 2, [
    { action: 'create' },
    { action: 'created' },
    { action: 'start' },
    { action: 'exit', usage: { ...NO_USAGE, cpuMs: CPU_MS } },
  ]);
  return { rpc, alice: rpc.world.alice, app: `0x${app}` };
}

/** A block in the next epoch. */
async function nextEpoch({ world, node }: ExecutingRpc): Promise<void> {
  world.clock.advance(world.genesis.parameters.epochMs);
  await world.extend(node);
  await world.extend(node);
}

describe('the RPC of the PoE index', () => {
  it('shows what was credited in the running epoch to the operator, to the app and to the network', async () => {
    const { rpc, alice, app } = await open();
    const address = addressToText(alice.address);
    const operator = await rpc.call('poe_getIndex', { address });
    assert.deepEqual(
      [operator.subject, operator.address, operator.app, operator.phi, operator.gamma, operator.weight],
      ['operator', address, null, '0', '0', 64],
    );
    assert.deepEqual(operator.running, {
      usage: { cpuMs: '4000', memoryMbS: '0', storageMicroGbDay: '0', egressBytes: '0', receipts: '4' },
      // The treasury's .3 percent of 440 000 micro-FLX.
      work: '1320',
      phi: PHI,
    });
    const byApp = await rpc.call('poe_getIndex', { app });
    assert.deepEqual([byApp.subject, byApp.app, byApp.address, byApp.weight], ['app', app, null, null]);
    const network = await rpc.call('poe_getIndex', {});
    assert.deepEqual([network.subject, network.lastEpoch], ['network', null]);
    for (const { running } of [byApp, network]) assert.deepEqual(running, operator.running);
  });

  it('shows Φ, Γ and the weight that a closed epoch left, and what it brought', async () => {
    const { rpc, alice, app } = await open();
    const { epoch } = await rpc.call('poe_getIndex', {});
    assert.equal(Date.parse(epoch.endsAt) - Date.parse(epoch.startsAt), 120_000);
    await nextEpoch(rpc);
    const operator = await rpc.call('poe_getIndex', { address: addressToText(alice.address) });
    // Half of it: the epochs before count as nothing. Γ is .704 / 1.704.
    assert.deepEqual([operator.phi, operator.gamma, operator.weight], ['704000', '413145', 143]);
    assert.deepEqual([operator.epoch.index, operator.running.phi], [epoch.index + 1, '0']);
    assert.equal((await rpc.call('poe_getIndex', { app })).phi, '704000');
    const network = await rpc.call('poe_getIndex', {});
    assert.equal(network.phi, PHI);
    assert.deepEqual(
      [network.lastEpoch?.work, network.lastEpoch?.nexMinted, network.lastEpoch?.workers],
      ['1320', '1320', 1],
    );
    const supply = await rpc.call('economy_getSupply', {});
    assert.equal(supply.ok, true);
    assert.equal(supply.tokens.find(({ token }) => token === 'NEX')?.minted, '1320');
    assert.deepEqual([supply.epoch, supply.lastEpoch], [network.epoch, network.lastEpoch]);
  });

  it('shows the pool of an operator', async () => {
    const { rpc, alice } = await open();
    const address = addressToText(alice.address);
    assert.equal((await rpc.call('poe_getIndex', { address })).pool, null);
    await rpc.run(alice, 'economy', [
      encodeOperation(ECONOMY.operations.PoolJoin, { pool: alice.address, feePpm: 30_000 }),
    ]);
    assert.deepEqual((await rpc.call('poe_getIndex', { address })).pool, { address, feePpm: 30_000 });
  });

  it('shows what gas costs', async () => {
    const { rpc } = await open();
    const { gas } = await rpc.call('economy_getSupply', {});
    assert.deepEqual(gas, { price: '1', floor: '1', targetPerBlock: DEFAULT_PARAMETERS.targetBlockGas });
  });

  it('knows nothing of strangers, and answers one question at a time', async () => {
    const { rpc, alice, app } = await open();
    const stranger = await rpc.call('poe_getIndex', { address: addressToText('ab'.repeat(32)) });
    assert.deepEqual([stranger.phi, stranger.running.work, stranger.weight], ['0', '0', 64]);
    await rpc.rejects('poe_getIndex', { address: addressToText(alice.address), app }, 'INVALID_PARAMS');
  });
});
