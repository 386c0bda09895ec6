import { faultTolerance } from '../../types/quorum.ts';
import type { ValidatorSet } from '../../types/validator.ts';
import type { SimNode } from '../host.ts';
import type { Random } from '../random.ts';
import { type FaultClass, type FaultCounts, isStrategy, type Strategy } from './faults.ts';

/** Who of the first validators is Byzantine, by id: each strategy has at least one where f allows it. */
export function drawLiars(
  random: Random,
  faults: ReadonlySet<FaultClass>,
  first: ValidatorSet,
  count?: number,
): Map<string, Strategy> {
  const strategies = [...faults].filter(isStrategy);
  const reserved = faults.has('missing-journal') ? 1 : 0;
  const most = Math.max(0, faultTolerance(first.size) - reserved);
  const drawn = strategies.length === 0 ? 0 : random.between(Math.min(1, most), most);
  const liars = random.sample(first.members, Math.max(count ?? drawn, Math.min(strategies.length, most)));
  return new Map(liars.map((member, index) => [member.id, strategies[index] ?? random.pick(strategies)]));
}

/** Honest nodes that may lose their journals: together with the Byzantine ones at most f. */
export function drawExpendable(
  random: Random,
  faults: ReadonlySet<FaultClass>,
  first: ValidatorSet,
  nodes: readonly SimNode[],
): SimNode[] {
  if (!faults.has('missing-journal')) return [];
  const honest = nodes.filter((node) => node.strategy === undefined);
  const liars = nodes.length - honest.length;
  const members = honest.filter((node) => first.has(node.id));
  return random.sample(members, faultTolerance(first.size) - liars);
}

/** Sets clocks wrong by at most `maxOffsetMs` either way, by default as the class `clock-offset` has it. */
export function setClocks(
  nodes: readonly SimNode[],
  faults: ReadonlySet<FaultClass>,
  random: Random,
  counts: FaultCounts,
  maxOffsetMs = faults.has('clock-offset') ? random.pick([300, 300, 10_000]) : 0,
): void {
  if (maxOffsetMs === 0) return;
  for (const node of nodes) {
    // Far off are single clocks; a little off are all.
    const isFar = maxOffsetMs > 300 && random.chance(0.3);
    node.clockOffsetMs =
      random.between(-1, 1) * (isFar ? maxOffsetMs : random.between(0, Math.min(maxOffsetMs, 300)));
    if (node.clockOffsetMs !== 0) counts.note('clock-offset');
  }
}

/**
 * Honest nodes chosen by the seed, of every validator set that still has to decide at least n − f. Nodes that lost
 * their journals and may not sign now are not among them.
 */
export function drawCore(
  random: Random,
  honest: readonly SimNode[],
  validators: { at(height: number): ValidatorSet; readonly settledHeight: number },
): SimNode[] {
  const able = honest.filter((node) => node.maySign);
  const core = new Set<SimNode>();
  const fill = (height: number) => {
    const set = validators.at(height);
    const members = random.sample(
      able.filter((node) => set.has(node.id)),
      set.size,
    );
    const needed = set.size - faultTolerance(set.size);
    const missing = needed - members.filter((node) => core.has(node)).length;
    for (const node of members.filter((candidate) => !core.has(candidate)).slice(0, Math.max(0, missing)))
      core.add(node);
  };
  fill(validators.settledHeight);
  // Where a member has a block that others lack, it can serve it; the heights above must be decided by the core.
  const head = Math.max(...[...core].map((node) => node.headHeight));
  for (let height = head + 1; height <= validators.settledHeight; height++) fill(height);
  return [...core];
}
