import { utf8 } from '../../util/bytes.ts';
import { failure } from './failure.ts';
import type { YamlMap, YamlValue } from './yaml-document.ts';

/** Typed reading of a map: every field is taken once, and `end` refuses what nobody took. */
export class Fields {
  readonly #where: string;
  readonly #map: YamlMap;
  readonly #taken = new Set<string>();

  /** @throws OperationFailure TERMS_FIELD_INVALID if the value is no map */
  constructor(value: YamlValue, where: string) {
    if (!(value instanceof Map)) throw failure('TERMS_FIELD_INVALID', `${where} is a map`);
    this.#where = where;
    this.#map = value as YamlMap;
  }

  has(name: string): boolean {
    return this.#map.has(name);
  }

  optional(name: string): YamlValue | undefined {
    this.#taken.add(name);
    return this.#map.get(name);
  }

  required(name: string): YamlValue {
    const value = this.optional(name);
    if (value === undefined) throw failure('TERMS_FIELD_MISSING', `${this.#where}.${name} is missing`);
    return value;
  }

  /** Text of 1 to `maxBytes` bytes. */
  text(name: string, maxBytes: number): string {
    return this.#text(this.required(name), name, maxBytes);
  }

  optionalText(name: string, maxBytes: number): string | undefined {
    const value = this.optional(name);
    return value === undefined ? undefined : this.#text(value, name, maxBytes);
  }

  /** One of a few names; `fallback` if the field is not there. */
  name<const Names extends readonly string[]>(
    name: string,
    names: Names,
    fallback?: Names[number],
  ): Names[number] {
    const value = fallback === undefined ? this.required(name) : (this.optional(name) ?? fallback);
    if (typeof value !== 'string' || !names.includes(value))
      throw this.#invalid(name, `one of ${names.join(', ')}`);
    return value;
  }

  /** An integer from `min` to `max`; `fallback` if the field is not there. */
  integer(name: string, min: number, max: number, fallback?: number): number {
    const value = fallback === undefined ? this.required(name) : this.optional(name);
    if (value === undefined) return fallback as number;
    if (typeof value !== 'bigint' || value < BigInt(min) || value > BigInt(max))
      throw this.#invalid(name, `an integer from ${min} to ${max}`);
    return Number(value);
  }

  /** A list of different texts, with at least one unless it may be left out. */
  texts(name: string, bounds: { items: number; bytes: number; optional?: boolean }): string[] {
    const value = bounds.optional ? this.optional(name) : this.required(name);
    if (value === undefined) return [];
    if (!Array.isArray(value) || value.length === 0) throw this.#invalid(name, 'a list with something in it');
    if (value.length > bounds.items)
      throw failure('TERMS_TOO_LARGE', `${this.#where}.${name} has more than ${bounds.items} items`);
    const texts = value.map((item) => this.#text(item, name, bounds.bytes));
    if (new Set(texts).size !== texts.length) throw this.#invalid(name, 'a list without repetition');
    return texts;
  }

  /** The names of the fields that nobody took, in order of the alphabet. */
  rest(): string[] {
    return [...this.#map.keys()].filter((name) => !this.#taken.has(name)).sort();
  }

  /** @throws OperationFailure TERMS_FIELD_UNKNOWN if there is a field that nobody took */
  end(): void {
    const [unknown] = this.rest();
    if (unknown !== undefined)
      throw failure('TERMS_FIELD_UNKNOWN', `${this.#where}.${unknown.slice(0, 64)} is not known`);
  }

  #text(value: YamlValue, name: string, maxBytes: number): string {
    if (typeof value !== 'string' || value === '') throw this.#invalid(name, 'text');
    if (utf8(value).length > maxBytes)
      throw failure('TERMS_TOO_LARGE', `${this.#where}.${name} has more than ${maxBytes} bytes`);
    return value;
  }

  #invalid(name: string, expected: string) {
    return failure('TERMS_FIELD_INVALID', `${this.#where}.${name} is to be ${expected}`);
  }
}
