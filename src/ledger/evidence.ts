import { type Evidence, hashEvidence } from '../types/evidence.ts';
import { type EvidenceGround, readEvidence } from '../types/evidence-check.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { SYSTEM_RECEIPTS, type SystemReceiptBody, systemReceipt } from '../types/system-receipt.ts';
import { answeringBond, isJailable, jail, reduceBond } from './bpci/jail.ts';
import { latestSet } from './bpci/membership.ts';
import { LEDGER_RULES } from './ledgers.ts';
import type { LedgerRules } from './rules.ts';
import { type BlockContext, InvariantViolation } from './seam.ts';
import type { StateGround, StateView } from './state/state.ts';
import { isEvidenceApplied, recordEvidence } from './system/applied-evidence.ts';
import { chainIdentity, chainParameters, stateHeight } from './system/chain-facts.ts';
import { validatorsAt } from './system/validator-sets.ts';

const NO_BOND = '00'.repeat(32);

/** What evidence in the next block is held against: the state after the block before. */
export function evidenceGround(
  state: Pick<StateGround, 'reader'>,
  { settlement }: LedgerRules = LEDGER_RULES,
): EvidenceGround {
  const system = state.reader('system');
  const bpci = state.reader('bpci');
  const { slashPpm } = chainParameters(system);
  return {
    genesisHash: chainIdentity(system).genesisHash,
    height: stateHeight(system) + 1,
    maxAgeHeights: chainParameters(system).evidenceMaxAgeHeights,
    validatorsAt: (height) => validatorsAt(system, height),
    isApplied: (validator, height) => isEvidenceApplied(system, validator, height),
    canAnswer: (validator) => {
      if (isJailable(bpci, validator)) return true;
      const bondRef = answeringBond(bpci, validator);
      const economy = state.reader('economy');
      return bondRef !== undefined && settlement.slashable(economy, 'bpci', bondRef, slashPpm) > 0n;
    },
  };
}

/**
 * EndBlock: slashes and jails whom the evidence of the block accuses. Its proof was checked with the block; that
 * nothing is applied twice is checked again, because it moves value.
 */
export function applyEvidence(
  view: StateView,
  evidence: readonly Evidence[],
  context: BlockContext,
  { settlement }: LedgerRules,
): SystemReceiptBody[] {
  const system = view.writer('system');
  const bpci = view.writer('bpci');
  return evidence.map((item) => {
    const read = readEvidence(item);
    if ('fault' in read) throw new InvariantViolation(`evidence that proves nothing: ${read.fault}`);
    const { validator, offence, height: evidenceHeight } = read.accusation;
    if (isEvidenceApplied(system, validator, evidenceHeight))
      throw new InvariantViolation(`${validator} has answered for height ${evidenceHeight}`);
    const bondRef: Hash | undefined = answeringBond(bpci, validator);
    const slashed =
      bondRef === undefined
        ? 0n
        : settlement.slash(view.writer('economy'), 'bpci', bondRef, context.parameters.slashPpm);
    if (bondRef !== undefined && slashed > 0n) reduceBond(bpci, validator, bondRef, slashed);
    const jailed = jail(bpci, validator, latestSet({ own: bpci, at: (subtree) => view.reader(subtree) }));
    const evidenceHash = hashEvidence(item);
    const outcome = { validator, offence, evidenceHeight, evidenceHash, slashed, jailed };
    recordEvidence(system, { appliedAt: context.height, ...outcome });
    return systemReceipt(SYSTEM_RECEIPTS.ValidatorSlashed, {
      ...outcome,
      bondRef: slashed > 0n ? (bondRef as Hash) : NO_BOND,
    });
  });
}
