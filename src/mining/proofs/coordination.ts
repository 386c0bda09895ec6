import { merkleRoot } from '../../crypto/merkle.ts';
import { clusterState, placementDiff } from '../../ledger/cluster/registry.ts';
import { CLUSTER } from '../../types/operations/cluster.ts';
import {
  COORDINATION_PROOF_VERSION,
  CoordinationItemType,
  type CoordinationProof,
  CoordinationProofType,
} from '../../types/proofs/coordination.ts';
import { digestEvents } from '../../types/proofs/transact.ts';
import type { LedgerEvent } from '../../types/receipt.ts';
import { encode } from '../../types/ssz.ts';
import { toHex } from '../../util/bytes.ts';
import { proofOfHistory } from '../poh.ts';
import { findWrongField } from './compare-fields.ts';
import type { ProofInput, ProofScheme } from './proof-scheme.ts';

const isRenewal = ({ kind }: LedgerEvent): boolean => kind === CLUSTER.events.LeaseRenewed.kind;

/** Everything follows from the receipts, the state after BeginBlock and the parent; nothing is taken on trust. */
function expectedProof({ ledger, parent, context, result, before, after }: ProofInput): CoordinationProof {
  const { receipts, txIds } = result;
  const renewals = receipts.flatMap(({ events }) => events.filter(isRenewal).map(({ data }) => data));
  const items = receipts.map(({ txId, status, events }) =>
    encode(CoordinationItemType, {
      txId,
      status,
      eventsDigest: digestEvents(events),
      heartbeats: events.filter(isRenewal).length,
    }),
  );
  const placed = placementDiff(before, context.height);
  const history = proofOfHistory(parent, ledger, txIds, context.parameters.pohTicks);
  return {
    version: COORDINATION_PROOF_VERSION,
    heartbeatRoot: toHex(merkleRoot(renewals)),
    heartbeatCount: renewals.length,
    placementHash: placed.hash,
    placementCount: placed.moves,
    pohStart: history.start,
    pohHashes: history.hashes,
    pohEnd: history.end,
    pohSegmentRoot: history.segmentRoot,
    after: clusterState(after),
    itemRoot: toHex(merkleRoot(items)),
    itemCount: items.length,
  };
}

/** Proof-of-Coordination of a cluster section. */
export const coordinationScheme: ProofScheme = {
  type: 'coordination',
  build: (input) => encode(CoordinationProofType, expectedProof(input)),
  verify: (proof, input) => findWrongField(CoordinationProofType, proof, expectedProof(input)),
  work: ({ result }) => result.gas,
};
