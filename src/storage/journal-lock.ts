import { NodeError } from '../util/errors.ts';
import type { StorageErrorCode } from './errors.ts';
import { acquireFileLock, type FileLock } from './file-lock.ts';

/** Takes the journal for this process. @throws NodeError JOURNAL_LOCKED */
export function lockJournal(path: string): FileLock {
  const result = acquireFileLock(`${path}.lock`);
  if ('lock' in result) return result.lock;
  throw new NodeError<StorageErrorCode>(
    'JOURNAL_LOCKED',
    `process ${result.holder} has the vote journal ${path} open`,
    {
      data: { path, pid: result.holder },
      hint: 'two processes with one validator key would contradict each other: stop the other one first',
    },
  );
}
