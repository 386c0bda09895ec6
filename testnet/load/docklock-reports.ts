import { signStepBatch } from '../../src/client/step-batch.ts';
import { DOCKLOCK } from '../../src/types/operations/docklock.ts';
import { type ChainTip, FIRST_TIP, NO_USAGE, type Step } from '../../src/types/step-receipt.ts';
import type { App, Workshop } from './docklock-workshop.ts';
import { freshHash, plan } from './planning.ts';
import type { OperationScenario, PlanContext, PlannedTransaction } from './scenario.ts';

const { operations } = DOCKLOCK;

/** More CPU than any container can have used. */
const IMPOSSIBLE_CPU_MS = 1_000_000_000;
/** Rule time lags behind the wall; a report is of a moment before. */
const REPORT_AGE_MS = 1_000;
/** Reports of a container between its start and its end. */
const SAMPLES = 2;

function step(context: PlanContext, action: Step['action'], change: Partial<Step> = {}): Step {
  const timeMs = Math.round(context.startMs + context.atMs) - REPORT_AGE_MS;
  return { action, timeMs, durationMs: 0, exitCode: 0, usage: NO_USAGE, ...change };
}

/** What replica 0 of an app does next; undefined if nothing. */
function nextSteps(context: PlanContext, { tip, desired, generation, samples }: App): Step[] | undefined {
  const isNew = tip === undefined || (tip.state === 'stopped' && tip.generation < generation);
  if (isNew && desired === 'running')
    return [
      step(context, 'create'),
      step(context, 'created', { durationMs: 20 }),
      step(context, 'start', { durationMs: 30 }),
    ];
  const usage = { ...NO_USAGE, cpuMs: 5 };
  if (tip?.state === 'running')
    return samples < SAMPLES ? [step(context, 'sample', { usage })] : [step(context, 'exit', { usage })];
  if (tip?.state === 'stopped' && desired === 'deleted') return [step(context, 'delete')];
  return undefined;
}

/** Containers live from their creation to their end, batch by batch; some reports are refused for what is wrong in them. */
export function stepBatch(workshop: Workshop): OperationScenario {
  const isReady = (context: PlanContext) => (app: App) =>
    workshop.mayReport(context, app.owner) && nextSteps(context, app) !== undefined;
  const tipOf = (context: PlanContext, app: App, steps: readonly Step[]): ChainTip => {
    const node = workshop.worker(context, app.owner).keys.publicKey;
    const first = { node, app: app.id, replica: 0, state: 'PENDING' as const, sequence: 0, tip: FIRST_TIP };
    const tip = app.tip ?? { ...first, generation: app.generation };
    return steps[0]?.action === 'create' ? { ...tip, generation: app.generation } : tip;
  };
  const wrongs: readonly ((context: PlanContext, app: App, steps: Step[]) => PlannedTransaction)[] = [
    (context, app, steps) => {
      const { genesisHash } = context;
      const tip = tipOf(context, app, steps);
      const gap = { ...tip, sequence: tip.sequence + 1 };
      const { batch } = signStepBatch(workshop.worker(context, app.owner).keys, genesisHash, gap, steps);
      return plan(app.owner, 'SEQUENCE_GAP', operations.StepBatch, batch);
    },
    (context, app, steps) => {
      const broken = { ...tipOf(context, app, steps), tip: freshHash(context, 'another tip') };
      const { batch } = signStepBatch(
        workshop.worker(context, app.owner).keys,
        context.genesisHash,
        broken,
        steps,
      );
      return plan(app.owner, 'CHAIN_BROKEN', operations.StepBatch, batch);
    },
    (context, app, steps) => {
      const { batch } = signStepBatch(app.owner.keys, context.genesisHash, tipOf(context, app, steps), steps);
      return plan(app.owner, 'STEP_SIGNATURE_WRONG', operations.StepBatch, batch);
    },
    (context, app, steps) => {
      const usage = { ...NO_USAGE, cpuMs: IMPOSSIBLE_CPU_MS };
      const boasting = steps.map((one) => ({ ...one, usage }));
      const tip = tipOf(context, app, steps);
      const { batch } = signStepBatch(
        workshop.worker(context, app.owner).keys,
        context.genesisHash,
        tip,
        boasting,
      );
      return plan(app.owner, 'IMPLAUSIBLE_CPU', operations.StepBatch, batch);
    },
  ];
  return {
    operation: 'StepBatch',
    weight: 8,
    succeed(context) {
      const app = workshop.take(isReady(context));
      const steps = app && nextSteps(context, app);
      if (app === undefined || steps === undefined) return undefined;
      const { keys } = workshop.worker(context, app.owner);
      const { batch, end } = signStepBatch(keys, context.genesisHash, tipOf(context, app, steps), steps);
      app.tip = end;
      app.samples += steps[0]?.action === 'sample' ? 1 : 0;
      if (end.state === 'DELETED') workshop.remove(app);
      return plan(app.owner, 'OK', operations.StepBatch, batch);
    },
    fail(context) {
      const app = workshop.take(isReady(context));
      const steps = app && nextSteps(context, app);
      if (app === undefined || steps === undefined) return undefined;
      return context.rotate(wrongs)(context, app, steps);
    },
  };
}
