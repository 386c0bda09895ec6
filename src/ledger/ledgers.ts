import { bpci } from './bpci/bpci.ts';
import { economy, settlement } from './economy/economy.ts';
import type { LedgerRules } from './rules.ts';

/** The ledgers that exist. Transactions for any other are refused LEDGER_NOT_AVAILABLE. */
export const LEDGER_RULES: LedgerRules = { modules: { bpci, economy }, settlement };
