import { BPI, type BpiStatus } from '../../types/operations/bpi.ts';
import { type FailureEvent, OperationFailure } from '../seam.ts';

/** A failed operation of this ledger, by the name of its status. */
export function failure(status: BpiStatus, message: string, event?: FailureEvent): OperationFailure {
  return new OperationFailure(BPI.statuses[status], message, event);
}
