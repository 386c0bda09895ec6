import type { Parameters } from '../types/genesis.ts';
import type { LedgerName, TokenName } from '../types/names.ts';
import type { Address } from '../types/ssz-bytes.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import { checkFunds, checkKnown, checkTurn, type Inadmissible } from './admission.ts';
import { type BlockFacts, withoutBeginBlock } from './begin-block.ts';
import { handlersOf, hasFree, type TransactionCost, transactionCost } from './cost.ts';
import { LEDGER_RULES } from './ledgers.ts';
import { nextNonce } from './nonces.ts';
import type { LedgerRules } from './rules.ts';
import { SectionExecution } from './section-execution.ts';
import type { StateGround } from './state/state.ts';
import { chainIdentity, chainParameters } from './system/chain-facts.ts';

/** The next nonce of an account on a ledger, as of this state. */
export function accountNonce(
  state: Pick<StateGround, 'reader'>,
  ledger: LedgerName,
  sender: Address,
): bigint {
  return nextNonce(state.reader(ledger), sender);
}

/** What an account can pay fees with on a ledger: its meter, on economy for FLX its own balance. */
export function feeBalance(
  state: Pick<StateGround, 'reader'>,
  payer: Address,
  ledger: LedgerName,
  token: TokenName,
  rules: LedgerRules = LEDGER_RULES,
): bigint {
  return rules.settlement.meterBalance(state.reader('economy'), payer, ledger, token);
}

/** Gas and fixed fees of a transaction, or undefined if its ledger or one of its operations is not known. */
export function intrinsicCost(
  transaction: EncodedTransaction,
  parameters: Parameters,
  rules: LedgerRules = LEDGER_RULES,
): TransactionCost | undefined {
  const module = rules.modules[transaction.value.body.ledger];
  const handlers = module === undefined ? undefined : handlersOf(transaction, module);
  return handlers === undefined ? undefined : transactionCost(transaction, handlers, parameters);
}

/**
 * Whether the very next section could contain this transaction, seen alone. A pool that queues several transactions
 * of one sender takes NONCE_GAP as "later" and adds up what they demand of the meter itself.
 */
export function checkAdmissible(
  state: Pick<StateGround, 'reader'>,
  transaction: EncodedTransaction,
  ruleTimeMs: number,
  rules: LedgerRules = LEDGER_RULES,
): Inadmissible | undefined {
  const system = state.reader('system');
  const known = checkKnown(transaction, chainIdentity(system).chainId, rules, chainParameters(system));
  if ('code' in known) return known;
  const { ledger } = transaction.value.body;
  return (
    checkTurn(transaction, state.reader(ledger), ruleTimeMs) ??
    checkFunds(known, (payer, onLedger, token) => feeBalance(state, payer, onLedger, token, rules))
  );
}

/**
 * Whether a free operation of this transaction would fail now without paying. Only the sender's next transaction can be
 * judged: what stands before others may change the answer, and BeginBlock of the next block may too, so a section
 * decides again.
 */
export function checkFreeOperations(
  state: StateGround,
  transaction: EncodedTransaction,
  facts: BlockFacts,
  rules: LedgerRules = LEDGER_RULES,
): Inadmissible | undefined {
  const module = rules.modules[transaction.value.body.ledger];
  if (module === undefined || !hasFree(handlersOf(transaction, module) ?? [])) return undefined;
  const begun = withoutBeginBlock(state, facts, rules);
  const execution = new SectionExecution(begun, module.name);
  try {
    const known = execution.know(transaction);
    if ('code' in known || execution.admit(known) !== undefined) return undefined;
    return execution.execute(known);
  } finally {
    execution.abandon();
    begun.discard();
  }
}
