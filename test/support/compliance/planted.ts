import { LEDGER_RULES } from '../../../src/ledger/ledgers.ts';
import type { LedgerRules } from '../../../src/ledger/rules.ts';
import type { LedgerModule, OperationContext, OperationHandler } from '../../../src/ledger/seam.ts';
import type { LedgerName } from '../../../src/types/names.ts';

export type Execute = (operation: unknown, context: OperationContext, original: () => void) => void;

/** The real rules in which every operation of a ledger is executed by `execute`, to see whether a fault is noticed. */
export function withPlanted(
  ledger: LedgerName,
  execute: Execute,
  rules: LedgerRules = LEDGER_RULES,
): LedgerRules {
  const module = rules.modules[ledger] as LedgerModule;
  const handlers = module.handlers.map(
    (handler): OperationHandler<unknown> => ({
      ...handler,
      execute: (operation, context) => execute(operation, context, () => handler.execute(operation, context)),
    }),
  );
  return { ...rules, modules: { ...rules.modules, [ledger]: { ...module, handlers } } };
}
