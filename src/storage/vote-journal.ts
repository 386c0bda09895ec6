import type { JournalRecord } from '../types/journal.ts';
import { NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import { type Disk, fileSystem } from './disk.ts';
import type { StorageErrorCode } from './errors.ts';
import type { FileLock } from './file-lock.ts';
import { JournalFile } from './journal-file.ts';
import { encodePayload, HEAD_BYTES, type JournalOwner, RECORD_HEAD_BYTES } from './journal-format.ts';
import { lockJournal } from './journal-lock.ts';
import { bindingRecords } from './journal-retention.ts';

export interface OpenJournalOptions extends JournalOwner {
  /** Height of the last block in the own store: a validator signs at most one height above it. */
  readonly headHeight: number;
  readonly maxBytes?: number;
  /** Bytes of decided heights that may wait in the file before it is rewritten without them. */
  readonly maxDeadBytes?: number;
  /** Where the file is; the lock stands in the file system in any case. */
  readonly disk?: Disk;
}

/** What opening found. */
export interface JournalState {
  /** Written by `createJournal`; false if a loss was accepted. */
  readonly fresh: boolean;
  /** No height below may be signed. */
  readonly signableFrom: number;
  /** Records were unreadable; `signableFrom` is above every height that they can have been about. */
  readonly damaged: boolean;
  /** A write that the last stop cut off was removed; its message never left the node. */
  readonly tornTail: boolean;
}

interface StoredRecord {
  readonly record: JournalRecord;
  /** Size in the file. */
  readonly bytes: number;
}

interface PendingAppend {
  readonly record: JournalRecord;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface EncodedAppend extends StoredRecord {
  readonly pending: PendingAppend;
  readonly payload: Uint8Array;
}

/**
 * What one validator has signed, in an append-only file: no own consensus message leaves the node before `append`
 * has resolved. Decided heights are left out when the file is rewritten. One process at a time holds it.
 */
export class VoteJournal {
  readonly #lock: FileLock;
  readonly #file: JournalFile;
  readonly #owner: JournalOwner & { readonly fresh: boolean };
  readonly #maxBytes: number;
  readonly #maxDeadBytes: number;
  readonly #records = new Map<number, StoredRecord[]>();
  #signableFrom: number;
  #pending: PendingAppend[] = [];
  #wantsRewrite = false;
  #running: Promise<void> | undefined;
  #failure: NodeError<StorageErrorCode> | undefined;

  private constructor(lock: FileLock, file: JournalFile, state: JournalState, options: OpenJournalOptions) {
    this.#lock = lock;
    this.#file = file;
    this.#owner = { genesisHash: options.genesisHash, validator: options.validator, fresh: state.fresh };
    this.#maxBytes = options.maxBytes ?? LIMITS.maxJournalBytes;
    this.#maxDeadBytes = options.maxDeadBytes ?? LIMITS.maxJournalDeadBytes;
    this.#signableFrom = state.signableFrom;
  }

  /**
   * Opens the journal of a validator, removes a torn end, and closes damaged heights to signing for good.
   * @throws NodeError JOURNAL_MISSING, JOURNAL_LOCKED, JOURNAL_DAMAGED, JOURNAL_MISMATCH
   */
  static async open(
    path: string,
    options: OpenJournalOptions,
  ): Promise<{ journal: VoteJournal; state: JournalState }> {
    const lock = lockJournal(path);
    let file: JournalFile | undefined;
    try {
      const opened = await JournalFile.open(options.disk ?? fileSystem, path);
      file = opened.file;
      const { head, scan } = opened;
      if (head.genesisHash !== options.genesisHash || head.validator !== options.validator)
        throw mismatch(head, options);
      // With nothing readable behind it, damage can be about any height up to the one that was being voted on.
      const lastClosed = scan.damage === undefined ? 0 : (scan.damage.before ?? options.headHeight + 1);
      const state: JournalState = {
        fresh: head.fresh,
        signableFrom: Math.max(head.signableFrom, lastClosed + 1, options.headHeight + 1),
        damaged: scan.damage !== undefined,
        tornTail: scan.torn,
      };
      const journal = new VoteJournal(lock, file, state, options);
      for (const { record, bytes } of scan.records) journal.#remember({ record, bytes });
      journal.#forgetUpTo(options.headHeight);
      if (state.damaged) await journal.#rewrite(journal.#live());
      return { journal, state };
    } catch (error) {
      await file?.close();
      lock.release();
      throw error;
    }
  }

  /** Whether this journal knows everything that was signed at a height, and the height is not decided. */
  maySign(height: number): boolean {
    return this.#failure === undefined && height >= this.#signableFrom;
  }

  /**
   * Durable records of an undecided height, in the order in which they were appended. A block stands in the first
   * record that names it; later ones of the same block have none.
   */
  recordsOf(height: number): JournalRecord[] {
    return (this.#records.get(height) ?? []).map(({ record }) => record);
  }

  /**
   * Resolves when the record survives a power failure; appends that come together share one sync.
   * @throws NodeError HEIGHT_NOT_SIGNABLE, JOURNAL_RECORD_TOO_LARGE, JOURNAL_FULL, JOURNAL_FAILED
   */
  append(record: JournalRecord): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) reject(this.#failure);
      else if (record.height < this.#signableFrom) reject(this.#notSignable(record.height));
      else {
        this.#pending.push({ record, resolve, reject });
        this.#run();
      }
    });
  }

  /** Closes all heights up to a committed one; the file is rewritten when enough of it is of no use any more. */
  async dropUpTo(committedHeight: number): Promise<void> {
    this.#forgetUpTo(committedHeight);
    this.#signableFrom = Math.max(this.#signableFrom, committedHeight + 1);
    if (this.#file.size - HEAD_BYTES - this.#liveBytes() <= this.#maxDeadBytes) return;
    this.#wantsRewrite = true;
    this.#run();
    await this.#running;
  }

  /** Waits for the appends under way, then lets another process have the journal. */
  async close(): Promise<void> {
    await this.#running;
    await this.#file.close();
    this.#lock.release();
  }

  #run(): void {
    this.#running ??= this.#work();
  }

  /** The only code that writes to the file after `open`. Never rejects: failures go to those who wait. */
  async #work(): Promise<void> {
    while (this.#pending.length > 0 || this.#wantsRewrite) {
      const group = this.#pending;
      this.#pending = [];
      try {
        if (this.#wantsRewrite) await this.#rewrite(this.#live());
        this.#wantsRewrite = false;
        if (group.length > 0) await this.#appendGroup(group);
      } catch (error) {
        // After a failed sync nobody knows what the disk holds, and asking again may wrongly succeed.
        this.#failure = new NodeError(
          'JOURNAL_FAILED',
          'the vote journal cannot be written: nothing more is signed',
          {
            hint: 'check the disk, then start the node again',
            cause: error,
          },
        );
        this.#wantsRewrite = false;
        for (const { reject } of [...group, ...this.#pending]) reject(this.#failure);
        this.#pending = [];
      }
    }
    // In the same tick as the last look at `#pending`, so that nothing can be added to a queue that nobody serves.
    this.#running = undefined;
  }

  async #appendGroup(group: readonly PendingAppend[]): Promise<void> {
    let entries = this.#encode(group);
    if (!this.#fits(entries)) {
      await this.#rewrite(
        [...this.#records.values()].flatMap((stored) => bindingRecords(stored.map(({ record }) => record))),
      );
      entries = this.#encode(group);
    }
    if (!this.#fits(entries)) {
      for (const { pending } of entries) pending.reject(this.#full());
      return;
    }
    await this.#file.append(entries.map(({ payload }) => payload));
    for (const entry of entries) {
      this.#remember(entry);
      entry.pending.resolve();
    }
  }

  /** Encodes what can be encoded; a record that is too large is refused alone. */
  #encode(group: readonly PendingAppend[]): EncodedAppend[] {
    const entries: EncodedAppend[] = [];
    for (const pending of group) {
      const { height, blockHash, block } = pending.record;
      const earlier = [...(this.#records.get(height) ?? []), ...entries];
      const isStored = earlier.some(
        ({ record }) => record.height === height && record.blockHash === blockHash && record.block.length > 0,
      );
      const record =
        isStored && block.length > 0 ? { ...pending.record, block: new Uint8Array(0) } : pending.record;
      try {
        const payload = encodePayload(record);
        entries.push({ pending, record, payload, bytes: RECORD_HEAD_BYTES + payload.length });
      } catch (error) {
        pending.reject(error);
      }
    }
    return entries;
  }

  #fits(entries: readonly StoredRecord[]): boolean {
    return entries.reduce((size, { bytes }) => size + bytes, this.#file.size) <= this.#maxBytes;
  }

  async #rewrite(records: readonly JournalRecord[]): Promise<void> {
    const payloads = records.map(encodePayload);
    await this.#file.replace({ ...this.#owner, signableFrom: this.#signableFrom }, payloads);
    this.#records.clear();
    for (const [i, record] of records.entries())
      this.#remember({ record, bytes: RECORD_HEAD_BYTES + (payloads[i] as Uint8Array).length });
  }

  #remember(stored: StoredRecord): void {
    const { height } = stored.record;
    const known = this.#records.get(height);
    if (known === undefined) this.#records.set(height, [{ record: stored.record, bytes: stored.bytes }]);
    else known.push({ record: stored.record, bytes: stored.bytes });
  }

  #forgetUpTo(height: number): void {
    for (const known of this.#records.keys()) if (known <= height) this.#records.delete(known);
  }

  #live(): JournalRecord[] {
    return [...this.#records.values()].flatMap((stored) => stored.map(({ record }) => record));
  }

  #liveBytes(): number {
    return [...this.#records.values()].flat().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #notSignable(height: number): NodeError<StorageErrorCode> {
    return new NodeError('HEIGHT_NOT_SIGNABLE', `height ${height} may not be signed`, {
      data: { height, signableFrom: this.#signableFrom },
      hint: `votes are possible again from height ${this.#signableFrom} on`,
    });
  }

  #full(): NodeError<StorageErrorCode> {
    return new NodeError('JOURNAL_FULL', `the vote journal would grow beyond ${this.#maxBytes} bytes`, {
      data: { maxBytes: this.#maxBytes, bytes: this.#file.size },
    });
  }
}

function mismatch(found: JournalOwner, expected: JournalOwner): NodeError<StorageErrorCode> {
  const what = found.genesisHash === expected.genesisHash ? 'another validator' : 'another chain';
  return new NodeError<StorageErrorCode>('JOURNAL_MISMATCH', `the vote journal belongs to ${what}`, {
    data: {
      found: { genesisHash: found.genesisHash, validator: found.validator },
      expected: { genesisHash: expected.genesisHash, validator: expected.validator },
    },
    hint: 'use the data directory that belongs to this key and this genesis file',
  });
}
