import { ECONOMY, type EconomyStatus } from '../../types/operations/economy.ts';
import { OperationFailure } from '../seam.ts';

/** Ends an operation with a status of the economy's catalog. */
export function fail(status: EconomyStatus, message: string): never {
  throw new OperationFailure(ECONOMY.statuses[status], message);
}
