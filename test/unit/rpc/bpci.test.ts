import assert from 'node:assert/strict';
import { verifyFinalityProofJson } from '../../../src/client/verify-proof.ts';
import { bpciPort } from '../../../src/node/ports/bpci-port.ts';
import { poolPort } from '../../../src/node/ports/pool-port.ts';
import { addressToText } from '../../../src/types/address.ts';
import { LightBlockType, lightBlockFault } from '../../../src/types/light-block.ts';
import { BPCI } from '../../../src/types/operations/bpci.ts';
import { nodeMessageSigningBytes } from '../../../src/types/operations/bpci-records.ts';
import { encodeOperation } from '../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../src/types/operations/economy.ts';
import { fromJson } from '../../../src/types/ssz.ts';
import { ExecutingRpc } from '../../support/executing-rpc.ts';
import { ForeignChain, sealedHeader } from '../../support/foreign-chain.ts';

const open = () => ExecutingRpc.open(({ chain }) => ({ bpci: bpciPort(chain) }));
const { operations } = BPCI;

/** The hash of the block at a height, in memory form. */
async function hashAt(rpc: ExecutingRpc, height: number): Promise<string> {
  return (await rpc.call('chain_getBlockHash', { height })).hash.slice(2);
}

describe('the RPC of the bpci ledger', () => {
  it('tells who made a block final, by the certificate that counts or by its own', async () => {
    const rpc = await open();
    for (let i = 0; i < 3; i++) await rpc.world.extend(rpc.node);
    const ids = rpc.world.genesis.validators.map(({ id }) => addressToText(id));
    const counted = await rpc.call('bpci_getFinality', { height: 1 });
    assert.deepEqual([counted.quorum, counted.validators, counted.seals], [3, 4, 3]);
    assert.deepEqual([...counted.signedBy, ...counted.missing].sort(), [...ids].sort());
    assert.equal(counted.countedIn, 2);
    const head = await rpc.call('bpci_getFinality', {});
    assert.deepEqual([head.height, head.countedIn, head.seals], [3, null, 3]);
    await rpc.rejects('bpci_getFinality', { height: 9 }, 'BLOCK_NOT_FOUND');
  });

  it('counts votes of validators from the certificates in blocks', async () => {
    const rpc = await open();
    for (let i = 0; i < 4; i++) await rpc.world.extend(rpc.node);
    const { items } = await rpc.call('bpci_getVotes', {});
    assert.deepEqual(
      items.map(({ seals, missed, recent }) => [seals, missed, recent]),
      [
        [3, 0, { blocks: 3, missed: 0 }],
        [3, 0, { blocks: 3, missed: 0 }],
        [3, 0, { blocks: 3, missed: 0 }],
        [0, 3, { blocks: 3, missed: 3 }],
      ],
    );
    const alice = addressToText(rpc.world.alice.address);
    const stranger = await rpc.call('bpci_getVotes', { validator: alice });
    assert.deepEqual(
      stranger.items.map(({ validator, seals }) => [validator, seals]),
      [[alice, 0]],
    );
  });

  it('gives a finality certificate of any transaction, and of its own ledger the place in the section', async () => {
    const rpc = await open();
    const { alice } = rpc.world;
    const payment = await rpc.run(alice, 'economy', [rpc.world.payment(5n)]);
    const other = await rpc.call('bpci_getProofOfTransact', { txId: `0x${payment.txId}` });
    assert.equal(other.section, null);
    assert.equal(verifyFinalityProofJson(other.finality, rpc.world.genesis).valid, true);
    await rpc.world.extend(rpc.node);
    const value = { height: 1, blockHash: await hashAt(rpc, 1), target: 'bitcoin', reference: 'tx' };
    const anchored = await rpc.run(alice, 'bpci', [encodeOperation(operations.Anchor, value)]);
    const own = await rpc.call('bpci_getProofOfTransact', { txId: `0x${anchored.txId}` });
    assert.equal(own.section?.item.txId, `0x${anchored.txId}`);
    assert.deepEqual([own.section?.proof.itemCount, own.section?.proof.succeeded], [1, 1]);
    const verdict = verifyFinalityProofJson(own.finality, rpc.world.genesis);
    assert.ok(verdict.valid && verdict.status === 'OK');
    await rpc.rejects('bpci_getProofOfTransact', { txId: `0x${'00'.repeat(32)}` }, 'RECEIPT_NOT_FOUND');
  });

  it('lists anchors, all or of one height', async () => {
    const rpc = await open();
    for (let i = 0; i < 4; i++) await rpc.world.extend(rpc.node);
    for (const [height, target] of [
      [2, 'ethereum'],
      [1, 'bitcoin'],
      [2, 'bitcoin'],
    ] as const) {
      const value = { height, blockHash: await hashAt(rpc, height), target, reference: 'here' };
      await rpc.run(rpc.world.alice, 'bpci', [encodeOperation(operations.Anchor, value)]);
    }
    const places = async (params: object) =>
      (await rpc.call('bpci_getAnchors', params)).items.map(({ height, target }) => `${height} ${target}`);
    assert.deepEqual(await places({}), ['1 bitcoin', '2 bitcoin', '2 ethereum']);
    assert.deepEqual(await places({ height: 2 }), ['2 bitcoin', '2 ethereum']);
    const [anchor] = (await rpc.call('bpci_getAnchors', { height: 1 })).items;
    assert.deepEqual([anchor?.seals, anchor?.validators, anchor?.reference], [3, 4, 'here']);
  });

  it('shows the last message of a channel', async () => {
    const rpc = await open();
    const [source] = rpc.world.validators;
    assert.ok(source);
    const key = source.consensus.publicKey;
    const service = 'ab'.repeat(32);
    const header = {
      source: key,
      destination: 'cd'.repeat(32),
      service,
      nonce: 7n,
      frameHash: 'ef'.repeat(32),
    };
    const signature = source.consensus.sign(nodeMessageSigningBytes(rpc.world.genesisHash, header));
    await rpc.run(rpc.world.alice, 'bpci', [encodeOperation(operations.NodeMsg, { ...header, signature })]);
    const channel = await rpc.call('bpci_getChannel', { source: `0x${key}`, service: `0x${service}` });
    assert.deepEqual(
      [channel.nonce, channel.messages, channel.destination],
      ['7', 1, `0x${'cd'.repeat(32)}`],
    );
    const absent = { source: `0x${service}`, service: `0x${service}` };
    await rpc.rejects('bpci_getChannel', absent, 'CHANNEL_NOT_FOUND');
  });

  it('shows clients from active over expired to frozen', async () => {
    const rpc = await open();
    const foreign = new ForeignChain();
    const { alice } = rpc.world;
    const { genesisHash } = foreign;
    const create = (trustingPeriodMs: number) =>
      rpc.run(alice, 'bpci', [
        encodeOperation(operations.ClientCreate, {
          genesisHash,
          trustingPeriodMs,
          block: foreign.lightBlock(2),
        }),
      ]);
    await create(60_000);
    await create(3_000);
    await rpc.world.extend(rpc.node);
    const { items, total } = await rpc.call('bpci_listClients', { genesisHash: `0x${genesisHash}` });
    assert.equal(total, 2);
    assert.deepEqual(items.map(({ trustingPeriodMs, status }) => [trustingPeriodMs, status]).sort(), [
      [3_000, 'active'],
      [60_000, 'active'],
    ]);
    assert.equal((await rpc.call('bpci_listClients', { genesisHash: `0x${'00'.repeat(32)}` })).total, 0);
    const client = items.find(({ trustingPeriodMs }) => trustingPeriodMs === 60_000)?.client as string;
    const short = items.find(({ trustingPeriodMs }) => trustingPeriodMs === 3_000)?.client as string;
    const update = encodeOperation(operations.ClientUpdate, {
      client: client.slice(2),
      block: foreign.lightBlock(4),
    });
    await rpc.run(alice, 'bpci', [update]);
    const updated = await rpc.call('bpci_getClient', { client });
    assert.deepEqual(
      updated.headers.map(({ height }) => height),
      [2, 4],
    );
    assert.equal(updated.latest.stateRoot, `0x${foreign.lightBlock(4).header.stateRoot}`);
    for (let i = 0; i < 4; i++) await rpc.world.extend(rpc.node);
    assert.equal((await rpc.call('bpci_getClient', { client: short })).status, 'expired');
    const misbehaviour = encodeOperation(operations.ClientMisbehaviour, {
      client: client.slice(2),
      validators: foreign.lightBlock(3).validators,
      first: sealedHeader(foreign.lightBlock(3)),
      second: sealedHeader(foreign.variant(3, { stateRoot: 'aa'.repeat(32) })),
    });
    await rpc.run(alice, 'bpci', [misbehaviour]);
    const frozen = await rpc.call('bpci_getClient', { client });
    assert.deepEqual([frozen.status, frozen.conflict?.height], ['frozen', 3]);
    await rpc.rejects('bpci_getClient', { client: `0x${'00'.repeat(32)}` }, 'CLIENT_NOT_FOUND');
  });

  it('hands out light blocks that a client elsewhere accepts, with every change of the validators on the way', async () => {
    const rpc = await open();
    const { world, node } = rpc;
    for (let i = 0; i < 3; i++) await world.extend(node);
    const alone = await rpc.call('bpci_getLightBlocks', {});
    assert.deepEqual([alone.blocks.length, alone.complete], [1, true]);
    const blocks = alone.blocks.map((json) => fromJson(LightBlockType, json, 'light block'));
    assert.equal(lightBlockFault(blocks[0] as never, world.genesisHash), undefined);
    const [leaver] = world.validators;
    assert.ok(leaver);
    const leave = encodeOperation(operations.ValLeave, { validator: leaver.account.address });
    await rpc.run(leaver.account, 'bpci', [leave]);
    for (let i = 0; i < 4; i++) await world.extend(node, [], world.producer(1));
    const walk = await rpc.call('bpci_getLightBlocks', { fromHeight: 3, height: 8 });
    // Block 4 decides it, so header 5 names other validators for block 6.
    assert.deepEqual(
      walk.blocks.map(({ header, validators }) => [header.height, validators.length]),
      [
        [5, 4],
        [8, 3],
      ],
    );
  });

  it('lists candidates and validators with the votes about them', async () => {
    const rpc = await open();
    const { items } = await rpc.call('bpci_listMembers', {});
    assert.equal(items.length, 4);
    const [voter, other] = rpc.world.validators;
    assert.ok(voter && other);
    const vote = encodeOperation(operations.ValVote, {
      candidate: other.account.address,
      decision: 'remove' as const,
    });
    await rpc.run(voter.account, 'bpci', [vote]);
    const after = await rpc.call('bpci_listMembers', { status: 'validator' });
    const about = after.items.find(({ id }) => id === addressToText(other.account.address));
    assert.deepEqual(
      about?.votes.map(({ decision, voter: by }) => [decision, by]),
      [['remove', addressToText(voter.account.address)]],
    );
    assert.equal((await rpc.call('bpci_listMembers', { status: 'candidate' })).total, 0);
  });

  it('follows a transfer from the pool to the certificate that makes it final', async () => {
    const rpc = await ExecutingRpc.open(({ chain, pool, store }) => ({
      bpci: bpciPort(chain),
      pool: poolPort(pool, store),
    }));
    const { alice, bob } = rpc.world;
    const transaction = await rpc.submit(alice, 'economy', [rpc.world.payment(5n), rpc.world.payment(7n)]);
    const txId = `0x${transaction.id}`;
    const pending = await rpc.call('bpci_getTransfer', { txId });
    assert.deepEqual([pending.state, pending.status, pending.finality], ['pending', null, null]);
    const ends = { from: addressToText(alice.address), to: addressToText(bob.address) };
    assert.deepEqual(
      pending.movements,
      ['5', '7'].map((amount, operation) => ({
        ...{ kind: 'Transfer', operation, ...ends, token: 'FLX', amount, reference: '' },
      })),
    );
    await rpc.world.extend(rpc.node);
    const { finality, ...final } = await rpc.call('bpci_getTransfer', { txId });
    assert.deepEqual(final, { txId, state: 'finalized', status: 'OK', movements: pending.movements });
    assert.deepEqual(finality, await rpc.call('bpci_getFinality', { height: 1 }));
  });

  it('says of a transfer that failed why, and refuses what is none', async () => {
    const rpc = await open();
    const { alice } = rpc.world;
    const tooMuch = await rpc.run(alice, 'economy', [rpc.world.payment(2n ** 100n)]);
    const failed = await rpc.call('bpci_getTransfer', { txId: `0x${tooMuch.txId}` });
    assert.deepEqual(
      [failed.state, failed.status, failed.finality?.height],
      ['failed', 'INSUFFICIENT_BALANCE', 1],
    );
    const value = { height: 1, blockHash: await hashAt(rpc, 1), target: 'bitcoin', reference: 'tx' };
    const anchored = await rpc.run(alice, 'bpci', [encodeOperation(operations.Anchor, value)]);
    await rpc.rejects('bpci_getTransfer', { txId: `0x${anchored.txId}` }, 'NO_TRANSFER');
    await rpc.rejects('bpci_getTransfer', { txId: `0x${'00'.repeat(32)}` }, 'TX_NOT_FOUND');
  });

  it('reads a payment between banks, too', async () => {
    const rpc = await open();
    const { alice } = rpc.world;
    const payment = {
      uetr: 'eb6305c9-1f7f-49de-aed0-16487c27b42d',
      ...{ debtorBank: '5493001KJTIIGC8Y1R12', creditorBank: '529900T8BM49AURSDO55', amount: 9n },
      referenceHash: 'ab'.repeat(32),
    };
    const { txId } = await rpc.run(alice, 'economy', [
      encodeOperation(ECONOMY.operations.BankTransfer, payment),
    ]);
    const { state, movements } = await rpc.call('bpci_getTransfer', { txId: `0x${txId}` });
    assert.equal(state, 'failed');
    assert.deepEqual(movements, [
      {
        ...{ kind: 'BankTransfer', operation: 0, from: addressToText(alice.address), token: 'AUR' },
        ...{ ...payment, amount: '9', referenceHash: `0x${payment.referenceHash}` },
      },
    ]);
  });
});
