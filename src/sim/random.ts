import { sha256 } from '../crypto/hash.ts';
import { utf8 } from '../util/bytes.ts';

/**
 * The only source of chance in a simulation: xoshiro128** (Blackman and Vigna, 2018). Its 128 bits of state come from
 * a hash of the seed, so that many numbered seeds never share a run. The same seed gives the same run on every machine.
 */
export class Random {
  readonly #state: Uint32Array;

  constructor(seed: number | string) {
    const digest = sha256(utf8(`seed ${seed}`));
    this.#state = Uint32Array.from({ length: 4 }, (_, word) =>
      new DataView(digest.buffer, digest.byteOffset).getUint32(4 * word),
    );
  }

  /** Uniform in [0, 2^32). */
  uint32(): number {
    const s = this.#state as unknown as [number, number, number, number];
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotateLeft(s[3], 11);
    return result;
  }

  /** Uniform in [0, 1). */
  fraction(): number {
    return this.uint32() / 2 ** 32;
  }

  /** Uniform integer in [min, max], both included. */
  between(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('nothing to pick from');
    return items[this.between(0, items.length - 1)] as T;
  }

  /** A random subset of the given size, in random order. */
  sample<T>(items: readonly T[], count: number): T[] {
    const rest = [...items];
    const chosen: T[] = [];
    while (chosen.length < count && rest.length > 0)
      chosen.push(...rest.splice(this.between(0, rest.length - 1), 1));
    return chosen;
  }
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
