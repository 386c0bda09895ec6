import { merkleRoot } from '../../crypto/merkle.ts';
import {
  digestEvents,
  TRANSACT_PROOF_VERSION,
  TransactItemType,
  type TransactProof,
  TransactProofType,
} from '../../types/proofs/transact.ts';
import { encode } from '../../types/ssz.ts';
import { COMMON_STATUSES } from '../../types/status.ts';
import { toHex } from '../../util/bytes.ts';
import { findWrongField } from './compare-fields.ts';
import type { ProofInput, ProofScheme } from './proof-scheme.ts';

/** The items follow from the receipts, so they are made anew here instead of being taken from the execution. */
function expectedProof({ context, parent, result }: ProofInput): TransactProof {
  const { receipts } = result;
  const items = receipts.map(({ txId, status, events }) =>
    encode(TransactItemType, { txId, status, eventsDigest: digestEvents(events) }),
  );
  const succeeded = receipts.filter(({ status }) => status === COMMON_STATUSES.OK).length;
  return {
    version: TRANSACT_PROOF_VERSION,
    headHeight: context.height - 1,
    headHash: parent,
    itemRoot: toHex(merkleRoot(items)),
    itemCount: items.length,
    succeeded,
    failed: receipts.length - succeeded,
  };
}

/** Proof-of-Transact of a bpci section. */
export const transactScheme: ProofScheme = {
  type: 'transact',
  build: (input) => encode(TransactProofType, expectedProof(input)),
  verify: (proof, input) => findWrongField(TransactProofType, proof, expectedProof(input)),
  work: ({ result }) => result.gas,
};
