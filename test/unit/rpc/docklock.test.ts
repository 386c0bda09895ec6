import assert from 'node:assert/strict';
import { hashOf } from '../../../src/crypto/hash.ts';
import { merkleRoot, rootOfPath } from '../../../src/crypto/merkle.ts';
import { docklockPort } from '../../../src/node/ports/docklock-port.ts';
import { addressToText } from '../../../src/types/address.ts';
import { DOCKLOCK } from '../../../src/types/operations/docklock.ts';
import { ActionItemType, ActionProofType } from '../../../src/types/proofs/action.ts';
import { SignedSectionType } from '../../../src/types/section.ts';
import { decode, encode } from '../../../src/types/ssz.ts';
import { NO_USAGE } from '../../../src/types/step-receipt.ts';
import { fromHex, toHex } from '../../../src/util/bytes.ts';
import { ExecutingRpc } from '../../support/executing-rpc.ts';
import { IMAGE, reportApp } from '../../support/reported-app.ts';

const unhex = (text: string) => fromHex(text.slice(2));

/** A chain on which Alice has a node, and an app of two replicas of which the first has run and ended. */
async function withApp() {
  const rpc = await ExecutingRpc.open(({ chain }) => ({ docklock: docklockPort(chain) }));
  const { app, node, end, batchTxId } = await reportApp(rpc, 2, [
    { action: 'create' },
    { action: 'created' },
    { action: 'start', durationMs: 31 },
    { action: 'exit', exitCode: 7, usage: { ...NO_USAGE, cpuMs: 12 } },
  ]);
  return { rpc, alice: rpc.world.alice, app: `0x${app}`, node: `0x${node}`, end, txId: batchTxId };
}

describe('the RPC of the docklock ledger', () => {
  it('shows images and apps as they were registered and deployed', async () => {
    const { rpc, alice, app } = await withApp();
    const { image } = await rpc.call('docklock_getImage', { digest: `0x${IMAGE}` });
    assert.equal(image.size, 1_234);
    assert.equal(image.registrant, addressToText(alice.address));
    const found = (await rpc.call('docklock_getApp', { app })).app;
    assert.deepEqual(
      [found.name, found.generation, found.desired, found.image, found.replicas, found.policy],
      ['web', 2, 'running', `0x${IMAGE}`, 2, null],
    );
    assert.equal(found.seccomp, `0x${'cd'.repeat(32)}`);
    assert.deepEqual((await rpc.call('docklock_listApps', { owner: addressToText(alice.address) })).items, [
      found,
    ]);
    assert.deepEqual(
      (await rpc.call('docklock_listApps', { owner: addressToText('00'.repeat(32)) })).items,
      [],
    );
    assert.deepEqual((await rpc.call('docklock_listImages', {})).items, [image]);
  });

  it('shows a container as its node reported it, and where its chain of steps stands', async () => {
    const { rpc, app, node, end } = await withApp();
    const { container } = await rpc.call('docklock_getContainer', { app });
    assert.deepEqual(
      [container.state, container.exitCode, container.generation, container.node, container.sequence],
      ['stopped', 7, 2, node, 4],
    );
    assert.equal(container.tip, `0x${end.tip}`);
    assert.equal(container.usage.cpuMs, 12);
  });

  it('shows a replica that nobody has reported as pending', async () => {
    const { rpc, app } = await withApp();
    const { container } = await rpc.call('docklock_getContainer', { app, replica: 1 });
    assert.deepEqual(
      [container.state, container.node, container.exitCode, container.sequence, container.lastReport],
      ['PENDING', null, null, 0, null],
    );
  });

  it('lists containers by app, node and state', async () => {
    const { rpc, app, node } = await withApp();
    const count = async (filter: object) => (await rpc.call('docklock_listContainers', filter)).items.length;
    const other = `0x${'11'.repeat(32)}`;
    assert.deepEqual(
      [await count({}), await count({ app }), await count({ node }), await count({ state: 'stopped' })],
      [1, 1, 1, 1],
    );
    assert.deepEqual(
      [await count({ app: other }), await count({ node: other }), await count({ state: 'running' })],
      [0, 0, 0],
    );
  });

  it('names what does not exist', async () => {
    const { rpc, app } = await withApp();
    const other = `0x${'11'.repeat(32)}`;
    await rpc.rejects('docklock_getImage', { digest: other }, 'IMAGE_NOT_FOUND');
    await rpc.rejects('docklock_getApp', { app: other }, 'APP_NOT_FOUND');
    await rpc.rejects('docklock_getContainer', { app: other }, 'APP_NOT_FOUND');
    await rpc.rejects('docklock_getContainer', { app, replica: 2 }, 'CONTAINER_NOT_FOUND');
    await rpc.rejects('docklock_getContainer', { app, replica: -1 }, 'INVALID_PARAMS');
    await rpc.rejects('docklock_getProofOfAction', { txId: other }, 'RECEIPT_NOT_FOUND');
  });

  it('proves a report by the Proof-of-Action of its section', async () => {
    const { rpc, txId } = await withApp();
    const answer = await rpc.call('docklock_getProofOfAction', { txId });
    assert.deepEqual([answer.proof.batchCount, answer.proof.stepCount, answer.proof.cpuMs], [1, '4', '12']);
    assert.equal(answer.proof.intentCount, 0);
    const section = decode(SignedSectionType, unhex(answer.section), 'section').section;
    const proof = decode(ActionProofType, section.proof, 'proof');
    const root = rootOfPath(
      unhex(answer.itemBytes),
      answer.itemPath.map(({ side, hash }) => ({ side, hash: unhex(hash) })),
    );
    assert.equal(toHex(root), proof.itemRoot);
    assert.equal(answer.receipt.proofCommitment, `0x${hashOf('proof-item', unhex(answer.itemBytes))}`);
    assert.equal(`0x${decode(ActionItemType, unhex(answer.itemBytes), 'item').txId}`, txId);
    const [event] = answer.receipt.events;
    assert.equal(event?.name, 'StepsRecorded');
    const { type } = DOCKLOCK.events.StepsRecorded;
    const recorded = type.fromJson(event?.data);
    assert.equal(recorded.startLatencyMs, 31);
    assert.equal(toHex(merkleRoot([encode(type, recorded)])), proof.batchRoot);
  });

  it('says which runtimes the machine has, and why one cannot be used', async () => {
    const { rpc } = await withApp();
    const { runtimes } = await rpc.call('docklock_runtimes', {});
    const [runc] = runtimes;
    assert.equal(runc?.name, 'runc');
    if (runc.available) assert.match(runc.version ?? '', /^1\.\d/);
    else assert.equal(runc.reason, 'RUNTIME_NOT_FOUND');
  });
});
