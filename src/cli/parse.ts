import { InvalidArgumentError } from 'commander';
import { TOKENS, type TokenName } from '../types/names.ts';

/** Parsers of option values for commander. What they refuse ends the command as a usage error. */

/** Values of an option that may be repeated, or separated by commas (as in an environment variable). */
export function listOf(text: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), ...text.split(',').filter((item) => item !== '')];
}

/** A whole number. */
export function decimal(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('expected a whole number');
  return Number(text);
}

/** A number above zero, such as a rate. */
export function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError('expected a number above zero');
  return value;
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A duration such as `500ms`, `1s`, `2.5s`, `10m`, in milliseconds; a bare number is seconds. */
export function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (match === null) throw new InvalidArgumentError('expected a duration such as 500ms or 2s');
  return Math.round(Number(match[1]) * (UNITS_MS[match[2] ?? 's'] as number));
}

const DECIMALS = 6;

/** An amount of coins with up to six decimals, in micro-units. */
export function coins(text: string): bigint {
  const match = /^(\d{1,24})(?:\.(\d{1,6}))?$/.exec(text);
  if (match === null)
    throw new InvalidArgumentError('expected an amount such as 12 or 0.5, with at most six decimals');
  return (
    BigInt(match[1] as string) * 10n ** BigInt(DECIMALS) + BigInt((match[2] ?? '').padEnd(DECIMALS, '0'))
  );
}

/** Micro-units as coins: `1500000n` is `1.5`. */
export function formatCoins(micro: bigint): string {
  const text = micro.toString().padStart(DECIMALS + 1, '0');
  const fraction = text.slice(-DECIMALS).replace(/0+$/, '');
  return `${text.slice(0, -DECIMALS)}${fraction === '' ? '' : `.${fraction}`}`;
}

export function token(text: string): TokenName {
  const found = TOKENS.find((name) => name === text.toUpperCase());
  if (found === undefined) throw new InvalidArgumentError(`expected one of ${TOKENS.join(', ')}`);
  return found;
}

const HASH = /^(?:0x)?([0-9a-f]{64})$/;

/** An argument that is a hash, as 0x…. */
export function hash0x(text: string): string {
  const match = HASH.exec(text);
  if (match === null) throw new InvalidArgumentError('expected 0x and 64 hex digits');
  return `0x${match[1]}`;
}
