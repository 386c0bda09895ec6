import { type Evidence, hashEvidence } from '../types/evidence.ts';
import { type EvidenceGround, readEvidence } from '../types/evidence-check.ts';
import type { Hash } from '../types/ssz.ts';
import { SYSTEM_RECEIPTS, type SystemReceiptBody, systemReceipt } from '../types/system-receipt.ts';
import { answeringBond, jail, reduceBond } from './bpci/jail.ts';
import { latestSet } from './bpci/membership.ts';
import type { LedgerRules } from './rules.ts';
import { type BlockContext, InvariantViolation, type StateReader } from './seam.ts';
import type { StateView } from './state/state.ts';
import { isEvidenceApplied, recordEvidence } from './system/applied-evidence.ts';
import { chainIdentity, chainParameters, stateHeight } from './system/chain-facts.ts';
import { validatorsAt } from './system/validator-sets.ts';

const NO_BOND = '00'.repeat(32);

/** What evidence in the next block is held against. `system` is the sub-tree after the block before. */
export function evidenceGround(system: StateReader): EvidenceGround {
  return {
    genesisHash: chainIdentity(system).genesisHash,
    height: stateHeight(system) + 1,
    maxAgeHeights: chainParameters(system).evidenceMaxAgeHeights,
    validatorsAt: (height) => validatorsAt(system, height),
    isApplied: (validator, height) => isEvidenceApplied(system, validator, height),
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
