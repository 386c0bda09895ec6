import assert from 'node:assert/strict';
import { signStepBatch } from '../../../src/client/step-batch.ts';
import type { ContainerRun, ContainerUsage } from '../../../src/runtime/container-run.ts';
import { MemoryMeter } from '../../../src/runtime/memory-meter.ts';
import { StepRecorder } from '../../../src/runtime/step-recorder.ts';
import { DOCKLOCK } from '../../../src/types/operations/docklock.ts';
import { type ChainTip, chainSteps, FIRST_TIP, type Step } from '../../../src/types/step-receipt.ts';
import { APP, containerOf, owner, startedChain } from '../../support/docklock-ledger.ts';

const NODE = owner.consensus;
const OUTPUT = { text: '', bytes: 0, isCut: false };

function usage(cpuMs: number, memoryMegabyteSeconds: number): ContainerUsage {
  return {
    cpuNs: cpuMs * 1_000_000,
    memoryBytes: 0,
    memoryPeakBytes: 0,
    oomKills: 0,
    forksRefused: 0,
    memoryMegabyteSeconds,
  };
}

function runOf(atMs: number, change: Partial<ContainerRun> = {}): ContainerRun {
  return {
    requestedMs: atMs,
    createdMs: atMs + 20,
    runningMs: atMs + 30,
    endedMs: atMs + 500,
    deletedMs: atMs + 520,
    end: { kind: 'exited', code: 3 },
    usage: usage(40, 2),
    stdout: OUTPUT,
    stderr: OUTPUT,
    ...change,
  };
}

function tipOf(change: Partial<ChainTip> = {}): ChainTip {
  return {
    node: NODE.publicKey,
    app: APP,
    replica: 0,
    generation: 2,
    state: 'PENDING',
    sequence: 0,
    tip: FIRST_TIP,
    ...change,
  };
}

const actionsOf = (steps: readonly Step[]) => steps.map(({ action }) => action);

describe('the steps of a container', () => {
  it('tell its whole life, with the latency from the request until the program ran', () => {
    const recorder = new StepRecorder();
    recorder.ended(runOf(1_000), true);
    const steps = recorder.take();
    assert.deepEqual(actionsOf(steps), ['create', 'created', 'start', 'exit', 'delete']);
    assert.equal(steps[2]?.durationMs, 30);
    assert.equal(steps[3]?.exitCode, 3);
    assert.deepEqual(
      steps.map(({ timeMs }) => timeMs),
      [1_000, 1_020, 1_030, 1_500, 1_520],
    );
    assert.deepEqual(recorder.take(), []);
  });

  it('share the usage out without loss, and credit none that was not measured', () => {
    const recorder = new StepRecorder();
    recorder.started(runOf(1_000));
    recorder.sampled(usage(10, 1), 1_100);
    recorder.sampled(usage(25, 1), 1_200);
    recorder.ended(runOf(1_000), false);
    const used = recorder.take().map((step) => [step.usage.cpuMs, step.usage.memoryMbS]);
    assert.deepEqual(used.slice(3), [
      [10, 1],
      [15, 0],
      [15, 1],
    ]);
    const blind = new StepRecorder();
    blind.ended(
      runOf(1_000, { usage: { ...usage(0, 0), cpuNs: undefined, memoryMegabyteSeconds: undefined } }),
      true,
    );
    assert.ok(blind.take().every((step) => step.usage.cpuMs === 0 && step.usage.memoryMbS === 0));
  });

  it('never go back in time, also when the clock of the machine does', () => {
    const recorder = new StepRecorder();
    recorder.started(runOf(5_000));
    recorder.sampled(usage(1, 0), 4_000);
    recorder.ended(runOf(5_000, { endedMs: 4_500, deletedMs: 4_600 }), true);
    const times = recorder.take().map(({ timeMs }) => timeMs);
    assert.deepEqual(
      times,
      [...times].sort((a, b) => a - b),
    );
  });

  it('call a container that never ran failed, whether it was created or not', () => {
    const failed = {
      runningMs: undefined,
      end: { kind: 'failed', code: 1, message: 'no such program' },
    } as const;
    for (const [createdMs, actions] of [
      [1_020, ['create', 'created', 'fail', 'delete']],
      [undefined, ['create', 'fail', 'delete']],
    ] as const) {
      const recorder = new StepRecorder();
      recorder.ended(runOf(1_000, { ...failed, createdMs }), true);
      const steps = recorder.take();
      assert.deepEqual(actionsOf(steps), actions);
      assert.ok('receipts' in chainSteps(tipOf(), steps));
    }
  });

  it('are accepted by the ledger, in one batch and in several, also when the replica runs again', () => {
    const chain = startedChain();
    const { genesisHash } = chain;
    const recorder = new StepRecorder();
    const { StepBatch, Start } = DOCKLOCK.operations;
    let tip = tipOf();
    const report = () => {
      const { batch, end } = signStepBatch(NODE, genesisHash, tip, recorder.take());
      const receipt = chain.send(owner, 'docklock', DOCKLOCK, StepBatch, batch);
      assert.equal(receipt.status, 'OK');
      tip = end;
      return receipt;
    };
    const run = runOf(chain.timeMs);
    recorder.started(run);
    report();
    recorder.sampled(usage(10, 1), chain.timeMs);
    report();
    recorder.ended(run, false);
    report();
    assert.equal(containerOf(chain)?.state, 'stopped');
    assert.equal(containerOf(chain)?.usage.cpuMs, 40);

    const again = { app: APP, expectedGeneration: 2 };
    assert.equal(chain.send(owner, 'docklock', DOCKLOCK, Start, again).status, 'OK');
    tip = { ...tip, generation: 3 };
    const second = new StepRecorder();
    second.ended(runOf(chain.timeMs), true);
    const { batch } = signStepBatch(NODE, genesisHash, tip, second.take());
    assert.equal(chain.send(owner, 'docklock', DOCKLOCK, StepBatch, batch).status, 'OK');
    assert.equal(containerOf(chain)?.state, 'DELETED');
  });

  it('cannot be signed where they are impossible', () => {
    const recorder = new StepRecorder();
    recorder.ended(runOf(1_000), true);
    const steps = recorder.take();
    assert.throws(() => signStepBatch(NODE, '00'.repeat(32), tipOf({ state: 'running' }), steps), RangeError);
  });
});

describe('the memory meter', () => {
  it('adds up readings for the time before each, and the last one for the rest', () => {
    const meter = new MemoryMeter(0);
    meter.note(1_000, 5_000_000);
    meter.note(3_000, 10_000_000);
    assert.equal(meter.megabyteSeconds, 25);
    meter.close(4_000);
    assert.equal(meter.megabyteSeconds, 35);
    meter.close(4_000);
    assert.equal(meter.megabyteSeconds, 35);
  });
});
