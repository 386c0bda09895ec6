/** One block as a load generator saw it arrive. Times of arrival are monotonic milliseconds. */
export interface SeenBlock {
  readonly height: number;
  /** Time in its header, milliseconds since the epoch. */
  readonly timeMs: number;
  readonly arrivedMs: number;
  readonly transactions: number;
  readonly operations: number;
}

export interface BlockRate {
  readonly transactionsPerSecond: number;
  readonly operationsPerSecond: number;
}

/**
 * What blocks brought a second. The first block only sets the begin: what it holds came in before. So the rate does
 * not depend on where between two blocks a window begins and ends. Fewer than two blocks have no rate: 0.
 */
export function blockRate(blocks: readonly SeenBlock[]): BlockRate {
  const [first, ...rest] = blocks;
  const last = rest.at(-1);
  if (first === undefined || last === undefined || last.arrivedMs <= first.arrivedMs)
    return { transactionsPerSecond: 0, operationsPerSecond: 0 };
  const seconds = (last.arrivedMs - first.arrivedMs) / 1000;
  return {
    transactionsPerSecond: sum(rest.map(({ transactions }) => transactions)) / seconds,
    operationsPerSecond: sum(rest.map(({ operations }) => operations)) / seconds,
  };
}

export interface Intervals {
  readonly meanMs: number;
  readonly maxMs: number;
}

/** Time between blocks by their headers; 0 where there are fewer than two. */
export function blockIntervals(blocks: readonly SeenBlock[]): Intervals {
  const gaps = blocks.slice(1).map(({ timeMs }, index) => timeMs - (blocks[index] as SeenBlock).timeMs);
  if (gaps.length === 0) return { meanMs: 0, maxMs: 0 };
  return { meanMs: sum(gaps) / gaps.length, maxMs: Math.max(...gaps) };
}

/**
 * The most transactions a second that the machine could take if it did nothing but check each signature once for each
 * validator. `verificationsPerSecond` is that of all its cores.
 */
export function ceilingPerSecond(verificationsPerSecond: number, validators: number): number {
  return verificationsPerSecond / validators;
}

/** `part` of `whole`, 0 where there is no whole. */
export function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** CPU-seconds that 1000 operations took. */
export function cpuPerThousand(cpuSeconds: number, operations: number): number {
  return ratio(cpuSeconds * 1000, operations);
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The middle value; 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

/** To so many significant digits: more would only show noise. */
export function significant(value: number, digits = 3): number {
  return value === 0 ? 0 : Number(value.toPrecision(digits));
}
