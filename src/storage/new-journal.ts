import { NodeError } from '../util/errors.ts';
import { type Disk, fileSystem } from './disk.ts';
import type { StorageErrorCode } from './errors.ts';
import { writeJournal } from './journal-file.ts';
import { encodeHead, type JournalOwner } from './journal-format.ts';
import { lockJournal } from './journal-lock.ts';

/**
 * Writes the journal of a new validator, which has never signed anything.
 * @throws NodeError JOURNAL_EXISTS, JOURNAL_LOCKED
 */
export async function createJournal(
  path: string,
  owner: JournalOwner,
  disk: Disk = fileSystem,
): Promise<void> {
  const lock = lockJournal(path);
  try {
    if (disk.exists(path))
      throw new NodeError<StorageErrorCode>('JOURNAL_EXISTS', `there is a vote journal at ${path}`, {
        data: { path },
        hint: 'a journal is never overwritten: it is what keeps a validator from contradicting itself',
      });
    await writeEmpty(disk, path, owner, true, 0);
  } finally {
    lock.release();
  }
}

/**
 * Replaces a missing or unreadable journal by one that allows signing from `height` on. Whatever the validator
 * signed from that height on is not known any more, so the admin must be sure that there is nothing. The old file
 * is kept beside it as `.lost`.
 * @throws NodeError JOURNAL_LOCKED
 */
export async function acceptLostJournal(path: string, owner: JournalOwner, height: number): Promise<void> {
  const lock = lockJournal(path);
  try {
    if (fileSystem.exists(path)) await fileSystem.rename(path, `${path}.lost`);
    await writeEmpty(fileSystem, path, owner, false, height);
  } finally {
    lock.release();
  }
}

async function writeEmpty(
  disk: Disk,
  path: string,
  owner: JournalOwner,
  fresh: boolean,
  signableFrom: number,
): Promise<void> {
  const head = {
    genesisHash: owner.genesisHash,
    validator: owner.validator,
    fresh,
    signableFrom,
    firstSequence: 0,
  };
  const file = await writeJournal(disk, path, encodeHead(head));
  await file.close();
}
