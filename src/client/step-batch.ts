import type { KeyPair } from '../crypto/ed25519.ts';
import { merkleRoot } from '../crypto/merkle.ts';
import { type StepBatch, type StepBatchBody, stepBatchSigningBytes } from '../types/operations/docklock.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { type ChainTip, chainSteps, type Step, sumUsage } from '../types/step-receipt.ts';
import { toHex } from '../util/bytes.ts';

export interface SignedSteps {
  readonly batch: StepBatch;
  /** Where the chain of the container stands after the batch. */
  readonly end: ChainTip;
}

/**
 * Chains steps of a container to where its chain stands, and signs them as its node.
 * Throws a RangeError for steps that the rules of containers do not allow there.
 */
export function signStepBatch(
  node: KeyPair,
  genesisHash: Hash,
  from: ChainTip,
  steps: readonly Step[],
): SignedSteps {
  const chained = chainSteps(from, steps);
  if ('impossible' in chained)
    throw new RangeError(
      `step ${chained.impossible} (${steps[chained.impossible]?.action}) cannot follow ${from.state}`,
    );
  const { encoded, end } = chained;
  const body: StepBatchBody = {
    node: from.node,
    app: from.app,
    replica: from.replica,
    generation: from.generation,
    fromSequence: from.sequence + 1,
    toSequence: end.sequence,
    previousTip: from.tip,
    tip: end.tip,
    root: toHex(merkleRoot(encoded)),
    count: steps.length,
    usage: sumUsage(steps),
    steps: [...steps],
  };
  return { batch: { ...body, signature: node.sign(stepBatchSigningBytes(genesisHash, body)) }, end };
}
