import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { merkleRoot } from '../crypto/merkle.ts';
import { toHex } from '../util/bytes.ts';
import { Bytes, encode, NameOf } from './ssz.ts';

/** Provable offences: two signed messages of one validator that contradict each other. */
export const EVIDENCE_KINDS = [
  'proposal',
  'prepare',
  'commit',
  'round-change',
  'amnesia',
  'section',
] as const;
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

const MAX_SIGNED_MESSAGE_BYTES = 128 * 1024;

/** `first` and `second` are the SSZ bytes of the two signed messages in ascending order of their bytes. */
export const EvidenceType = new ContainerType({
  kind: NameOf(EVIDENCE_KINDS),
  first: Bytes(MAX_SIGNED_MESSAGE_BYTES),
  second: Bytes(MAX_SIGNED_MESSAGE_BYTES),
});
export type Evidence = ValueOf<typeof EvidenceType>;

export function evidenceRoot(evidence: readonly Evidence[]): string {
  return toHex(merkleRoot(evidence.map((item) => encode(EvidenceType, item))));
}
