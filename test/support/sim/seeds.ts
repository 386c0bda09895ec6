/**
 * The seeds of a test: `count` consecutive ones, or only the one in the environment variable SEED, to run a failure
 * again. Every error of a simulation names its seed.
 */
export function seeds(count: number, first = 0): number[] {
  const only = process.env.SEED;
  if (only !== undefined) return [Number(only)];
  return Array.from({ length: count }, (_, index) => first + index);
}
