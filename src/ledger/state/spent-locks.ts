import type { Hash } from '../../types/ssz-bytes.ts';
import { Bool } from '../../types/ssz-numbers.ts';
import type { StateReader, StateWriter } from '../seam.ts';
import { Table } from './table.ts';

/**
 * Which locks of a ledger are spent, noted in the ledger's own sub-tree, because a section writes nothing else. The
 * note stays after the value was released, so no ref serves twice.
 */
const spentLocks = new Table('spent-lock', Bool);

export function isLockSpent(ledger: StateReader, ref: Hash): boolean {
  return spentLocks.has(ledger, ref);
}

export function noteLockSpent(ledger: StateWriter, ref: Hash): void {
  spentLocks.set(ledger, true, ref);
}
