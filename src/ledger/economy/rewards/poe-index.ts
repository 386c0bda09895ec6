/**
 * The PoE index in integers: Φ weighs the resources that were used, Γ = Φ / (1 + Φ) squeezes it below one. Both are
 * in millionths. Each is one fraction with one rounding, so that every node gets the same number.
 */

/** Resources of one window: CPU milliseconds, memory in MB·s, storage in 1e-6 GB·day, egress in bytes, receipts. */
export interface ResourceUsage {
  readonly cpuMs: bigint;
  readonly memoryMbS: bigint;
  readonly storageMicroGbDay: bigint;
  readonly egressBytes: bigint;
  readonly receipts: bigint;
}

interface Component {
  readonly usage: keyof ResourceUsage;
  /** Share of the index, in millionths; all shares add up to one. */
  readonly weightPpm: bigint;
  /** How much of the resource counts as one. */
  readonly scale: bigint;
}

const COMPONENTS: readonly Component[] = [
  { usage: 'cpuMs', weightPpm: 350_000n, scale: 1_000n },
  { usage: 'memoryMbS', weightPpm: 150_000n, scale: 1_000n },
  { usage: 'storageMicroGbDay', weightPpm: 150_000n, scale: 1_000_000n },
  { usage: 'egressBytes', weightPpm: 150_000n, scale: 10_000_000n },
  { usage: 'receipts', weightPpm: 200_000n, scale: 100n },
];

/** Least common multiple of the scales. */
const COMMON_SCALE = 10_000_000n;
const MICRO = 1_000_000n;

/** Φ in millionths: ⌊Σ weight · usage / scale⌋, rounded down once. @throws RangeError for a negative usage */
export function phiMicro(usage: ResourceUsage): bigint {
  let numerator = 0n;
  for (const { usage: name, weightPpm, scale } of COMPONENTS) {
    if (usage[name] < 0n) throw new RangeError(`negative ${name}`);
    numerator += weightPpm * usage[name] * (COMMON_SCALE / scale);
  }
  return numerator / COMMON_SCALE;
}

/** Γ in millionths: ⌊Φ / (1 + Φ)⌋. Always below 1 000 000. @throws RangeError for a negative Φ */
export function gammaMicro(phi: bigint): bigint {
  if (phi < 0n) throw new RangeError('negative Φ');
  return (phi * MICRO) / (MICRO + phi);
}
