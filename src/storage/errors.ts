import { NodeError } from '../util/errors.ts';

/** Codes of every error that storage raises on purpose. */
export type StorageErrorCode =
  /** Another process, or another part of this one, has the database, the journal or the data directory open. */
  | 'STORE_LOCKED'
  | 'JOURNAL_LOCKED'
  | 'DATA_DIR_LOCKED'
  /** Written by a version of the node that stores things differently. */
  | 'STORE_VERSION'
  /** The data belong to another chain. */
  | 'GENESIS_MISMATCH'
  /** The disk returned something that this node never wrote. */
  | 'STORE_CORRUPT'
  /** The disk refused to read or write. */
  | 'STORE_UNAVAILABLE'
  /** A block that does not follow the stored head. */
  | 'NOT_NEXT_BLOCK'
  | 'JOURNAL_MISSING'
  | 'JOURNAL_EXISTS'
  /** The journal belongs to another chain or another validator. */
  | 'JOURNAL_MISMATCH'
  /** The head of the journal is unreadable, so that nothing is known of what was signed. */
  | 'JOURNAL_DAMAGED'
  /** A height that this journal does not allow to be signed: committed already, or its votes are not known. */
  | 'HEIGHT_NOT_SIGNABLE'
  | 'JOURNAL_RECORD_TOO_LARGE'
  | 'JOURNAL_FULL'
  /** A write failed earlier: what the disk holds is unknown until the node starts again. */
  | 'JOURNAL_FAILED';

/** What this node wrote itself must decode; if not, the disk is damaged. */
export function readable<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw corrupt(what, error);
  }
}

export function corrupt(what: string, cause: unknown): NodeError<StorageErrorCode> {
  return new NodeError<StorageErrorCode>('STORE_CORRUPT', `the database holds a damaged ${what}`, {
    data: { what },
    hint: 'move the db folder away and let the node sync again; keep keys and journal',
    ...(cause === undefined ? {} : { cause }),
  });
}
