import { merkleRoot } from '../../crypto/merkle.ts';
import { DOCKLOCK } from '../../types/operations/docklock.ts';
import {
  ACTION_PROOF_VERSION,
  ActionItemType,
  type ActionProof,
  ActionProofType,
} from '../../types/proofs/action.ts';
import { digestEvents } from '../../types/proofs/transact.ts';
import { decode, encode } from '../../types/ssz.ts';
import { toHex } from '../../util/bytes.ts';
import { findWrongField } from './compare-fields.ts';
import type { ProofInput, ProofScheme } from './proof-scheme.ts';

const { StepsRecorded, JobValued } = DOCKLOCK.events;

/** The batches were checked one by one when the section was executed; what they left behind is summed up here. */
function expectedProof({ result }: ProofInput): ActionProof {
  const { receipts } = result;
  const events = receipts.flatMap((receipt) => receipt.events);
  const batches = events.filter(({ kind }) => kind === StepsRecorded.kind).map(({ data }) => data);
  const intents = events
    .filter(({ kind }) => kind !== StepsRecorded.kind && kind !== JobValued.kind)
    .map(({ data }) => data);
  const recorded = batches.map((data) => decode(StepsRecorded.type, data, 'StepsRecorded'));
  const sum = (part: (batch: (typeof recorded)[number]) => number): bigint =>
    recorded.reduce((total, batch) => total + BigInt(part(batch)), 0n);
  const items = receipts.map(({ txId, status, events: own }) =>
    encode(ActionItemType, { txId, status, eventsDigest: digestEvents(own) }),
  );
  return {
    version: ACTION_PROOF_VERSION,
    batchRoot: toHex(merkleRoot(batches)),
    batchCount: batches.length,
    stepCount: sum(({ fromSequence, toSequence }) => toSequence - fromSequence + 1),
    cpuMs: sum(({ usage }) => usage.cpuMs),
    memoryMbS: sum(({ usage }) => usage.memoryMbS),
    storageMicroGbDay: sum(({ usage }) => usage.storageMicroGbDay),
    egressBytes: sum(({ usage }) => usage.egressBytes),
    intentRoot: toHex(merkleRoot(intents)),
    intentCount: intents.length,
    itemRoot: toHex(merkleRoot(items)),
    itemCount: items.length,
  };
}

/** Proof-of-Action of a docklock section. */
export const actionScheme: ProofScheme = {
  type: 'action',
  build: (input) => encode(ActionProofType, expectedProof(input)),
  verify: (proof, input) => findWrongField(ActionProofType, proof, expectedProof(input)),
  work: ({ result }) => result.gas,
};
