import assert from 'node:assert/strict';
import { encodeOperation } from '../../../../src/types/operations/catalog.ts';
import { CLUSTER } from '../../../../src/types/operations/cluster.ts';
import { DOCKLOCK, type StepBatch } from '../../../../src/types/operations/docklock.ts';
import {
  CONTAINER_STATES,
  NO_USAGE,
  nextState,
  STEP_ACTIONS,
  type Step,
} from '../../../../src/types/step-receipt.ts';
import {
  firstEvent,
  heartbeat,
  type OrchestrationChain,
  SMALL,
  submission,
} from '../../../support/cluster-ledger.ts';
import {
  APP,
  type BatchOptions,
  batchOf,
  containerOf,
  operator,
  owner,
  startedChain,
  step,
  stranger,
} from '../../../support/docklock-ledger.ts';
import type { Actor } from '../../../support/ledger-chain.ts';

const { operations } = DOCKLOCK;
function send(chain: OrchestrationChain, batch: StepBatch, sender: Actor = stranger): string {
  return chain.send(sender, 'docklock', DOCKLOCK, operations.StepBatch, batch).status;
}
const life = (chain: OrchestrationChain): Step[] => [
  step(chain, 'create'),
  step(chain, 'created'),
  step(chain, 'start', { durationMs: 120 }),
];
const report = (chain: OrchestrationChain, steps: readonly Step[], options?: BatchOptions): string =>
  send(chain, batchOf(chain, steps, options));

describe('The states of a container', () => {
  it('follow each other as the runtime specification allows, and in no other way', () => {
    const allowed = CONTAINER_STATES.flatMap((before) =>
      STEP_ACTIONS.flatMap((action) => {
        const after = nextState(before, action);
        return after === undefined ? [] : [`${before} ${action} ${after}`];
      }),
    );
    assert.deepEqual(allowed, [
      'PENDING create creating',
      'creating created created',
      'creating fail stopped',
      'created start running',
      'created fail stopped',
      'running sample running',
      'running exit stopped',
      'running kill stopped',
      'stopped create creating',
      'stopped delete DELETED',
    ]);
  });
});

describe('StepBatch', () => {
  it('records the life of a container and shows the latency of its start', () => {
    const chain = startedChain();
    const { receipt, status } = chain.send(
      stranger,
      'docklock',
      DOCKLOCK,
      operations.StepBatch,
      batchOf(chain, life(chain)),
    );
    assert.equal(status, 'OK');
    const { name, value } = firstEvent(DOCKLOCK, receipt);
    assert.equal(name, 'StepsRecorded');
    assert.deepEqual(
      { ...(value as object), tip: '', root: '' },
      {
        node: owner.consensus.publicKey,
        app: APP,
        replica: 0,
        generation: 2,
        state: 'running',
        exitCode: 0,
        fromSequence: 1,
        toSequence: 3,
        tip: '',
        root: '',
        usage: NO_USAGE,
        startLatencyMs: 120,
      },
    );
    const usage = { ...NO_USAGE, cpuMs: 40, memoryMbS: 3 };
    const end = [step(chain, 'sample', { usage }), step(chain, 'exit', { exitCode: 3, usage })];
    assert.equal(report(chain, end), 'OK');
    const record = containerOf(chain);
    assert.deepEqual([record?.state, record?.exitCode, record?.sequence], ['stopped', 3, 5]);
    assert.deepEqual(record?.usage, { ...NO_USAGE, cpuMs: 80, memoryMbS: 6 });
    assert.equal(report(chain, [step(chain, 'delete')]), 'OK');
    assert.equal(containerOf(chain)?.state, 'DELETED');
    assert.equal(report(chain, [step(chain, 'create')], { generation: 2 }), 'WRONG_GENERATION');
  });

  it('refuses what the node did not sign, and what does not continue the chain', () => {
    const chain = startedChain();
    const good = batchOf(chain, life(chain));
    assert.equal(send(chain, { ...good, tip: 'ee'.repeat(32) }), 'STEP_SIGNATURE_WRONG');
    const changed = (change: BatchOptions['change'] & object) => report(chain, life(chain), { change });
    assert.equal(changed({ fromSequence: 2 }), 'SEQUENCE_GAP');
    assert.equal(changed({ previousTip: '01'.repeat(32) }), 'CHAIN_BROKEN');
    assert.equal(changed({ count: 2 }), 'WRONG_COUNT');
    assert.equal(changed({ toSequence: 4 }), 'WRONG_COUNT');
    assert.equal(changed({ tip: '01'.repeat(32) }), 'WRONG_TIP');
    assert.equal(changed({ root: '01'.repeat(32) }), 'WRONG_ROOT');
    assert.equal(changed({ usage: { ...NO_USAGE, cpuMs: 1 } }), 'WRONG_USAGE');
    assert.equal(changed({ app: '01'.repeat(32) }), 'APP_UNKNOWN');
    assert.equal(report(chain, []), 'BATCH_EMPTY');
    assert.equal(send(chain, good), 'OK');
    assert.equal(send(chain, good), 'SEQUENCE_GAP', 'the same again');
    const forked = { from: { state: 'running', sequence: 3, tip: '02'.repeat(32) } } as const;
    assert.equal(report(chain, [step(chain, 'sample')], forked), 'CHAIN_BROKEN');
  });

  it('refuses impossible steps, and a new container without a new generation', () => {
    const chain = startedChain();
    assert.equal(report(chain, [step(chain, 'start')]), 'WRONG_GENERATION', 'nothing was created');
    assert.equal(report(chain, [step(chain, 'create'), step(chain, 'start')]), 'IMPOSSIBLE_STEP');
    assert.equal(report(chain, life(chain), { generation: 3 }), 'WRONG_GENERATION', 'not yet wanted');
    assert.equal(
      report(chain, [...life(chain), step(chain, 'kill'), step(chain, 'create')]),
      'WRONG_GENERATION',
    );
    assert.equal(report(chain, [...life(chain), step(chain, 'kill', { exitCode: 137 })]), 'OK');
    assert.equal(report(chain, life(chain)), 'WRONG_GENERATION');
    const restart = { app: APP, expectedGeneration: 2 };
    assert.equal(chain.send(owner, 'docklock', DOCKLOCK, operations.Start, restart).status, 'OK');
    assert.equal(report(chain, life(chain), { generation: 3 }), 'OK');
    assert.deepEqual([containerOf(chain)?.state, containerOf(chain)?.generation], ['running', 3]);
  });

  it('refuses usage that the limits do not allow in the time that passed, at once or in sum', () => {
    const chain = startedChain({ emptyBlockIntervalMs: 1_000, maxClockDriftMs: 1_000 });
    const using = (usage: Partial<Step['usage']>) =>
      [step(chain, 'sample', { usage: { ...NO_USAGE, ...usage } })] as const;
    assert.equal(report(chain, life(chain)), 'OK');
    assert.equal(report(chain, using({ cpuMs: 3_000 })), 'IMPLAUSIBLE_CPU');
    assert.equal(report(chain, using({ memoryMbS: 5_000 })), 'IMPLAUSIBLE_MEMORY');
    assert.equal(report(chain, using({ storageMicroGbDay: 100 })), 'IMPLAUSIBLE_STORAGE');
    assert.equal(report(chain, using({ egressBytes: 1 })), 'IMPLAUSIBLE_NETWORK');
    assert.equal(report(chain, using({ cpuMs: Number.MAX_SAFE_INTEGER })), 'IMPLAUSIBLE_CPU');
    let accepted = 0;
    while (accepted < 20 && report(chain, using({ cpuMs: 1_400 })) === 'OK') accepted++;
    assert.ok(accepted > 0 && accepted < 20, `the sum over time is bounded too; ${accepted} passed`);
  });

  it('refuses times that go back or lie in the future', () => {
    const chain = startedChain();
    const at = (timeMs: number) => [step(chain, 'create', { timeMs }), step(chain, 'created')];
    assert.equal(report(chain, at(chain.timeMs + 1)), 'STEPS_OUT_OF_ORDER');
    const future = life(chain).map((one) => ({ ...one, timeMs: chain.timeMs + 3_600_000 }));
    assert.equal(report(chain, future), 'IMPLAUSIBLE_TIME');
  });

  it('takes unplaced replicas only from live nodes of the owner, as many as are wanted', () => {
    const chain = startedChain();
    assert.equal(report(chain, life(chain), { node: operator }), 'NOT_PLACED_HERE');
    assert.equal(report(chain, life(chain), { node: stranger }), 'NODE_LEASE_ENDED');
    assert.equal(report(chain, life(chain), { replica: 2 }), 'REPLICA_NOT_DESIRED');
    chain.block([], chain.genesis.parameters.leaseMs);
    chain.block();
    assert.equal(report(chain, life(chain)), 'NODE_LEASE_ENDED');
  });

  it('takes placed replicas from the node on which the cluster placed them', () => {
    const chain = startedChain();
    const submit = submission('web', { replicas: 1, request: SMALL });
    chain.send(owner, 'cluster', CLUSTER, CLUSTER.operations.WorkloadSubmit, submit);
    chain.block();
    const place = chain.workload(owner, 'web').nodes[0];
    const [here, there] = place === owner.consensus.publicKey ? [owner, operator] : [operator, owner];
    assert.equal(report(chain, life(chain), { node: there }), 'NOT_PLACED_HERE');
    assert.equal(report(chain, life(chain), { node: here }), 'OK');
    const service = { name: 'web', port: 80, protocol: 'http' as const };
    const endpoint = { app: APP, replica: 0, node: here.consensus.publicKey, weight: 1 };
    const register = (endpoints: (typeof endpoint)[]) =>
      chain.send(owner, 'cluster', CLUSTER, CLUSTER.operations.SvcRegister, { ...service, endpoints }).status;
    assert.equal(register([{ ...endpoint, node: there.consensus.publicKey }]), 'ENDPOINT_NOT_RUNNING');
    assert.equal(register([endpoint]), 'OK');
  });

  it('refuses starts that the owner does not want any more', () => {
    const chain = startedChain();
    const stop = encodeOperation(operations.Stop, { app: APP, expectedGeneration: 2, graceMs: 0 });
    assert.equal(chain.run(owner, 'docklock', [stop]).status, 0);
    assert.equal(report(chain, life(chain)), 'OK', 'the stop may not have reached the node');
    chain.block([], 50_000);
    assert.equal(chain.run(owner, 'cluster', [heartbeat(chain, owner, 1)], { maxFee: 0n }).status, 0);
    chain.block([], 20_000);
    assert.equal(report(chain, life(chain), { replica: 1 }), 'START_NOT_DESIRED');
    assert.equal(
      report(chain, [step(chain, 'kill', { exitCode: 137 })]),
      'OK',
      'what runs may end at any time',
    );
  });

  it('is refused where the chain asks for notaries that do not exist yet', () => {
    const chain = startedChain({ notaryQuorum: 2 });
    assert.equal(report(chain, life(chain)), 'NOTARIES_TOO_FEW');
  });
});
