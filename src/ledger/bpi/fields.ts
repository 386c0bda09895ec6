import type { BpiStatus } from '../../types/operations/bpi.ts';
import { utf8 } from '../../util/bytes.ts';
import { OperationFailure } from '../seam.ts';
import { TermsFailure, termsFailure, type YamlPath } from './failure.ts';
import type { YamlMap, YamlValue } from './yaml-document.ts';

/** Typed reading of a map: every field is taken once, and `end` refuses what nobody took. */
export class Fields {
  readonly #path: YamlPath;
  readonly #map: YamlMap;
  readonly #taken = new Set<string>();

  /** `path` leads to the value. @throws OperationFailure TERMS_FIELD_INVALID if the value is no map */
  constructor(value: YamlValue, path: YamlPath) {
    if (!(value instanceof Map))
      throw termsFailure('TERMS_FIELD_INVALID', `${describe(path)} is a map`, { path });
    this.#path = path;
    this.#map = value as YamlMap;
  }

  /** The map under a name. */
  nested(name: string): Fields {
    return new Fields(this.required(name), [...this.#path, name]);
  }

  /** A refusal of the field with this name, or of all of them. */
  refusal(status: BpiStatus, message: string, name?: string): TermsFailure {
    const path = name === undefined ? this.#path : [...this.#path, name];
    return termsFailure(status, `${describe(path)} ${message}`, { path });
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
    if (value === undefined) throw this.refusal('TERMS_FIELD_MISSING', 'is missing', name);
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

  /** What `parse` makes of text; its failure is one of this field. */
  parsed<T>(name: string, maxBytes: number, parse: (text: string) => T): T {
    const text = this.text(name, maxBytes);
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof OperationFailure)) throw error;
      throw new TermsFailure(error, { path: [...this.#path, name] });
    }
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
      throw this.refusal('TERMS_TOO_LARGE', `has more than ${bounds.items} items`, name);
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
    if (unknown !== undefined) throw this.refusal('TERMS_FIELD_UNKNOWN', 'is not known', unknown);
  }

  #text(value: YamlValue, name: string, maxBytes: number): string {
    if (typeof value !== 'string' || value === '') throw this.#invalid(name, 'text');
    if (utf8(value).length > maxBytes)
      throw this.refusal('TERMS_TOO_LARGE', `has more than ${maxBytes} bytes`, name);
    return value;
  }

  #invalid(name: string, expected: string) {
    return this.refusal('TERMS_FIELD_INVALID', `is to be ${expected}`, name);
  }
}

/** `agreement.policies[1].regions`; the names are the author's, so only their beginning is repeated. */
function describe(path: YamlPath): string {
  if (path.length === 0) return 'the document';
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part.slice(0, 64)}`))
    .join('')
    .slice(1);
}
