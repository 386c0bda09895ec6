import { ContainerType } from '@chainsafe/ssz';
import type { Policy } from '../../types/agreement.ts';
import type { Hash } from '../../types/ssz-bytes.ts';
import { SafeU64, U32 } from '../../types/ssz-numbers.ts';
import { utf8 } from '../../util/bytes.ts';
import type { LedgerContext, StateReader } from '../seam.ts';
import { Table } from '../state/table.ts';
import { executionHash } from './agreements.ts';
import { COUNTING_TYPES, type UsageOf } from './constraints.ts';

/** How often a subject was let pass in a window of rule time; only the last window is kept. */
const usage = new Table('usage', new ContainerType({ window: SafeU64, count: U32 }));

/** A quota has one window that never ends. */
function windowOf(policy: Policy, timeMs: number): number {
  return policy.type === 'rate_limit' ? Math.floor(timeMs / policy.settings.windowMs) : 0;
}

/** The keys are hashes, because ids are free text. */
function keyOf(agreement: Hash, policy: Policy, subjectId: string): [Hash, Hash, Hash] {
  return [agreement, executionHash(utf8(policy.id)), executionHash(utf8(subjectId))];
}

/** Reads how often a subject was let pass. */
export function usageReader(
  { own, timeMs }: { readonly own: StateReader; readonly timeMs: number },
  agreement: Hash,
  subjectId: string,
): UsageOf {
  return (policy) => {
    const last = usage.get(own, ...keyOf(agreement, policy, subjectId));
    return last?.window === windowOf(policy, timeMs) ? last.count : 0;
  };
}

/** Counts a subject that was let pass. */
export function countUsage(
  { own, timeMs }: Pick<LedgerContext, 'own' | 'timeMs'>,
  agreement: Hash,
  policies: readonly Policy[],
  subjectId: string,
): void {
  const before = usageReader({ own, timeMs }, agreement, subjectId);
  for (const policy of policies) {
    if (!COUNTING_TYPES.includes(policy.type)) continue;
    // Advisory enforcement lets pass what is over the limit, so the count stops where its type ends.
    const count = Math.min(2 ** 32 - 1, before(policy) + 1);
    usage.set(own, { window: windowOf(policy, timeMs), count }, ...keyOf(agreement, policy, subjectId));
  }
}
