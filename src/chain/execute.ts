import { beginBlock } from '../ledger/begin-block.ts';
import type { BookedBill } from '../ledger/economy/billing/window.ts';
import { type Ended, endBlock, minersOf } from '../ledger/end-block.ts';
import { InvariantViolation } from '../ledger/seam.ts';
import { executeSection } from '../ledger/section.ts';
import type { SectionResult } from '../ledger/section-result.ts';
import type { State, StateView } from '../ledger/state/state.ts';
import type { BlockProofItems } from '../types/proof-items.ts';
import { type BlockReceipts, type Receipt, receiptsRoot } from '../types/receipt.ts';
import type { SignedSection } from '../types/section.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import type { ValidatorSet } from '../types/validator.ts';
import type { BlockFault } from './block-fault.ts';
import type { CompleteBlock } from './complete-block.ts';
import { blockFacts, type ParentFacts } from './parent-facts.ts';
import type { SectionGround } from './section-ground.ts';

/** The outcome of a block on the head, not yet committed. */
export interface ExecutedBlock {
  readonly view: StateView;
  readonly receipts: BlockReceipts;
  readonly proofItems: BlockProofItems;
  readonly bill: BookedBill | undefined;
  readonly receiptsRoot: Hash;
  readonly stateRoot: Hash;
  /** V(height + 1) and V(height + 2). */
  readonly validators: ValidatorSet;
  readonly nextValidators: ValidatorSet;
  /** Messages between ledgers wait: the next block has work without a transaction. */
  readonly hasPendingWork: boolean;
}

/**
 * What the sections and EndBlock of a block came to, with the roots that its header must carry. `sections` hold the
 * receipt roots of `results`.
 */
export function finishBlock(
  results: readonly SectionResult[],
  ended: Ended,
  sections: readonly SignedSection[],
): ExecutedBlock {
  const receipts: BlockReceipts = {
    sections: results.map((result) => [...result.receipts]),
    system: [...ended.systemReceipts],
  };
  return {
    view: ended.view,
    receipts,
    proofItems: results.map(({ proofItems }) => [...proofItems]),
    bill: ended.bill,
    receiptsRoot: receiptsRoot(
      sections.map(({ section }) => section.receiptRoot),
      receipts.system,
    ),
    stateRoot: ended.stateRoot,
    validators: ended.validators,
    nextValidators: ended.nextValidators,
    hasPendingWork: ended.hasPendingWork,
  };
}

/**
 * Executes a block whose form and signatures were checked, and compares everything that it claims: each section's
 * roots and proof, receipts and state.
 */
export function executeComplete(
  complete: CompleteBlock,
  ground: SectionGround,
): { executed: ExecutedBlock } | { fault: BlockFault } {
  const { header, body } = complete.block;
  const results: SectionResult[] = [];
  for (const [i, { section }] of body.sections.entries()) {
    const outcome = ground.execute(section, complete.transactions[i] ?? []);
    if ('fault' in outcome) return outcome;
    results.push(outcome.result);
  }
  try {
    const input = {
      proposer: header.proposer,
      miners: minersOf(body.sections),
      beacon: header.beacon.output,
      lastCertificate: body.lastCertificate[0],
      evidence: body.evidence,
    };
    const executed = finishBlock(results, endBlock(ground.begun, results, input), body.sections);
    const fault: BlockFault | undefined =
      executed.receiptsRoot !== header.receiptsRoot
        ? 'WRONG_RECEIPTS_ROOT'
        : executed.stateRoot !== header.stateRoot
          ? 'WRONG_STATE_ROOT'
          : undefined;
    if (fault === undefined) return { executed };
    executed.view.discard();
    return { fault };
  } catch (error) {
    if (error instanceof InvariantViolation) return { fault: 'BROKEN_INVARIANT' };
    throw error;
  }
}

export type SimulatedTransaction =
  | { readonly admissible: true; readonly receipt: Receipt }
  | { readonly admissible: false; readonly reason: string; readonly message: string };

/** The receipt that a transaction would get if it stood alone in the next block. */
export function simulateTransaction(
  transaction: EncodedTransaction,
  parent: ParentFacts,
  state: State,
): SimulatedTransaction {
  const begun = beginBlock(state, blockFacts(parent));
  try {
    const outcome = executeSection(begun, transaction.value.body.ledger, [transaction]);
    if (!outcome.valid) {
      const { code } = outcome.fault;
      return {
        admissible: false,
        reason: code,
        message: `no block can contain this transaction now: ${code}`,
      };
    }
    const receipt = outcome.result.receipts[0] as Receipt;
    outcome.result.discard();
    return { admissible: true, receipt };
  } finally {
    begun.discard();
  }
}
