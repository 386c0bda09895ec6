import type { ParentBlock, ProposedBlock } from '../consensus/contract.ts';
import { HEADER_VERSION, hashHeader } from '../types/block.ts';
import { certificateHash } from '../types/certificate.ts';
import { ZERO_HASH } from '../types/consensus-message.ts';
import { evidenceRoot } from '../types/evidence.ts';
import { sectionsRoot } from '../types/section.ts';
import type { Address } from '../types/ssz-bytes.ts';
import type { ValidatorSet } from '../types/validator.ts';

/** Blocks of the simulator: real headers with real hashes over an empty body. */

const EMPTY_BODY = { sections: [], lastCertificate: [], evidence: [] };
const EMPTY_ROOTS = {
  sectionsRoot: sectionsRoot([]),
  evidenceRoot: evidenceRoot([]),
  lastCertificateHash: certificateHash(undefined),
};
const NO_BEACON = { proof: '00'.repeat(80), output: ZERO_HASH };

/** The state root every honest node computes for any simulated block; another one makes a block invalid. */
const STATE_ROOT = '5a'.repeat(32);

export interface BlockRecipe {
  readonly parent: ParentBlock;
  readonly proposer: Address;
  readonly timeMs: number;
  readonly validators: ValidatorSet;
  /** V(height + 1); default: the same set. */
  readonly nextValidators?: ValidatorSet;
  /** Tells blocks of one proposer apart: stands in the receipts root. */
  readonly salt?: number;
  readonly hasBadStateRoot?: boolean;
}

export function makeBlock(recipe: BlockRecipe): ProposedBlock {
  const { parent, proposer, timeMs, validators, salt = 0, hasBadStateRoot = false } = recipe;
  const header = {
    version: HEADER_VERSION,
    chainId: 1,
    height: parent.height + 1,
    timeMs,
    parentHash: parent.hash,
    proposer,
    beacon: NO_BEACON,
    ...EMPTY_ROOTS,
    receiptsRoot: (salt >>> 0).toString(16).padStart(64, '0'),
    stateRoot: hasBadStateRoot ? ZERO_HASH : STATE_ROOT,
    validatorsHash: validators.hash,
    nextValidatorsHash: (recipe.nextValidators ?? validators).hash,
  };
  return { hash: hashHeader(header), proposal: { header, body: EMPTY_BODY, transactionIds: [] } };
}

/** The parent that a decided block is to its successor. */
export function parentFrom(block: ProposedBlock): ParentBlock {
  const { height, timeMs, proposer } = block.proposal.header;
  return { height, hash: block.hash, timeMs, proposer };
}

/** What a block must agree with; all of it follows from the chain before it. */
export interface BlockRules {
  readonly parent: ParentBlock;
  readonly validators: ValidatorSet;
  readonly nextValidators: ValidatorSet;
  readonly minBlockIntervalMs: number;
}

/** Block rules without the clock: parent, time order, builder, validator sets, execution. */
export function isValidBlock(block: ProposedBlock, rules: BlockRules): boolean {
  const { parent, validators, nextValidators, minBlockIntervalMs } = rules;
  const { header } = block.proposal;
  return (
    header.height === parent.height + 1 &&
    header.parentHash === parent.hash &&
    header.timeMs >= parent.timeMs + minBlockIntervalMs &&
    validators.has(header.proposer) &&
    header.validatorsHash === validators.hash &&
    header.nextValidatorsHash === nextValidators.hash &&
    header.stateRoot === STATE_ROOT
  );
}
