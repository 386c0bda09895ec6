import { CLUSTER, type ClusterStatus } from '../../types/operations/cluster.ts';
import { OperationFailure } from '../seam.ts';

/** A failed operation of this ledger, by the name of its status. */
export function failure(status: ClusterStatus, message: string): OperationFailure {
  return new OperationFailure(CLUSTER.statuses[status], message);
}

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** Names of regions, apps and services are DNS labels (RFC 1123 §2.1). */
export function assertLabel(label: string, what: string): void {
  if (!LABEL.test(label)) throw failure('INVALID_LABEL', `${what} is no DNS label`);
}
