import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { hashOf } from '../crypto/hash.ts';
import { merkleRoot } from '../crypto/merkle.ts';
import { toHex } from '../util/bytes.ts';
import { encode } from './ssz.ts';
import { Bytes, type Hash } from './ssz-bytes.ts';
import { NameOf } from './ssz-numbers.ts';

/** Provable offences: two signed statements of one validator that contradict each other. Append only. */
export const EVIDENCE_KINDS = [
  'proposal',
  'prepare',
  'commit',
  'round-change',
  'amnesia',
  'section',
] as const;
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];
export const EvidenceKindType = NameOf(EVIDENCE_KINDS);

/** A signed statement about a section is the longest of them: 74 bytes of body, the signer, the signature. */
const MAX_STATEMENT_BYTES = 170;

/**
 * `first` and `second` are the SSZ bytes of the two signed statements, without what a message carries beside them:
 * votes of one type, two round changes or two sections in ascending order of their bytes, for amnesia the commit before
 * the round change. So an offence that is shown by two statements has one encoding.
 */
export const EvidenceType = new ContainerType({
  kind: EvidenceKindType,
  first: Bytes(MAX_STATEMENT_BYTES),
  second: Bytes(MAX_STATEMENT_BYTES),
});
export type Evidence = ValueOf<typeof EvidenceType>;

/** H("evidence", SSZ): the name of a piece of evidence. */
export function hashEvidence(evidence: Evidence): Hash {
  return hashOf('evidence', encode(EvidenceType, evidence));
}

export function evidenceRoot(evidence: readonly Evidence[]): string {
  return toHex(merkleRoot(evidence.map((item) => encode(EvidenceType, item))));
}
