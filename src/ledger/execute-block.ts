import { LEDGERS, type LedgerName } from '../types/names.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import { type Begun, type BlockFacts, beginBlock } from './begin-block.ts';
import { type Ended, type EndInput, endBlock } from './end-block.ts';
import { LEDGER_RULES } from './ledgers.ts';
import type { LedgerRules } from './rules.ts';
import { executeSection, type SectionFault } from './section.ts';
import type { SectionResult } from './section-result.ts';
import type { StateGround } from './state/state.ts';

/** The transactions of a block, per ledger in their order. */
export type BlockTransactions = Readonly<Partial<Record<LedgerName, readonly EncodedTransaction[]>>>;

export type BlockOutcome =
  | {
      readonly valid: true;
      readonly begun: Begun;
      /** One per ledger, in ledger order; empty where the block has no transactions. */
      readonly sections: readonly SectionResult[];
      readonly ended: Ended;
    }
  | { readonly valid: false; readonly ledger: LedgerName; readonly fault: SectionFault };

/**
 * One whole block as a function of the state before it. The order in which the sections are executed does not
 * matter; `order` exists so that a test can show it.
 */
export function executeBlock(
  parent: StateGround,
  facts: BlockFacts,
  transactions: BlockTransactions,
  input: EndInput,
  rules: LedgerRules = LEDGER_RULES,
  order: readonly LedgerName[] = LEDGERS,
): BlockOutcome {
  const begun = beginBlock(parent, facts, rules);
  const results = new Map<LedgerName, SectionResult>();
  const discard = () => {
    for (const result of results.values()) result.discard();
    begun.discard();
  };
  try {
    for (const ledger of order) {
      const outcome = executeSection(begun, ledger, transactions[ledger] ?? []);
      if (!outcome.valid) {
        discard();
        return { valid: false, ledger, fault: outcome.fault };
      }
      results.set(ledger, outcome.result);
    }
    const sections = LEDGERS.map((ledger) => results.get(ledger) as SectionResult);
    const ended = endBlock(begun, sections, input);
    discard();
    return { valid: true, begun, sections, ended };
  } catch (error) {
    discard();
    throw error;
  }
}
