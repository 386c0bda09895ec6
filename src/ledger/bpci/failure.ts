import { BPCI, type BpciStatus } from '../../types/operations/bpci.ts';
import { OperationFailure } from '../seam.ts';

/** A failed operation of this ledger, by the name of its status. */
export function failure(status: BpciStatus, message: string): OperationFailure {
  return new OperationFailure(BPCI.statuses[status], message);
}
