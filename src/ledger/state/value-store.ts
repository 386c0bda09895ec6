/** Committed values of a sub-tree by path. Iteration has no particular order. */
export interface Values extends Iterable<[path: string, value: Uint8Array]> {
  get(path: string): Uint8Array | undefined;
  set(path: string, value: Uint8Array): void;
  delete(path: string): void;
}

const PAGE_BYTES = 64 * 1024;
/** A record begins at a multiple of this, so that a 32-bit number finds it among up to 64 GiB. */
const GRAIN_BYTES = 16;
const PAGE_GRAINS = PAGE_BYTES / GRAIN_BYTES;
/** u16 length of the path, u16 length of the value. */
const HEADER_BYTES = 4;
/** Longer records stay outside of the pages; only a few kinds of values are that long. */
const MAX_RECORD_BYTES = 2_048;
const FIRST_SLOTS = 64;
/** Slots of the table that may be in use before it is doubled: runs of used slots stay short. */
const MAX_FILL = 0.7;

/**
 * Paths and values as bytes in pages of their own, found by a hash table of numbers (open addressing, linear
 * probing). A Map of as many strings and arrays takes two to three times the memory, and the collector of the runtime
 * would visit every one of them again and again: with a million accounts a transaction would cost half as much again
 * as with ten thousand. What `get` returns is a copy.
 */
export class ValueStore implements Values {
  readonly #pages: Uint8Array[] = [];
  /** Free records by their size in grains. */
  readonly #free: number[][] = [];
  #nextGrain = 0;
  /** Number of the first grain of a record, plus one; 0 for an empty slot. */
  #records = new Uint32Array(FIRST_SLOTS);
  #hashes = new Uint32Array(FIRST_SLOTS);
  #used = 0;
  /** What does not fit into pages: long records, and paths of other letters than those of Latin-1. */
  readonly #others = new Map<string, Uint8Array>();

  /** Of all pages, those with free places included. */
  get bytes(): number {
    return this.#pages.length * PAGE_BYTES;
  }

  get(path: string): Uint8Array | undefined {
    const slot = this.#find(path, hashOf(path));
    return slot < 0 ? this.#others.get(path) : this.#valueAt(this.#recordIn(slot));
  }

  set(path: string, value: Uint8Array): void {
    const hash = hashOf(path);
    const slot = this.#find(path, hash);
    const fits = hash !== undefined && HEADER_BYTES + path.length + value.length <= MAX_RECORD_BYTES;
    if (slot >= 0) {
      const record = this.#recordIn(slot);
      if (fits && grainsOf(path, value.length) === this.#grainsAt(record)) {
        this.#write(record, path, value);
        return;
      }
      this.#remove(slot);
    }
    if (!fits) {
      this.#others.set(path, value);
      return;
    }
    this.#others.delete(path);
    const record = this.#allocate(grainsOf(path, value.length));
    this.#write(record, path, value);
    this.#insert(record, hash);
  }

  delete(path: string): void {
    const slot = this.#find(path, hashOf(path));
    if (slot < 0) this.#others.delete(path);
    else this.#remove(slot);
  }

  *[Symbol.iterator](): Generator<[string, Uint8Array]> {
    for (const number of this.#records) {
      if (number === 0) continue;
      yield [this.#pathAt(number - 1), this.#valueAt(number - 1)];
    }
    yield* this.#others;
  }

  /** The slot of a path, -1 if it has none. */
  #find(path: string, hash: number | undefined): number {
    if (hash === undefined) return -1;
    const mask = this.#records.length - 1;
    for (let slot = hash & mask; this.#records[slot] !== 0; slot = (slot + 1) & mask)
      if (this.#hashes[slot] === hash && this.#hasPath(this.#recordIn(slot), path)) return slot;
    return -1;
  }

  #recordIn(slot: number): number {
    return (this.#records[slot] as number) - 1;
  }

  #insert(record: number, hash: number): void {
    if (this.#used + 1 > MAX_FILL * this.#records.length) this.#double();
    this.#used++;
    place(this.#records, this.#hashes, record + 1, hash);
  }

  #double(): void {
    const records = new Uint32Array(2 * this.#records.length);
    const hashes = new Uint32Array(2 * this.#records.length);
    for (const [slot, number] of this.#records.entries())
      if (number !== 0) place(records, hashes, number, this.#hashes[slot] as number);
    this.#records = records;
    this.#hashes = hashes;
  }

  /** Frees the record of a slot, and moves up what was placed behind it for want of that slot. */
  #remove(slot: number): void {
    const record = this.#recordIn(slot);
    this.#freeOf(this.#grainsAt(record)).push(record);
    this.#used--;
    const mask = this.#records.length - 1;
    let gap = slot;
    for (let next = (gap + 1) & mask; this.#records[next] !== 0; next = (next + 1) & mask) {
      const home = (this.#hashes[next] as number) & mask;
      // It may move if its own place is not between the gap and where it stands now.
      if (((next - home) & mask) < ((next - gap) & mask)) continue;
      this.#records[gap] = this.#records[next] as number;
      this.#hashes[gap] = this.#hashes[next] as number;
      gap = next;
    }
    this.#records[gap] = 0;
  }

  #freeOf(grains: number): number[] {
    let free = this.#free[grains];
    if (free === undefined) {
      free = [];
      this.#free[grains] = free;
    }
    return free;
  }

  #allocate(grains: number): number {
    const free = this.#freeOf(grains).pop();
    if (free !== undefined) return free;
    if ((this.#nextGrain % PAGE_GRAINS) + grains > PAGE_GRAINS) this.#freeRestOfPage();
    const record = this.#nextGrain;
    if (record === this.#pages.length * PAGE_GRAINS) this.#pages.push(new Uint8Array(PAGE_BYTES));
    this.#nextGrain += grains;
    return record;
  }

  #freeRestOfPage(): void {
    const rest = PAGE_GRAINS - (this.#nextGrain % PAGE_GRAINS);
    this.#freeOf(rest).push(this.#nextGrain);
    this.#nextGrain += rest;
  }

  #pageOf(record: number): Uint8Array {
    return this.#pages[Math.floor(record / PAGE_GRAINS)] as Uint8Array;
  }

  #write(record: number, path: string, value: Uint8Array): void {
    const page = this.#pageOf(record);
    let at = offsetOf(record);
    page[at++] = path.length & 0xff;
    page[at++] = path.length >> 8;
    page[at++] = value.length & 0xff;
    page[at++] = value.length >> 8;
    for (let i = 0; i < path.length; i++) page[at++] = path.charCodeAt(i);
    page.set(value, at);
  }

  #pathLength(page: Uint8Array, at: number): number {
    return (page[at] as number) | ((page[at + 1] as number) << 8);
  }

  #valueLength(page: Uint8Array, at: number): number {
    return (page[at + 2] as number) | ((page[at + 3] as number) << 8);
  }

  #grainsAt(record: number): number {
    const page = this.#pageOf(record);
    const at = offsetOf(record);
    return grainsFor(this.#pathLength(page, at) + this.#valueLength(page, at));
  }

  #hasPath(record: number, path: string): boolean {
    const page = this.#pageOf(record);
    const at = offsetOf(record);
    if (this.#pathLength(page, at) !== path.length) return false;
    const begin = at + HEADER_BYTES;
    for (let i = 0; i < path.length; i++) if (page[begin + i] !== path.charCodeAt(i)) return false;
    return true;
  }

  #pathAt(record: number): string {
    const page = this.#pageOf(record);
    const begin = offsetOf(record) + HEADER_BYTES;
    const codes = page.subarray(begin, begin + this.#pathLength(page, offsetOf(record)));
    return String.fromCharCode(...codes);
  }

  #valueAt(record: number): Uint8Array {
    const page = this.#pageOf(record);
    const at = offsetOf(record);
    const begin = at + HEADER_BYTES + this.#pathLength(page, at);
    return page.slice(begin, begin + this.#valueLength(page, at));
  }
}

function offsetOf(record: number): number {
  return GRAIN_BYTES * (record % PAGE_GRAINS);
}

function grainsOf(path: string, valueBytes: number): number {
  return grainsFor(path.length + valueBytes);
}

function grainsFor(bytes: number): number {
  return Math.ceil((HEADER_BYTES + bytes) / GRAIN_BYTES);
}

function place(records: Uint32Array, hashes: Uint32Array, number: number, hash: number): void {
  const mask = records.length - 1;
  let slot = hash & mask;
  while (records[slot] !== 0) slot = (slot + 1) & mask;
  records[slot] = number;
  hashes[slot] = hash;
}

/** FNV-1a over the letters, its bits mixed as at the end of MurmurHash3; undefined if one is not of Latin-1. */
function hashOf(path: string): number | undefined {
  let hash = 0x811c9dc5;
  let codes = 0;
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    codes |= code;
    hash = Math.imul(hash ^ code, 0x01000193);
  }
  if (codes > 0xff) return undefined;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
