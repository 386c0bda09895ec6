import { merkleRoot } from '../../crypto/merkle.ts';
import { agreementRoot } from '../../ledger/bpi/agreements.ts';
import {
  EXECUTION_PROOF_VERSION,
  type ExecutionItem,
  ExecutionItemType,
  type ExecutionProof,
  ExecutionProofType,
  type ExecutionStep,
} from '../../types/proofs/execution.ts';
import { decode, encode } from '../../types/ssz.ts';
import type { Hash } from '../../types/ssz-bytes.ts';
import { COMMON_STATUSES } from '../../types/status.ts';
import { fromHex, toHex } from '../../util/bytes.ts';
import { findWrongField } from './compare-fields.ts';
import type { ProofFault, ProofInput, ProofScheme } from './proof-scheme.ts';

function readItems({ result }: ProofInput): ExecutionItem[] {
  return result.proofItems.map((item) => decode(ExecutionItemType, item, 'proof item'));
}

function rootOf(steps: readonly ExecutionStep[], hashOf: (step: ExecutionStep) => Hash): Hash {
  return toHex(merkleRoot(steps.map((step) => fromHex(hashOf(step)))));
}

function expectedProof({ result }: ProofInput, items: readonly ExecutionItem[]): ExecutionProof {
  const steps = items.flatMap((item) => item.steps);
  return {
    version: EXECUTION_PROOF_VERSION,
    inputRoot: rootOf(steps, ({ input }) => input),
    policyRoot: rootOf(steps, ({ policy }) => policy),
    outputRoot: rootOf(steps, ({ output }) => output),
    preRoot: rootOf(steps, ({ pre }) => pre),
    postRoot: rootOf(steps, ({ post }) => post),
    steps: steps.length,
    denied: steps.filter(({ decision }) => decision === 'deny').length,
    escalated: steps.filter(({ decision }) => decision === 'escalate').length,
    itemRoot: toHex(merkleRoot(result.proofItems)),
    itemCount: result.proofItems.length,
  };
}

/**
 * Whether the steps explain the state: each begins at the root where the last step on the same agreement ended, the
 * first at the state before the section, and the last ends at the state after it. What was refused moved nothing.
 */
function findUnexplained(input: ProofInput, items: readonly ExecutionItem[]): ProofFault | undefined {
  const roots = new Map<Hash, Hash>();
  const unexplained = (agreement: Hash): ProofFault => ({ code: 'UNEXPLAINED_STATE', field: agreement });
  for (const { status, steps } of items)
    for (const { agreement, pre, post } of steps) {
      if (status !== COMMON_STATUSES.OK) {
        if (pre !== post) return unexplained(agreement);
        continue;
      }
      if (pre !== (roots.get(agreement) ?? agreementRoot(input.before, agreement)))
        return unexplained(agreement);
      roots.set(agreement, post);
    }
  for (const [agreement, root] of roots)
    if (root !== agreementRoot(input.after, agreement)) return unexplained(agreement);
  return undefined;
}

/** Proof-of-Execution of a bpi section. */
export const executionScheme: ProofScheme = {
  type: 'execution',
  build: (input) => encode(ExecutionProofType, expectedProof(input, readItems(input))),
  verify(proof, input) {
    const items = readItems(input);
    return (
      findWrongField(ExecutionProofType, proof, expectedProof(input, items)) ?? findUnexplained(input, items)
    );
  },
  work: ({ result }) => result.gas,
};
