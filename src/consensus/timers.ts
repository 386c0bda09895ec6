import { LIMITS } from '../util/limits.ts';
import type { ConsensusOptions, ParentBlock } from './contract.ts';

/**
 * timeout(r) = min(base · 2^r, cap) in milliseconds. The exponent is bounded, so no round number overflows, and the
 * cap bounds how long a chain needs to recover after a long outage.
 */
export function roundTimeoutMs(
  round: number,
  options: Pick<ConsensusOptions, 'baseTimeoutMs' | 'timeoutCapMs'>,
): number {
  const doublings = Math.min(round, LIMITS.maxTimeoutDoublings);
  return Math.min(options.baseTimeoutMs * 2 ** doublings, options.timeoutCapMs);
}

/** Two instants of a height on the host's monotonic axis. */
export interface BlockSchedule {
  /** parent time + block interval: the proposer does not build earlier, and round 0 does not start to run out. */
  readonly notBeforeMs: number;
  /** parent time + empty interval: from here on a block is due even if there is no work. */
  readonly emptyBlockAtMs: number;
}

/**
 * Places the parent's wall-clock time on the monotonic axis. Validators refuse blocks further ahead than the clock
 * drift, so a parent that seems to be further in the future shows that the own clock is slow: it then counts as
 * `now + drift`, because a node must not wait for hours for a clock.
 */
export function blockSchedule(
  parent: ParentBlock,
  nowMs: number,
  wallMs: number,
  blockIntervalMs: number,
  options: Pick<ConsensusOptions, 'emptyBlockIntervalMs' | 'maxClockDriftMs'>,
): BlockSchedule {
  const parentAtMs = Math.min(parent.timeMs - wallMs, options.maxClockDriftMs) + nowMs;
  return {
    notBeforeMs: parentAtMs + blockIntervalMs,
    emptyBlockAtMs: parentAtMs + options.emptyBlockIntervalMs,
  };
}
