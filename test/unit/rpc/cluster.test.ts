import assert from 'node:assert/strict';
import { signHeartbeat, signNodeJoin, signRefute } from '../../../src/client/cluster-node.ts';
import { hashOf } from '../../../src/crypto/hash.ts';
import { verifyMerklePath } from '../../../src/crypto/merkle.ts';
import { containers } from '../../../src/ledger/state/container-records.ts';
import { clusterPort } from '../../../src/node/ports/cluster-port.ts';
import { addressToText } from '../../../src/types/address.ts';
import { LEDGERS } from '../../../src/types/names.ts';
import { encodeOperation, type KindSpec } from '../../../src/types/operations/catalog.ts';
import { appId, CLUSTER, hashPlacementDiff } from '../../../src/types/operations/cluster.ts';
import { NO_USAGE } from '../../../src/types/step-receipt.ts';
import { fromHex } from '../../../src/util/bytes.ts';
import { type Account, deriveKeys } from '../../../testnet/identities.ts';
import { ExecutingRpc } from '../../support/executing-rpc.ts';

const { operations } = CLUSTER;
const CAPACITY = { cpuMilli: 4_000, memoryMib: 4_096, diskMib: 10_000 };
const REQUEST = { cpuMilli: 1_000, memoryMib: 512, diskMib: 100 };
const nodeKeys = (name: string) => deriveKeys('rpc', `node ${name}`);
const nodeId = (name: string) => `0x${nodeKeys(name).publicKey}`;

/** A chain whose cluster has the given nodes, all of Alice; each is in the region that its name begins with. */
async function openCluster(...names: string[]) {
  const rpc = await ExecutingRpc.open(({ chain }) => ({ cluster: clusterPort(chain) }));
  const { alice } = rpc.world;
  const send = async <T>(sender: Account, spec: KindSpec<T>, value: T) => {
    const receipt = await rpc.run(sender, 'cluster', [encodeOperation(spec, value)]);
    assert.equal(receipt.status, 0);
    return receipt;
  };
  const join = async (name: string) => {
    const fields = {
      capacity: CAPACITY,
      region: name.split('-')[0] as string,
      asn: 64_500,
      implementation: 'test',
      bondRef: [],
    };
    const value = signNodeJoin(nodeKeys(name), rpc.world.genesisHash, alice.address, fields);
    return await send(alice, operations.NodeJoin, value);
  };
  for (const name of names) await join(name);
  const submit = async (app: string, replicas: number, regions: string[] = []) => {
    const value = { app, generation: 1, replicas, request: REQUEST, regions, priorityPpm: 500_000 };
    const receipt = await send(alice, operations.WorkloadSubmit, value);
    await rpc.world.extend(rpc.node);
    return receipt;
  };
  const owner = addressToText(alice.address);
  return { rpc, alice, owner, send, join, submit };
}

describe('cluster_members', () => {
  it('lists the nodes with their leases, by status and page by page', async () => {
    const { rpc, owner, send, alice } = await openCluster('eu-1', 'eu-2', 'us-1');
    const all = await rpc.call('cluster_members', {});
    assert.equal(all.total, 3);
    assert.deepEqual(
      all.items.map(({ node }) => node),
      ['eu-1', 'eu-2', 'us-1'].map(nodeId).sort(),
    );
    const us = all.items.find(({ node }) => node === nodeId('us-1'));
    const lastHeartbeat = Date.parse(us?.lastHeartbeat as string);
    assert.equal(Date.parse(us?.leaseUntil as string) - lastHeartbeat, rpc.world.genesis.parameters.leaseMs);
    assert.deepEqual(
      [us?.operator, us?.status, us?.region, us?.capacity, us?.replicas],
      [owner, 'ALIVE', 'us', CAPACITY, 0],
    );
    await send(alice, operations.NodeLeave, { node: nodeId('us-1').slice(2) });
    assert.equal((await rpc.call('cluster_members', {})).total, 2);
    const left = await rpc.call('cluster_members', { status: 'LEFT' });
    assert.deepEqual(
      left.items.map(({ node }) => node),
      [nodeId('us-1')],
    );
    const one = await rpc.call('cluster_members', { node: nodeId('us-1') });
    assert.deepEqual(
      one.items.map(({ status }) => status),
      ['LEFT'],
    );
    const page = await rpc.call('cluster_members', { limit: 1 });
    assert.equal(page.items.length, 1);
    const rest = await rpc.call('cluster_members', { limit: 1, cursor: page.nextCursor });
    assert.notEqual(rest.items[0]?.node, page.items[0]?.node);
    assert.equal(rest.nextCursor, null);
  });

  it('shows a suspected node, and its higher incarnation after it refuted', async () => {
    const { rpc, send, alice } = await openCluster('eu-1');
    rpc.world.clock.advance(rpc.world.genesis.parameters.leaseMs);
    await rpc.world.extend(rpc.node);
    await rpc.world.extend(rpc.node);
    assert.equal((await rpc.call('cluster_members', { status: 'SUSPECT' })).total, 1);
    await send(alice, operations.Refute, signRefute(nodeKeys('eu-1'), rpc.world.genesisHash, 4));
    const [member] = (await rpc.call('cluster_members', { status: 'ALIVE' })).items;
    assert.equal(member?.incarnation, 4);
  });
});

describe('cluster_placement', () => {
  it('shows where each replica stands, and why: the rules would choose the same node again', async () => {
    const { rpc, owner, submit } = await openCluster('eu-1', 'eu-2', 'us-1', 'asia-1');
    await submit('web', 3);
    const placed = await rpc.call('cluster_placement', { owner, app: 'web' });
    assert.equal(placed.workload, `0x${appId(rpc.world.alice.address, 'web')}`);
    assert.deepEqual(placed.replicas.map(({ region }) => region).sort(), ['asia', 'eu', 'us']);
    assert.equal(placed.why, null);
    for (const { replica, node, container } of placed.replicas) {
      const { why } = await rpc.call('cluster_placement', { workload: placed.workload, replica });
      assert.equal(container, null, 'no node has reported yet');
      assert.equal(why?.choice, node);
      const own = why?.nodes.find((compared) => compared.node === node);
      const best = Math.max(...(why?.nodes ?? []).map(({ score }) => Number(score)));
      assert.deepEqual([own?.verdict, Number(own?.score)], ['CANDIDATE', best]);
      for (const { region, verdict } of why?.nodes ?? [])
        assert.equal(verdict === 'REGION_FULL', region !== own?.region, 'a third per region');
    }
  });

  it('names what keeps each node from taking a replica that stands nowhere', async () => {
    const { rpc, owner, submit, join } = await openCluster('us-1');
    await submit('full', 1, ['eu']);
    await submit('filler', 1);
    const reason = async (app: string, name: string) => {
      const { why } = await rpc.call('cluster_placement', { owner, app, replica: 0 });
      return why?.nodes.find(({ node }) => node === nodeId(name))?.verdict;
    };
    const waiting = await rpc.call('cluster_placement', { owner, app: 'full', replica: 0 });
    assert.deepEqual(waiting.replicas, [
      { replica: 0, node: null, region: null, nodeStatus: null, container: null },
    ]);
    assert.equal(waiting.why?.choice, null);
    assert.equal(await reason('full', 'us-1'), 'REGION_NOT_ALLOWED');
    for (const app of ['b', 'c', 'd', 'e']) await submit(app, 1);
    assert.equal(await reason('e', 'us-1'), 'NO_ROOM');
    assert.equal(await reason('filler', 'us-1'), 'CANDIDATE', 'without itself there is room');
    rpc.world.clock.advance(rpc.world.genesis.parameters.leaseMs);
    await rpc.world.extend(rpc.node);
    await rpc.world.extend(rpc.node);
    assert.equal(await reason('e', 'us-1'), 'NOT_ALIVE');
    await join('eu-1');
    await rpc.world.extend(rpc.node);
    const placed = await rpc.call('cluster_placement', { owner, app: 'full' });
    assert.equal(placed.replicas[0]?.node, nodeId('eu-1'));
  });

  it('refuses what names no workload or no replica of it', async () => {
    const { rpc, owner, submit } = await openCluster('eu-1');
    await submit('web', 1);
    await rpc.rejects('cluster_placement', { owner, app: 'other' }, 'WORKLOAD_NOT_FOUND');
    await rpc.rejects('cluster_placement', { workload: `0x${'00'.repeat(32)}` }, 'WORKLOAD_NOT_FOUND');
    await rpc.rejects('cluster_placement', { owner, app: 'web', replica: 1 }, 'INVALID_PARAMS');
    await rpc.rejects('cluster_placement', { owner }, 'INVALID_PARAMS');
    await rpc.rejects('cluster_placement', {}, 'INVALID_PARAMS');
    await rpc.rejects('cluster_placement', { owner, app: 'Not a label' }, 'INVALID_PARAMS');
  });
});

describe('cluster_services and cluster_resolve', () => {
  it('resolve a key to the healthy endpoints in an order that follows from the state', async () => {
    const { rpc, alice, owner, send, submit } = await openCluster('eu-1', 'us-1', 'asia-1');
    await submit('web', 3);
    const app = appId(alice.address, 'web');
    const { replicas } = await rpc.call('cluster_placement', { owner, app: 'web' });
    const { state } = rpc.node.chain;
    const view = state.extend();
    const endpoints = replicas.map(({ replica, node }) => {
      const container = {
        node: node?.slice(2) as string,
        generation: 1,
        state: 'running' as const,
        exitCode: 0,
        sequence: 3,
        tip: '11'.repeat(32),
        usage: NO_USAGE,
        sinceMs: 0,
        lastBatchMs: 0,
      };
      containers.set(view.writer('docklock'), container, app, replica);
      return { app, replica, node: container.node, weight: replica + 1 };
    });
    state.commit(view);
    const service = { name: 'web', port: 443, protocol: 'http' as const, endpoints };
    await send(alice, operations.SvcRegister, service);
    const [listed] = (await rpc.call('cluster_services', { owner })).items;
    assert.equal(listed?.service, 'web');
    assert.ok(listed?.endpoints.every(({ healthy }) => healthy));
    const first = await rpc.call('cluster_resolve', { service: 'web', key: 'client 7' });
    const again = await rpc.call('cluster_resolve', { service: 'web', key: 'client 7' });
    assert.deepEqual(again, first);
    assert.equal(first.endpoints.length, 3);
    assert.equal(
      (await rpc.call('cluster_resolve', { service: 'web', key: 'x', limit: 1 })).endpoints.length,
      1,
    );
    await rpc.rejects('cluster_resolve', { service: 'none', key: 'x' }, 'SERVICE_NOT_FOUND');
    await rpc.rejects('cluster_resolve', { service: 'web', key: '' }, 'INVALID_PARAMS');
  });
});

describe('cluster_load', () => {
  it('adds up what nodes have and what is reserved of it', async () => {
    const { rpc, submit } = await openCluster('eu-1', 'us-1');
    await submit('web', 1);
    await submit('waiting', 1, ['mars']);
    const load = await rpc.call('cluster_load', {});
    assert.deepEqual([load.alive, load.healthPpm, load.workloads, load.pending], [2, 1_000_000, 2, 1]);
    assert.deepEqual(load.capacity, { cpuMilli: 8_000, memoryMib: 8_192, diskMib: 20_000 });
    assert.deepEqual(load.used, REQUEST);
    assert.deepEqual(load.nodes.map(({ loadPpm }) => loadPpm).sort(), [0, 250_000]);
    assert.deepEqual(load.nodes.map(({ replicas }) => replicas).sort(), [0, 1]);
  });
});

describe('cluster_getProofOfCoordination', () => {
  it('opens the commitment of the receipt and leads to the header', async () => {
    const { rpc, send, alice, submit } = await openCluster('eu-1');
    const submitted = await submit('web', 1);
    const beat = { sequence: 1, incarnation: 0, free: REQUEST, suspects: [] };
    rpc.world.clock.advance(rpc.world.genesis.parameters.heartbeatIntervalMs);
    await rpc.world.extend(rpc.node);
    const heartbeat = signHeartbeat(nodeKeys('eu-1'), rpc.world.genesisHash, beat);
    const { txId } = await send(alice, operations.Heartbeat, heartbeat);
    const proof = await rpc.call('cluster_getProofOfCoordination', { txId: `0x${txId}` });
    assert.equal(proof.item.heartbeats, 1);
    assert.equal(proof.proof.heartbeatCount, 1);
    assert.equal(proof.proof.placementHash, `0x${hashPlacementDiff([])}`);
    assert.equal(
      proof.receipt.proofCommitment,
      `0x${hashOf('proof-item', fromHex(proof.itemBytes.slice(2)))}`,
    );
    const { section, sectionPath, header } = proof;
    const path = sectionPath.map((hash) => fromHex(hash.slice(2)));
    const root = fromHex(header.sectionsRoot.slice(2));
    const place = LEDGERS.indexOf('cluster');
    assert.ok(verifyMerklePath(fromHex(section.slice(2)), place, LEDGERS.length, path, root));
    const other = await rpc.call('cluster_getProofOfCoordination', { txId: `0x${submitted.txId}` });
    assert.equal(other.item.heartbeats, 0);
    await rpc.rejects(
      'cluster_getProofOfCoordination',
      { txId: `0x${'00'.repeat(32)}` },
      'RECEIPT_NOT_FOUND',
    );
  });
});
