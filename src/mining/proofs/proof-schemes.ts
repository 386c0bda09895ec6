import type { LedgerName } from '../../types/names.ts';
import { actionScheme } from './action.ts';
import { coordinationScheme } from './coordination.ts';
import { executionScheme } from './execution.ts';
import { goldScheme } from './gold.ts';
import type { ProofScheme } from './proof-scheme.ts';
import { transactScheme } from './transact.ts';

const SCHEMES: Partial<Record<LedgerName, ProofScheme>> = {
  docklock: actionScheme,
  cluster: coordinationScheme,
  bpi: executionScheme,
  bpci: transactScheme,
  economy: goldScheme,
};

/** The proof scheme of a ledger, or undefined: then every section of it but the empty one is to be refused. */
export function proofSchemeOf(ledger: LedgerName): ProofScheme | undefined {
  return SCHEMES[ledger];
}
