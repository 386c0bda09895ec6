import assert from 'node:assert/strict';
import { signHeartbeat, signNodeJoin } from '../../../src/client/cluster-node.ts';
import { signImage } from '../../../src/client/image-provenance.ts';
import { signStepBatch } from '../../../src/client/step-batch.ts';
import { chainPort } from '../../../src/node/ports/chain-port.ts';
import { clusterPort } from '../../../src/node/ports/cluster-port.ts';
import { Dispatcher } from '../../../src/rpc/dispatcher.ts';
import { createHandlers } from '../../../src/rpc/handlers.ts';
import type { MethodName, MethodParams, MethodResult } from '../../../src/rpc/schema/methods.ts';
import { addressToText } from '../../../src/types/address.ts';
import type { LedgerName } from '../../../src/types/names.ts';
import { encodeOperation, type KindSpec } from '../../../src/types/operations/catalog.ts';
import { appId, CLUSTER, CLUSTER_SYSTEM_RECEIPTS, type Move } from '../../../src/types/operations/cluster.ts';
import { DOCKLOCK, NO_DOCUMENT } from '../../../src/types/operations/docklock.ts';
import { FIRST_TIP, NO_USAGE } from '../../../src/types/step-receipt.ts';
import { readSystemReceipt } from '../../../src/types/system-receipt.ts';
import { silentLogger } from '../../../src/util/logger.ts';
import { deriveAuthorityKeys, deriveKeys } from '../../../testnet/identities.ts';
import { type ChainNode, ChainWorld } from '../../support/chain.ts';
import { RpcNode } from '../../support/rpc-ports.ts';

const LEASE_MS = 20_000;
const SUSPECT_MS = 10_000;
const VALIDATORS = 4;
const CAPACITY = { cpuMilli: 4_000, memoryMib: 4_096, diskMib: 10_000 };
const IMAGE = '5a'.repeat(32);
/** Two nodes in one region, so that what one loses the other can take. */
const NODES = { first: 'eu', second: 'eu', third: 'us', fourth: 'asia' } as const;
type NodeName = keyof typeof NODES;
const NAMES = Object.keys(NODES) as NodeName[];
const keysOf = (name: string) => deriveKeys('lease end', name);

/** Four validators' chains over one network of the mind, and the cluster and containers that they keep book of. */
class Orchestra {
  readonly world = new ChainWorld({
    validators: VALIDATORS,
    parameters: { leaseMs: LEASE_MS, suspectMs: SUSPECT_MS, heartbeatIntervalMs: 1_000 },
  });
  readonly app = appId(this.world.alice.address, 'web');
  nodes: ChainNode[] = [];
  #sequence = 0;

  async open(): Promise<void> {
    this.nodes = await Promise.all(Array.from({ length: VALIDATORS }, () => this.world.open()));
  }

  /** The validators take turns in building; the others execute the block. */
  async block(): Promise<void> {
    const { height } = this.builder.chain.head;
    const builder = this.builder;
    await this.world.extend(
      builder,
      this.nodes.filter((node) => node !== builder),
    );
    assert.equal(builder.chain.head.height, height + 1);
  }

  get builder(): ChainNode {
    const { height } = (this.nodes[0] as ChainNode).chain.head;
    return this.nodes[height % VALIDATORS] as ChainNode;
  }

  /** Alice's operations in one transaction and one block. */
  async run<T>(ledger: LedgerName, spec: KindSpec<T>, ...values: readonly T[]): Promise<void> {
    const { alice, clock } = this.world;
    const { chain, pool } = this.builder;
    const nonce = chainPort(chain).nonce(alice.address, ledger);
    const operations = values.map((value) => encodeOperation(spec, value));
    const validUntilMs = clock.wallMs() + 3_600_000;
    const transaction = this.world.sign(alice, nonce, operations, {
      ledger,
      maxFee: 5_000_000n,
      validUntilMs,
    });
    await pool.submit(transaction.bytes);
    await this.block();
    const receipt = chain.history
      .block(chain.head.height)
      ?.receipts.sections.flat()
      .find(({ txId }) => txId === transaction.id);
    assert.equal(receipt?.status, 0, `${ledger} status ${receipt?.status}`);
  }

  async joinAll(): Promise<void> {
    const { alice, genesisHash } = this.world;
    const joins = NAMES.map((name) => {
      const fields = { capacity: CAPACITY, region: NODES[name], asn: 1, implementation: 'test', bondRef: [] };
      return signNodeJoin(keysOf(name), genesisHash, alice.address, fields);
    });
    await this.run('cluster', CLUSTER.operations.NodeJoin, ...joins);
  }

  async beat(names: readonly NodeName[]): Promise<void> {
    this.#sequence++;
    const body = { sequence: this.#sequence, incarnation: 0, free: CAPACITY, suspects: [] };
    const beats = names.map((name) => signHeartbeat(keysOf(name), this.world.genesisHash, body));
    await this.run('cluster', CLUSTER.operations.Heartbeat, ...beats);
  }

  /** An app of three replicas, placed, and its containers reported running by the nodes that have them. */
  async runApp(): Promise<void> {
    const { operations } = DOCKLOCK;
    const { genesisHash, clock } = this.world;
    const signers = deriveAuthorityKeys('chain').imageSigners.slice(0, 2);
    const origin = { digest: IMAGE, mediaType: 'application/vnd.oci.image.manifest.v1+json', size: 1 };
    const image = signImage(
      { ...origin, name: 'web', buildType: 'https://a.example', builder: 'b' },
      signers,
    );
    await this.run('docklock', operations.ImageRegister, image);
    await this.run('docklock', operations.Deploy, {
      name: 'web',
      image: IMAGE,
      replicas: 3,
      limits: { cpuMilli: 500, memoryMib: 128, diskMib: 64, pids: 32 },
      policy: NO_DOCUMENT,
      seccomp: NO_DOCUMENT,
      network: 'none',
      allowlist: [],
      readOnlyRoot: true,
      deterministic: false,
    });
    await this.run('docklock', operations.Start, { app: this.app, expectedGeneration: 1 });
    await this.run('cluster', CLUSTER.operations.WorkloadSubmit, {
      app: 'web',
      generation: 2,
      replicas: 3,
      request: { cpuMilli: 500, memoryMib: 128, diskMib: 64 },
      regions: [],
      priorityPpm: 500_000,
    });
    await this.block();
    const batches = (await this.places()).map((node, replica) => {
      const name = NAMES.find((one) => node === `0x${keysOf(one).publicKey}`) as NodeName;
      const from = { node: keysOf(name).publicKey, app: this.app, replica, generation: 2 };
      const steps = (['create', 'created', 'start'] as const).map((action) => ({
        action,
        timeMs: clock.wallMs(),
        durationMs: 0,
        exitCode: 0,
        usage: NO_USAGE,
      }));
      const tip = { ...from, state: 'PENDING' as const, sequence: 0, tip: FIRST_TIP };
      return signStepBatch(keysOf(name), genesisHash, tip, steps).batch;
    });
    await this.run('docklock', operations.StepBatch, ...batches);
    const endpoints = batches.map(({ app, replica, node }) => ({ app, replica, node, weight: 1 + replica }));
    const service = { name: 'web', port: 443, protocol: 'http' as const, endpoints };
    await this.run('cluster', CLUSTER.operations.SvcRegister, service);
  }

  /** What every validator answers, which must be the same. */
  async askAll<Name extends MethodName>(name: Name, params: MethodParams<Name>): Promise<MethodResult<Name>> {
    const context = {
      session: { scopes: new Set(['read' as const]), subscriptions: undefined },
      signal: new AbortController().signal,
    };
    const answers = await Promise.all(
      this.nodes.map(({ chain }) => {
        const ports = { ...new RpcNode().ports(), chain: chainPort(chain), cluster: clusterPort(chain) };
        const dispatcher = new Dispatcher({ handlers: createHandlers(ports), logger: silentLogger });
        return dispatcher.call(name, params, context);
      }),
    );
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    return answers[0] as MethodResult<Name>;
  }

  async places(): Promise<(string | null)[]> {
    const owner = addressToText(this.world.alice.address);
    const { replicas } = await this.askAll('cluster_placement', { owner, app: 'web' });
    return replicas.map(({ node }) => node);
  }

  /** What BeginBlock of the head did to the cluster, by every validator's receipts, which must be the same. */
  upkeep(): { moves: Move[]; changes: { node: string; to: string }[] } {
    const lists = this.nodes.map(
      ({ chain }) => chain.history.block(chain.head.height)?.receipts.system ?? [],
    );
    for (const list of lists) assert.deepEqual(list, lists[0]);
    const receipts = lists[0] ?? [];
    return {
      moves: receipts.flatMap(
        (receipt) => readSystemReceipt(CLUSTER_SYSTEM_RECEIPTS.ReplicasMoved, receipt)?.moves ?? [],
      ),
      changes: receipts.flatMap((receipt) => {
        const changed = readSystemReceipt(CLUSTER_SYSTEM_RECEIPTS.NodeStatusChanged, receipt);
        return changed === undefined ? [] : [{ node: changed.node, to: changed.to }];
      }),
    };
  }
}

describe('A node whose lease ends', () => {
  const orchestra = new Orchestra();
  let dead: NodeName;
  let heir: NodeName;
  let lost: number;

  before(async () => {
    await orchestra.open();
    await orchestra.joinAll();
    await orchestra.runApp();
    const places = await orchestra.places();
    [dead, heir] = places.includes(`0x${keysOf('first').publicKey}`)
      ? ['first', 'second']
      : ['second', 'first'];
    lost = places.indexOf(`0x${keysOf(dead).publicKey}`);
  });

  /** Lets time pass while all nodes but the silent one renew their leases. */
  async function pass(ms: number): Promise<void> {
    const { clock } = orchestra.world;
    for (let passed = 0; passed < ms; passed += 5_000) {
      clock.advance(4_000);
      await orchestra.beat(NAMES.filter((name) => name !== dead));
    }
  }

  it('serves its clients until then, and every validator resolves them alike', async () => {
    const keys = Array.from({ length: 30 }, (_, client) => `client ${client}`);
    const first = new Set<number | undefined>();
    for (const key of keys) {
      const { endpoints } = await orchestra.askAll('cluster_resolve', { service: 'web', key });
      assert.equal(endpoints.length, 3);
      first.add(endpoints[0]?.replica);
    }
    assert.equal(first.size, 3, 'every endpoint has clients');
  });

  it('is SUSPECT first and keeps its replicas, but no client is sent there any more', async () => {
    const before = await orchestra.places();
    const node = keysOf(dead).publicKey;
    let suspected = false;
    for (let blocks = 0; blocks < 10 && !suspected; blocks++) {
      await pass(5_000);
      suspected = orchestra
        .upkeep()
        .changes.some((change) => change.node === node && change.to === 'SUSPECT');
    }
    assert.ok(suspected);
    assert.deepEqual(await orchestra.places(), before);
    const { endpoints } = await orchestra.askAll('cluster_resolve', { service: 'web', key: 'x' });
    assert.deepEqual(endpoints.map(({ replica }) => replica).includes(lost), false);
    assert.equal(endpoints.length, 2);
  });

  it('is DEAD at one height on all validators, and its replica stands elsewhere in the same BeginBlock', async () => {
    const before = await orchestra.places();
    const node = keysOf(dead).publicKey;
    const other = keysOf(heir).publicKey;
    let upkeep = orchestra.upkeep();
    for (let blocks = 0; blocks < 10 && !upkeep.changes.some(({ to }) => to === 'DEAD'); blocks++) {
      assert.deepEqual(upkeep.moves, []);
      await pass(5_000);
      upkeep = orchestra.upkeep();
    }
    assert.deepEqual(upkeep.changes, [{ node, to: 'DEAD' }]);
    const { app: workload } = orchestra;
    assert.deepEqual(upkeep.moves, [
      { workload, replica: lost, from: [node], to: [] },
      { workload, replica: lost, from: [], to: [other] },
    ]);
    assert.deepEqual(await orchestra.places(), before.with(lost, `0x${other}`));
    const { nodes } = await orchestra.askAll('cluster_load', {});
    assert.equal(
      nodes.some((one) => one.node === `0x${node}`),
      false,
    );
  });

  it('leaves a cluster in which all validators have one state', () => {
    const roots = orchestra.nodes.map(({ chain }) => chain.state.stateRoot());
    assert.equal(new Set(roots).size, 1);
  });
});
