import assert from 'node:assert/strict';
import { actionScheme } from '../../../../src/mining/proofs/action.ts';
import { coordinationScheme } from '../../../../src/mining/proofs/coordination.ts';
import type { ProofInput, ProofScheme } from '../../../../src/mining/proofs/proof-scheme.ts';
import { encodeOperation } from '../../../../src/types/operations/catalog.ts';
import { CLUSTER, hashPlacementDiff } from '../../../../src/types/operations/cluster.ts';
import { DOCKLOCK } from '../../../../src/types/operations/docklock.ts';
import { ActionProofType } from '../../../../src/types/proofs/action.ts';
import { CoordinationProofType } from '../../../../src/types/proofs/coordination.ts';
import { decode } from '../../../../src/types/ssz.ts';
import { heartbeat, movesOf, submission } from '../../../support/cluster-ledger.ts';
import {
  APP,
  batchOf,
  operator,
  owner,
  startedChain,
  step,
  stranger,
} from '../../../support/docklock-ledger.ts';

function refusesEveryFlippedBit(scheme: ProofScheme, input: ProofInput): void {
  const proof = scheme.build(input);
  assert.equal(scheme.verify(proof, input), undefined);
  for (let bit = 0; bit < proof.length * 8; bit++) {
    const flipped = proof.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    assert.notEqual(scheme.verify(flipped, input), undefined, `bit ${bit}`);
  }
}

describe('Proof-of-Coordination', () => {
  const chain = startedChain();
  chain.send(owner, 'cluster', CLUSTER, CLUSTER.operations.WorkloadSubmit, submission('web'));
  const beats = [owner, operator].map((who) =>
    chain.transaction(who, 'cluster', [heartbeat(chain, who, 1)], { maxFee: 0n }),
  );
  const input = chain.proofInput('cluster', beats);
  const proof = decode(CoordinationProofType, coordinationScheme.build(input), 'proof');

  it('commits to the leases renewed, the placements of BeginBlock and the sequence of hashes', () => {
    assert.deepEqual([proof.heartbeatCount, proof.placementCount, proof.itemCount], [2, 1, 2]);
    assert.equal(proof.pohHashes, 2 + chain.genesis.parameters.pohTicks);
    assert.equal(proof.after.alive, 2);
    const begun = chain.begin();
    assert.equal(proof.placementHash, hashPlacementDiff(movesOf(begun)));
    begun.discard();
  });

  it('is refused with any bit of it flipped', () => {
    refusesEveryFlippedBit(coordinationScheme, input);
  });

  it('does not fit another order, parent or height', () => {
    const bytes = coordinationScheme.build(input);
    const { result } = input;
    const reversed = { ...result, txIds: result.txIds.toReversed(), receipts: result.receipts.toReversed() };
    for (const other of [
      { ...input, result: reversed },
      { ...input, parent: 'cd'.repeat(32) },
      { ...input, context: { ...input.context, height: input.context.height + 1 } },
    ])
      assert.equal(coordinationScheme.verify(bytes, other)?.code, 'WRONG_PROOF_FIELD');
  });

  it('runs no sequence of hashes for a section without transactions', () => {
    const empty = { ...input, result: { ...input.result, txIds: [], receipts: [], proofItems: [] } };
    const without = decode(CoordinationProofType, coordinationScheme.build(empty), 'proof');
    assert.equal(without.pohHashes, 0);
    assert.equal(without.pohEnd, without.pohStart);
  });
});

describe('Proof-of-Action', () => {
  const chain = startedChain();
  const usage = { cpuMs: 12, memoryMbS: 3, storageMicroGbDay: 0, egressBytes: 0 };
  const steps = [step(chain, 'create'), step(chain, 'created'), step(chain, 'start', { usage })];
  const input = chain.proofInput('docklock', [
    chain.transaction(stranger, 'docklock', [
      encodeOperation(DOCKLOCK.operations.StepBatch, batchOf(chain, steps)),
    ]),
    chain.transaction(owner, 'docklock', [
      encodeOperation(DOCKLOCK.operations.Scale, { app: APP, expectedGeneration: 2, replicas: 3 }),
      encodeOperation(DOCKLOCK.operations.Scale, { app: APP, expectedGeneration: 3, replicas: 4 }),
    ]),
    chain.transaction(operator, 'docklock', [
      encodeOperation(DOCKLOCK.operations.Start, { app: APP, expectedGeneration: 1 }),
    ]),
  ]);

  it('sums up the batches and what the owners asked for', () => {
    const proof = decode(ActionProofType, actionScheme.build(input), 'proof');
    assert.deepEqual(
      [proof.batchCount, proof.stepCount, proof.cpuMs, proof.memoryMbS, proof.intentCount, proof.itemCount],
      [1, 3n, 12n, 3n, 2, 3],
    );
  });

  it('is refused with any bit of it flipped', () => {
    refusesEveryFlippedBit(actionScheme, input);
  });

  it('does not fit other receipts', () => {
    const bytes = actionScheme.build(input);
    const { receipts } = input.result;
    const without = { ...input, result: { ...input.result, receipts: receipts.slice(1) } };
    const reversed = { ...input, result: { ...input.result, receipts: receipts.toReversed() } };
    for (const other of [without, reversed])
      assert.equal(actionScheme.verify(bytes, other)?.code, 'WRONG_PROOF_FIELD');
  });
});
