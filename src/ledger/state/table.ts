import type { Type } from '@chainsafe/ssz';
import { decode, encode } from '../../types/ssz.ts';
import type { StateReader, StateWriter } from '../seam.ts';

/** One part of a key. Text parts must not contain a slash: the caller passes hex, names and numbers. */
export type KeyPart = string | number | bigint;

/**
 * Typed access to the values under one prefix of a sub-tree: `path = name/part/part`, the value in SSZ. It holds no
 * state, so one constant per table serves every reader and writer.
 */
export class Table<V> {
  readonly #name: string;
  readonly #type: Type<V>;

  constructor(name: string, type: Type<V>) {
    this.#name = name;
    this.#type = type;
  }

  path(...key: readonly KeyPart[]): string {
    let path = this.#name;
    for (const part of key) path += `/${part}`;
    return path;
  }

  get(reader: StateReader, ...key: readonly KeyPart[]): V | undefined {
    const bytes = reader.get(this.path(...key));
    return bytes === undefined ? undefined : this.decode(bytes);
  }

  has(reader: StateReader, ...key: readonly KeyPart[]): boolean {
    return reader.get(this.path(...key)) !== undefined;
  }

  set(writer: StateWriter, value: V, ...key: readonly KeyPart[]): void {
    writer.set(this.path(...key), encode(this.#type, value));
  }

  delete(writer: StateWriter, ...key: readonly KeyPart[]): void {
    writer.delete(this.path(...key));
  }

  /** The value of bytes that were found under this table's prefix. */
  decode(bytes: Uint8Array): V {
    return decode(this.#type, bytes, this.#name);
  }
}
