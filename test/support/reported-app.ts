import assert from 'node:assert/strict';
import { signNodeJoin } from '../../src/client/cluster-node.ts';
import { signImage } from '../../src/client/image-provenance.ts';
import { signStepBatch } from '../../src/client/step-batch.ts';
import { encodeOperation } from '../../src/types/operations/catalog.ts';
import { appId, CLUSTER } from '../../src/types/operations/cluster.ts';
import { DOCKLOCK, NO_DOCUMENT } from '../../src/types/operations/docklock.ts';
import { FIRST_TIP, NO_USAGE, type Step } from '../../src/types/step-receipt.ts';
import { deriveAuthorityKeys, deriveKeys } from '../../testnet/identities.ts';
import type { ExecutingRpc } from './executing-rpc.ts';

export const IMAGE = '5a'.repeat(32);
const IMAGE_SOURCE = {
  digest: IMAGE,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  size: 1_234,
  name: 'web',
  buildType: 'https://example.org/build',
  builder: 'https://example.org/builder',
};

/** Alice has a node, and an app of which the first replica has done these steps there. */
export async function reportApp(
  rpc: ExecutingRpc,
  replicas: number,
  steps: readonly (Pick<Step, 'action'> & Partial<Step>)[],
) {
  const { alice, genesisHash, clock } = rpc.world;
  const node = deriveKeys('chain', 'node of alice');
  const app = appId(alice.address, 'web');
  const join = signNodeJoin(node, genesisHash, alice.address, {
    capacity: { cpuMilli: 1_000, memoryMib: 512, diskMib: 100 },
    region: 'eu',
    asn: 64_500,
    implementation: 'metanode',
    bondRef: [],
  });
  const joined = await rpc.run(alice, 'cluster', [encodeOperation(CLUSTER.operations.NodeJoin, join)]);
  const { ImageRegister, Deploy, Start, StepBatch } = DOCKLOCK.operations;
  const signers = deriveAuthorityKeys('chain').imageSigners.slice(0, 2);
  const prepared = await rpc.run(alice, 'docklock', [
    encodeOperation(ImageRegister, signImage(IMAGE_SOURCE, signers)),
    encodeOperation(Deploy, {
      name: 'web',
      image: IMAGE,
      replicas,
      limits: { cpuMilli: 500, memoryMib: 64, diskMib: 8, pids: 16 },
      policy: NO_DOCUMENT,
      seccomp: 'cd'.repeat(32),
      network: 'none',
      allowlist: [],
      readOnlyRoot: true,
      deterministic: false,
    }),
    encodeOperation(Start, { app, expectedGeneration: 1 }),
  ]);
  assert.equal(prepared.status, 0);
  const from = {
    node: node.publicKey,
    app,
    replica: 0,
    generation: 2,
    state: 'PENDING' as const,
    sequence: 0,
    tip: FIRST_TIP,
  };
  const idle = { timeMs: clock.wallMs(), durationMs: 0, exitCode: 0, usage: NO_USAGE };
  const done = steps.map((step): Step => ({ ...idle, ...step }));
  const { batch, end } = signStepBatch(node, genesisHash, from, done);
  const reported = await rpc.run(alice, 'docklock', [encodeOperation(StepBatch, batch)]);
  assert.equal(reported.status, 0);
  return { app, node: node.publicKey, end, joinTxId: `0x${joined.txId}`, batchTxId: `0x${reported.txId}` };
}
