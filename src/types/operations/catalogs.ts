import type { LedgerName } from '../names.ts';
import { COMMON_STATUSES } from '../status.ts';
import { BPCI } from './bpci.ts';
import { BPI } from './bpi.ts';
import type { LedgerCatalog } from './catalog.ts';
import { CLUSTER } from './cluster.ts';
import { DOCKLOCK } from './docklock.ts';
import { ECONOMY } from './economy.ts';

const BY_LEDGER = { docklock: DOCKLOCK, cluster: CLUSTER, bpi: BPI, bpci: BPCI, economy: ECONOMY };

/** What crosses the wire of each ledger, by name. */
export const CATALOGS: Readonly<Record<LedgerName, LedgerCatalog>> = BY_LEDGER;

export type OperationName<Ledger extends LedgerName> = keyof (typeof BY_LEDGER)[Ledger]['operations'] &
  string;

/** The name of a receipt's status on a ledger; a code that this version does not know reads `STATUS_<code>`. */
export function statusName(ledger: LedgerName, status: number): string {
  for (const statuses of [COMMON_STATUSES, CATALOGS[ledger].statuses])
    for (const [name, code] of Object.entries(statuses)) if (code === status) return name;
  return `STATUS_${status}`;
}
