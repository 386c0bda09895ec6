import { DOCKLOCK, type DocklockStatus } from '../../types/operations/docklock.ts';
import { OperationFailure } from '../seam.ts';

/** A failed operation of this ledger, by the name of its status. */
export function failure(status: DocklockStatus, message: string): OperationFailure {
  return new OperationFailure(DOCKLOCK.statuses[status], message);
}
