import { bpci } from './bpci/bpci.ts';
import { bpi } from './bpi/bpi.ts';
import { cluster } from './cluster/cluster.ts';
import { docklock } from './docklock/docklock.ts';
import { economy, settlement } from './economy/economy.ts';
import type { LedgerRules } from './rules.ts';

/** The ledgers that exist. Transactions for any other are refused LEDGER_NOT_AVAILABLE. */
export const LEDGER_RULES: LedgerRules = { modules: { docklock, cluster, bpi, bpci, economy }, settlement };
