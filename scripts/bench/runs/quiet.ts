import { setTimeout as sleep } from 'node:timers/promises';
import { sum } from '../arithmetic.ts';
import { BenchNet } from '../bench-net.ts';
import type { BenchRun } from '../context.ts';
import { coresBetween } from '../process-usage.ts';

const VALIDATORS = 21;
const LIMIT_MS = 240_000;
/** What a young process compiles and connects is no idleness. */
const SETTLE_MS = 20_000;

/** From the first process to the first block on every node. */
export const boot21: BenchRun = {
  name: 'boot21',
  summary: '21 validators, from the start of the first process to height 1 on all',
  validators: 0,
  limitMs: LIMIT_MS,
  measure: async (context) => {
    const validators = context.options.validators ?? VALIDATORS;
    const net = await BenchNet.create(context, { validators });
    const times = await net.boot();
    const { cpuSeconds } = net.usage();
    return { validators, ...times, cpuSeconds };
  },
};

/** A chain that has nothing to do but its empty blocks. */
export const idle21: BenchRun = {
  name: 'idle21',
  summary: '21 validators without a load',
  validators: 0,
  limitMs: LIMIT_MS,
  measure: async (context) => {
    const validators = context.options.validators ?? VALIDATORS;
    const net = await BenchNet.create(context, { validators });
    const { bootMs } = await net.boot();
    await net.supervisor.guard(sleep(SETTLE_MS));
    const begin = net.usage();
    const heightBefore = await net.height();
    await net.supervisor.guard(sleep(context.options.seconds * 1000));
    const end = net.usage();
    return {
      validators,
      bootMs,
      cores: coresBetween(begin, end),
      rssMiB: sum(end.rssMiB) / end.rssMiB.length,
      maxRssMiB: Math.max(...end.rssMiB),
      blocks: (await net.height()) - heightBefore,
    };
  },
};
