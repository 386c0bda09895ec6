import type { Certificate } from '../types/certificate.ts';
import type { Evidence } from '../types/evidence.ts';
import { LEDGERS, type LedgerName } from '../types/names.ts';
import type { SystemReceipt } from '../types/receipt.ts';
import { EMPTY_RANK, type SignedSection } from '../types/section.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import { SYSTEM_RECEIPTS, type SystemReceiptBody, systemReceipt } from '../types/system-receipt.ts';
import type { ValidatorSet } from '../types/validator.ts';
import type { Begun } from './begin-block.ts';
import { takeChangedSet } from './bpci/membership.ts';
import { bookCertificate } from './bpci/participation.ts';
import { readSummary } from './cluster/registry.ts';
import { sumByToken } from './cost.ts';
import { type BookedBill, billBlock } from './economy/billing/window.ts';
import { adjustGasPrice } from './economy/policy/base-fee.ts';
import { bookEpoch, closeEpoch } from './economy/policy/epoch-settlement.ts';
import { applyEvidence } from './evidence.ts';
import { LEDGER_RULES } from './ledgers.ts';
import type { LedgerRules } from './rules.ts';
import { InvariantViolation, type SectionMiner } from './seam.ts';
import type { SectionResult } from './section-result.ts';
import { isLockSpent } from './state/spent-locks.ts';
import { type StateGround, StateView } from './state/state.ts';
import { forgetOldEvidence } from './system/applied-evidence.ts';
import { advanceChainFacts } from './system/chain-facts.ts';
import { outboxQueue } from './system/outbox-queue.ts';
import { advanceValidators, nextValidators, validatorsAt } from './system/validator-sets.ts';

/** What EndBlock takes from the block besides what the sections did. */
export interface EndInput {
  /** `proposer` of the header. */
  readonly proposer: Address;
  /** Who mined the sections that are not empty. */
  readonly miners: SectionMiners;
  /** `beacon.output` of the header. */
  readonly beacon: Hash;
  /** The certificate of the parent in this block's body; undefined only at height 1. */
  readonly lastCertificate: Certificate | undefined;
  /** The evidence in this block's body, whose proof is checked. */
  readonly evidence: readonly Evidence[];
}

export type SectionMiners = Readonly<Partial<Record<LedgerName, SectionMiner>>>;

/** Who mined the sections of a body; nobody mined those that are empty. */
export function minersOf(sections: readonly SignedSection[]): SectionMiners {
  const mined = sections.filter(({ section }) => section.rank !== EMPTY_RANK);
  return Object.fromEntries(mined.map(({ section: { ledger, miner, rank } }) => [ledger, { miner, rank }]));
}

/** The state after a block, not yet committed. */
export interface Ended {
  readonly view: StateView;
  readonly stateRoot: string;
  readonly systemReceipts: readonly SystemReceipt[];
  /** The charges of the block, as they will be proven; undefined if there are none. */
  readonly bill: BookedBill | undefined;
  /** V(h + 1) and V(h + 2). */
  readonly validators: ValidatorSet;
  readonly nextValidators: ValidatorSet;
  /** See {@link hasPendingWork}. */
  readonly hasPendingWork: boolean;
  discard(): void;
}

/**
 * Merges the sections of a block and settles it. A ledger without a result has an empty section. The results stay
 * usable, so several candidate blocks may be ended on the same sections.
 * @throws InvariantViolation if a rule about value is broken, which no block of correct nodes can cause
 */
export function endBlock(begun: Begun, results: readonly SectionResult[], input: EndInput): Ended {
  const byLedger: Partial<Record<LedgerName, SectionResult>> = {};
  for (const result of results) {
    if (byLedger[result.ledger] !== undefined)
      throw new InvariantViolation(`two sections of ${result.ledger} in one block`);
    byLedger[result.ledger] = result;
  }
  const sections = Object.fromEntries(results.map((result) => [result.ledger, result.view]));
  const view = StateView.combine(begun.view, sections);
  try {
    return settleBlock(begun, view, byLedger, input);
  } catch (error) {
    view.discard();
    throw error;
  }
}

function settleBlock(
  begun: Begun,
  view: StateView,
  sections: Partial<Record<LedgerName, SectionResult>>,
  input: EndInput,
): Ended {
  const { context, rules } = begun;
  const system = view.writer('system');
  const receipts: SystemReceiptBody[] = [...begun.systemReceipts];
  receipts.push(...bookLastCertificate(view, input.lastCertificate));
  const economy = view.writer('economy');
  const signers = signersOf(view, input.lastCertificate);
  receipts.push(...rules.settlement.payPools(economy, context.height, signers));
  receipts.push(...closeEpoch(economy, context, readSummary(view.reader('cluster')).alive));
  receipts.push(...settleCharges(begun, view, sections, input));
  receipts.push(...rules.settlement.settleSalary(economy, context));
  const billed = billBlock(
    economy,
    context,
    LEDGERS.map((ledger) => ({ ledger, charges: sections[ledger]?.charges ?? [] })),
  );
  receipts.push(...billed.receipts);
  receipts.push(
    ...rules.settlement.endBlock(economy, context, (lock) => isLockSpent(view.reader(lock.ledger), lock.ref)),
  );
  for (const message of [...begun.sent, ...LEDGERS.flatMap((ledger) => sections[ledger]?.outbox ?? [])])
    outboxQueue.push(system, { height: context.height, message });

  receipts.push(...applyEvidence(view, input.evidence, context, rules));
  forgetOldEvidence(system, context.height, context.parameters.evidenceMaxAgeHeights);
  const validators = nextValidators(system);
  const afterNext = takeChangedSet(view.writer('bpci')) ?? validators;
  advanceValidators(system, context.height, afterNext, context.parameters.evidenceMaxAgeHeights);
  receipts.push(...validatorReceipts(validators, afterNext, context.height + 2));
  advanceChainFacts(system, context.height, input.beacon);
  const gasSold = LEDGERS.reduce((sum, ledger) => sum + (sections[ledger]?.gasSold ?? 0), 0);
  receipts.push(...adjustGasPrice(system, context, gasSold));
  const jobs = LEDGERS.flatMap((ledger) => sections[ledger]?.jobs ?? []);
  receipts.push(...bookEpoch(economy, context, jobs, gasSold));

  rules.settlement.assertInvariants(
    begun.parent.reader('economy'),
    view.reader('economy'),
    view.pathsChangedSince(begun.parent, 'economy'),
    context,
  );
  return {
    view,
    stateRoot: view.stateRoot(),
    systemReceipts: receipts.map((receipt, index) => ({ ...receipt, height: context.height, index })),
    bill: billed.bill,
    validators,
    nextValidators: afterNext,
    hasPendingWork: hasPendingWork(view, context.timeMs, rules),
    discard: () => view.discard(),
  };
}

/**
 * Whether the next block has work without a transaction: messages to deliver, requests carried over, or what a ledger
 * has to do in BeginBlock. `timeMs` is the rule time of this block.
 */
export function hasPendingWork(
  state: Pick<StateGround, 'reader'>,
  timeMs: number,
  rules: LedgerRules = LEDGER_RULES,
): boolean {
  return (
    outboxQueue.length(state.reader('system')) > 0 ||
    rules.settlement.hasQueuedRequests(state.reader('economy')) ||
    LEDGERS.some((ledger) => rules.modules[ledger]?.hasPendingWork?.(state.reader(ledger), timeMs) === true)
  );
}

/** What the certificate in the body says of the block before, and of its validators. */
function bookLastCertificate(view: StateView, certificate: Certificate | undefined): SystemReceiptBody[] {
  if (certificate === undefined) return [];
  const validators = validatorsAt(view.reader('system'), certificate.height);
  return [
    systemReceipt(SYSTEM_RECEIPTS.Finality, certificate),
    ...bookCertificate(view.writer('bpci'), certificate, validators),
  ];
}

/** Who signed the certificate in the body. */
function signersOf(view: StateView, certificate: Certificate | undefined): Address[] {
  if (certificate === undefined) return [];
  const validators = validatorsAt(view.reader('system'), certificate.height);
  return (validators?.members ?? []).filter((_, i) => certificate.signers.get(i)).map(({ id }) => id);
}

/** Debits the meters, ledger by ledger, and reports what transactions paid in each token, and what became of jobs. */
function settleCharges(
  { rules, context: { height } }: Begun,
  view: StateView,
  sections: Partial<Record<LedgerName, SectionResult>>,
  { proposer, miners }: EndInput,
): SystemReceiptBody[] {
  const receipts: SystemReceiptBody[] = [];
  for (const ledger of LEDGERS) {
    const { charges = [], jobs = [] } = sections[ledger] ?? {};
    if (charges.length === 0) continue;
    const mined = miners[ledger];
    if (mined === undefined) throw new InvariantViolation(`nobody mined the section of ${ledger}`);
    const section = { ...mined, ledger, height, proposer, charges, jobs };
    const settled = rules.settlement.settle(view.writer('economy'), section);
    const fees = charges.filter(({ reason }) => reason === 'transaction');
    for (const { token, amount } of sumByToken(fees)) {
      const count = fees.filter((charge) => charge.token === token).length;
      receipts.push(systemReceipt(SYSTEM_RECEIPTS.FeesSettled, { ledger, token, charges: count, amount }));
    }
    receipts.push(...settled);
  }
  return receipts;
}

/** What changes from one set to the next, by id. */
function validatorReceipts(
  before: ValidatorSet,
  after: ValidatorSet,
  fromHeight: number,
): SystemReceiptBody[] {
  const receipts: SystemReceiptBody[] = [];
  for (const { id } of before.members)
    if (!after.has(id))
      receipts.push(systemReceipt(SYSTEM_RECEIPTS.ValidatorRemoved, { validator: id, fromHeight }));
  for (const { id, consensusKey, vrfKey } of after.members) {
    const old = before.get(id);
    const value = { validator: id, consensusKey, vrfKey, fromHeight };
    if (old === undefined) receipts.push(systemReceipt(SYSTEM_RECEIPTS.ValidatorAdmitted, value));
    else if (old.consensusKey !== consensusKey || old.vrfKey !== vrfKey)
      receipts.push(systemReceipt(SYSTEM_RECEIPTS.ValidatorRotated, value));
  }
  return receipts;
}
