import type { LedgerName } from '../types/names.ts';
import type { LedgerModule, Settlement } from './seam.ts';

/** The rules of a chain: its ledgers, and who settles value between them. */
export interface LedgerRules {
  readonly modules: Readonly<Partial<Record<LedgerName, LedgerModule>>>;
  readonly settlement: Settlement;
}
