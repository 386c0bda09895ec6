import { ContainerType, type Type } from '@chainsafe/ssz';
import { SafeU64 } from '../../types/ssz-numbers.ts';
import type { StateReader, StateWriter } from '../seam.ts';
import { Table } from './table.ts';

const RangeType = new ContainerType({ head: SafeU64, tail: SafeU64 });

/**
 * A first-in-first-out queue in a sub-tree. Positions count from 0 since genesis and are never used twice; an entry
 * is read by position as long as it stands in the queue.
 */
export class Queue<V> {
  readonly #range: Table<{ head: number; tail: number }>;
  readonly #entries: Table<V>;

  constructor(name: string, type: Type<V>) {
    this.#range = new Table(`${name}-range`, RangeType);
    this.#entries = new Table(name, type);
  }

  /** `head` is the position of the oldest entry, `tail` that of the next one to come. */
  range(reader: StateReader): { head: number; tail: number } {
    return this.#range.get(reader) ?? { head: 0, tail: 0 };
  }

  length(reader: StateReader): number {
    const { head, tail } = this.range(reader);
    return tail - head;
  }

  at(reader: StateReader, position: number): V | undefined {
    return this.#entries.get(reader, position);
  }

  /** An entry as it stands in the state: the same bytes as long as it is in the queue. */
  bytesAt(reader: StateReader, position: number): Uint8Array | undefined {
    return reader.get(this.#entries.path(position));
  }

  decode(bytes: Uint8Array): V {
    return this.#entries.decode(bytes);
  }

  /** The oldest entry. */
  first(reader: StateReader): V | undefined {
    return this.at(reader, this.range(reader).head);
  }

  /** Appends an entry and returns its position. */
  push(writer: StateWriter, value: V): number {
    const { head, tail } = this.range(writer);
    this.#entries.set(writer, value, tail);
    this.#range.set(writer, { head, tail: tail + 1 });
    return tail;
  }

  /** Removes the oldest entry, if there is one. */
  shift(writer: StateWriter): { position: number; value: V } | undefined {
    const { head, tail } = this.range(writer);
    const value = this.at(writer, head);
    if (value === undefined) return undefined;
    this.#entries.delete(writer, head);
    this.#range.set(writer, { head: head + 1, tail });
    return { position: head, value };
  }
}
