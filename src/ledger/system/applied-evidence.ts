import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { EvidenceKindType } from '../../types/evidence.ts';
import { type Address, AddressType, Hash32 } from '../../types/ssz-bytes.ts';
import { Bool, Height, U128 } from '../../types/ssz-numbers.ts';
import type { StateReader, StateWriter } from '../seam.ts';
import { Queue } from '../state/queue.ts';
import { Table } from '../state/table.ts';

/** Which evidence blocks held, in the `system` sub-tree: a validator answers once for one height. */

const AppliedEvidenceType = new ContainerType({
  /** Of the block that held the evidence. */
  appliedAt: Height,
  validator: AddressType,
  offence: EvidenceKindType,
  evidenceHeight: Height,
  evidenceHash: Hash32,
  slashed: U128,
  jailed: Bool,
});
export type AppliedEvidence = ValueOf<typeof AppliedEvidenceType>;

/** In the order in which it was applied. */
const log = new Queue('evidence', AppliedEvidenceType);
/** evidence-of/<height of the offence>/<validator>: at which height it was applied. */
const appliedAt = new Table('evidence-of', Height);

export function isEvidenceApplied(system: StateReader, validator: Address, height: number): boolean {
  return appliedAt.has(system, height, validator);
}

/** What was applied of late, oldest first: all about heights within evidence age is there. */
export function appliedEvidence(system: StateReader): AppliedEvidence[] {
  const { head, tail } = log.range(system);
  return Array.from({ length: tail - head }, (_, index) => log.at(system, head + index) as AppliedEvidence);
}

export function recordEvidence(system: StateWriter, applied: AppliedEvidence): void {
  log.push(system, applied);
  appliedAt.set(system, applied.appliedAt, applied.evidenceHeight, applied.validator);
}

/** Forgets at the end of block `height` what is about heights that no later block may accuse anyone of. */
export function forgetOldEvidence(system: StateWriter, height: number, maxAgeHeights: number): void {
  for (;;) {
    const oldest = log.first(system);
    // Evidence is about its own height or an earlier one, so what was applied this long ago is about too old a one.
    if (oldest === undefined || oldest.appliedAt > height - maxAgeHeights) return;
    log.shift(system);
    appliedAt.delete(system, oldest.evidenceHeight, oldest.validator);
  }
}
