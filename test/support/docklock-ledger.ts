import assert from 'node:assert/strict';
import { merkleRoot } from '../../src/crypto/merkle.ts';
import { cluster } from '../../src/ledger/cluster/cluster.ts';
import { docklock } from '../../src/ledger/docklock/docklock.ts';
import { type ContainerRecord, containers } from '../../src/ledger/state/container-records.ts';
import { IN_TOTO_PAYLOAD_TYPE, preAuthenticationEncoding } from '../../src/types/dsse.ts';
import type { Genesis, Parameters } from '../../src/types/genesis.ts';
import { appId, CLUSTER } from '../../src/types/operations/cluster.ts';
import {
  type Deploy,
  DOCKLOCK,
  type ImageRegister,
  NO_DOCUMENT,
  type StepBatch,
  type StepBatchBody,
  stepBatchSigningBytes,
} from '../../src/types/operations/docklock.ts';
import {
  type ChainTip,
  chainSteps,
  FIRST_TIP,
  NO_USAGE,
  type Step,
  sumUsage,
} from '../../src/types/step-receipt.ts';
import { toHex, utf8 } from '../../src/util/bytes.ts';
import { joinOf, OrchestrationChain } from './cluster-ledger.ts';
import { type Actor, actor, type LedgerChain } from './ledger-chain.ts';

export const owner = actor('app owner');
export const operator = actor('node operator');
export const stranger = actor('stranger');
export const signers = ['signer 1', 'signer 2', 'signer 3'].map(actor) as [Actor, Actor, Actor];
export const IMAGE = '5a'.repeat(32);

/** Both ledgers; two of three image signers; the owner's node is joined. */
export function docklockChain(parameters: Partial<Parameters> = {}): OrchestrationChain {
  const change = (genesis: Genesis): Genesis => ({
    ...genesis,
    authorities: [
      { name: 'image-signers', threshold: 2, keys: signers.map(({ account }) => account.publicKey) },
    ],
  });
  const chain = new OrchestrationChain(
    [owner, operator, stranger],
    { cluster, docklock },
    parameters,
    change,
  );
  for (const who of [owner, operator]) {
    const join = joinOf(chain, who);
    assert.equal(chain.send(who, 'cluster', CLUSTER, CLUSTER.operations.NodeJoin, join).status, 'OK');
  }
  return chain;
}

export function statementOf(digest: string): object {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'app', digest: { sha256: digest } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: { buildDefinition: {}, runDetails: {} },
  };
}

/** A registration of IMAGE, signed by the first two signers unless told otherwise. */
export function imageOf(
  payload: Uint8Array = utf8(JSON.stringify(statementOf(IMAGE))),
  by: readonly Actor[] = [signers[0], signers[1]],
): ImageRegister {
  const signed = preAuthenticationEncoding(IN_TOTO_PAYLOAD_TYPE, payload);
  return {
    digest: IMAGE,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    size: 1_234,
    payloadType: IN_TOTO_PAYLOAD_TYPE,
    payload,
    signatures: by.map(({ account }) => ({ key: account.publicKey, signature: account.sign(signed) })),
  };
}

export function deployOf(change: Partial<Deploy> = {}): Deploy {
  return {
    name: 'web',
    image: IMAGE,
    replicas: 2,
    limits: { cpuMilli: 500, memoryMib: 128, diskMib: 64, pids: 32 },
    policy: NO_DOCUMENT,
    seccomp: NO_DOCUMENT,
    network: 'none',
    allowlist: [],
    readOnlyRoot: true,
    deterministic: false,
    ...change,
  };
}

export const APP = appId(owner.address, 'web');

/** The chain with IMAGE registered and the app deployed and started (generation 2). */
export function startedChain(
  parameters: Partial<Parameters> = {},
  change: Partial<Deploy> = {},
): OrchestrationChain {
  const chain = docklockChain(parameters);
  const { ImageRegister: register, Deploy: deploy, Start: start } = DOCKLOCK.operations;
  assert.equal(chain.send(owner, 'docklock', DOCKLOCK, register, imageOf()).status, 'OK');
  assert.equal(chain.send(owner, 'docklock', DOCKLOCK, deploy, deployOf(change)).status, 'OK');
  const begin = { app: APP, expectedGeneration: 1 };
  assert.equal(chain.send(owner, 'docklock', DOCKLOCK, start, begin).status, 'OK');
  return chain;
}

export function containerOf(chain: LedgerChain, replica = 0): ContainerRecord | undefined {
  return containers.get(chain.state.reader('docklock'), APP, replica);
}

/** A step at the rule time of the next block that used nothing, unless told otherwise. */
export function step(chain: LedgerChain, action: Step['action'], change: Partial<Step> = {}): Step {
  return { action, timeMs: chain.timeMs, durationMs: 0, exitCode: 0, usage: NO_USAGE, ...change };
}

export interface BatchOptions {
  readonly node?: Actor;
  readonly replica?: number;
  readonly generation?: number;
  /** Where the node believes the chain to stand; otherwise where it stands. */
  readonly from?: Partial<ChainTip>;
  /** Changes that are signed over. */
  readonly change?: Partial<StepBatchBody>;
}

/** A batch that continues what the chain knows of the replica, signed by the node. */
export function batchOf(chain: LedgerChain, steps: readonly Step[], options: BatchOptions = {}): StepBatch {
  const { node = owner, replica = 0, generation = 2 } = options;
  const record = containerOf(chain, replica);
  const key = node.consensus.publicKey;
  const from: ChainTip = {
    node: key,
    app: APP,
    replica,
    generation,
    state: record === undefined || record.node !== key ? 'PENDING' : record.state,
    sequence: record?.sequence ?? 0,
    tip: record?.tip ?? FIRST_TIP,
    ...options.from,
  };
  const chained = chainSteps(from, steps);
  const done = 'receipts' in chained ? chained : { encoded: [], end: from };
  const body: StepBatchBody = {
    node: key,
    app: APP,
    replica,
    generation,
    fromSequence: from.sequence + 1,
    toSequence: from.sequence + steps.length,
    previousTip: from.tip,
    tip: done.end.tip,
    root: toHex(merkleRoot(done.encoded)),
    count: steps.length,
    usage: sumUsage(steps),
    steps: [...steps],
    ...options.change,
  };
  return { ...body, signature: node.consensus.sign(stepBatchSigningBytes(chain.genesisHash, body)) };
}
