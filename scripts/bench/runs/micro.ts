import type { BenchRun } from '../context.ts';
import { measureBlockImport } from '../micro/block-import.ts';
import { measureFullBlock } from '../micro/full-block.ts';
import { measurePrimitives } from '../micro/primitives.ts';
import { measureSections } from '../micro/sections.ts';
import { measureStateCommit } from '../micro/state-commit.ts';

const LIMIT_MS = 180_000;
const KEYS = 10_000;

/** Parts alone, in one process and without a network. */
export const micro: BenchRun = {
  name: 'micro',
  summary:
    'signatures, hashes, codec, state commit per key, section execution per operation, block import, a full block',
  validators: 0,
  limitMs: LIMIT_MS,
  measure: async (context) => ({
    verificationsPerSecond: context.verificationsPerSecond,
    ...measurePrimitives(),
    stateCommitMicrosPerKey: measureStateCommit(KEYS),
    ...(await measureBlockImport()),
    ...(await measureFullBlock()),
    ...measureSections(context.note),
  }),
};
