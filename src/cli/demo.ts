import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../client/client.ts';
import { signNodeJoin } from '../client/cluster-node.ts';
import { EXAMPLE_AGREEMENT } from '../client/example-agreement.ts';
import { signImage } from '../client/image-provenance.ts';
import { subjectOf } from '../client/subject.ts';
import { operationNamed } from '../client/transaction-builder.ts';
import { type Receipt, TransactionSender } from '../client/transaction-sender.ts';
import { generateKeyPair, type KeyPair } from '../crypto/ed25519.ts';
import { sha256Hex } from '../crypto/hash.ts';
import { readAgreement } from '../node/agreement-file.ts';
import { makeRootfs } from '../runtime/rootfs.ts';
import { type LedgerName, MICRO } from '../types/names.ts';
import { BPI } from '../types/operations/bpi.ts';
import { encodeOperation } from '../types/operations/catalog.ts';
import { CLUSTER } from '../types/operations/cluster.ts';
import { DOCKLOCK } from '../types/operations/docklock.ts';
import { ECONOMY } from '../types/operations/economy.ts';
import { utf8 } from '../util/bytes.ts';
import { errorCode, NodeError } from '../util/errors.ts';
import { DEFAULT_LIMITS } from './containers/limit-options.ts';
import { NO_CAPACITY } from './containers/node-lease.ts';
import { runContainerOnChain } from './containers/run-container.ts';

/** One thing that the demo did, with the receipt of the transaction that shows it. */
export interface DemoDeed {
  readonly ledger: LedgerName;
  readonly action: string;
  readonly detail: string;
  readonly receipt: Receipt;
  /** Of a container: from the request until its program ran. */
  readonly startLatencyMs?: number;
  /** Why it is not what it could be, such as a container without a runtime. */
  readonly note?: string;
}

export interface DemoRequest {
  readonly client: Client;
  /** Keys of an account that pays for all, of a node that runs containers, and of two image signers. */
  readonly account: KeyPair;
  readonly node: KeyPair;
  readonly imageSigners: readonly KeyPair[];
  /** Address that is paid, 64 hex digits. */
  readonly payee: string;
  /** Per transaction, in micro-FLX. */
  readonly maxFee: bigint;
  /** Longest wait for a receipt. */
  readonly timeoutMs: number;
}

/** Where the machine runs no containers the demo says so, and goes on without. */
const NO_CONTAINER: ReadonlySet<string> = new Set([
  'RUNTIME_NOT_FOUND',
  'RUNTIME_TOO_OLD',
  'RUNTIME_NOT_PERMITTED',
  'CGROUP_CONTROLLER_MISSING',
  'BUSYBOX_NOT_FOUND',
  'BUSYBOX_NOT_STATIC',
  'CONTAINER_FAILED',
]);
const COMMAND = ['/bin/echo', 'hello from a container'];
const REGION = 'demo';
const POLL_MS = 200;
/** A header may be anchored when the block after it stands. */
const ANCHOR_DEPTH = 1;

/**
 * Does one real thing on each ledger, those that do not depend on each other at the same time.
 * @returns the deeds in ledger order; the one on bpi that a policy refuses has a receipt of its own
 * @throws NodeError REFUSED, FAILED_RECEIPT, TIMED_OUT and others of the client
 */
export async function playDemo(request: DemoRequest): Promise<DemoDeed[]> {
  const sender = await TransactionSender.open(request.client, request.account, request);
  // A container renews the lease of its node on the cluster ledger, where the sender's nonces have one order.
  const orchestrated = joinNode(sender).then(async (joined) => [await runContainer(request, sender), joined]);
  const deeds = await Promise.all([
    orchestrated,
    invokeAgreement(sender),
    anchorHeader(sender, request.timeoutMs).then((deed) => [deed]),
    transfer(sender, request.payee).then((deed) => [deed]),
  ]);
  return deeds.flat();
}

async function runContainer(request: DemoRequest, sender: TransactionSender): Promise<DemoDeed> {
  const directory = await mkdtemp(join(tmpdir(), 'metanode-demo-'));
  try {
    const rootfs = join(directory, 'rootfs');
    await makeRootfs(rootfs);
    const report = await runContainerOnChain({
      ...request,
      owner: request.account,
      rootfs,
      command: COMMAND,
      limits: DEFAULT_LIMITS,
      hosts: [],
      replica: 0,
    });
    const { end, receipt, startLatencyMs } = report;
    if (end.kind === 'failed' || startLatencyMs === undefined)
      throw new NodeError('CONTAINER_FAILED', end.kind === 'failed' ? end.message : 'it never ran');
    const detail = `start ${startLatencyMs} ms`;
    return { ledger: 'docklock', action: 'run busybox (runc)', detail, receipt, startLatencyMs };
  } catch (error) {
    if (!(error instanceof NodeError) || !NO_CONTAINER.has(error.code)) throw error;
    return await registerImage(request, sender, error);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** What docklock can do without a runtime: an image, with the signatures of those who vouch for it. */
async function registerImage(
  request: DemoRequest,
  sender: TransactionSender,
  missing: NodeError,
): Promise<DemoDeed> {
  const digest = sha256Hex(generateKeyPair().seed);
  const origin = {
    digest,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    size: 1,
    name: 'demo',
    buildType: 'https://metanode.dev/demo/v1',
    builder: 'https://metanode.dev/cli',
  };
  const image = signImage(origin, request.imageSigners);
  const receipt = await sender.send('docklock', [encodeOperation(DOCKLOCK.operations.ImageRegister, image)]);
  return {
    ledger: 'docklock',
    action: 'register image',
    detail: 'no container',
    receipt,
    note: `no container: ${missing.message}${missing.hint === undefined ? '' : ` (${missing.hint})`}`,
  };
}

async function joinNode(sender: TransactionSender): Promise<DemoDeed> {
  const node = generateKeyPair();
  const join = signNodeJoin(node, sender.chain.genesisHash, sender.address, {
    capacity: NO_CAPACITY,
    region: REGION,
    asn: 0,
    implementation: 'metanode-demo',
    bondRef: [],
  });
  const receipt = await sender.send('cluster', [encodeOperation(CLUSTER.operations.NodeJoin, join)]);
  const { leaseUntilMs } = eventData<{ leaseUntilMs: number }>(receipt, 'NodeJoined');
  return {
    ledger: 'cluster',
    action: `join node 0x${node.publicKey.slice(0, 8)}…`,
    detail: `lease until ${new Date(leaseUntilMs).toISOString()}`,
    receipt,
  };
}

/** The example agreement, in force; then invoked for somebody whom its policies allow, and for somebody else. */
async function invokeAgreement(sender: TransactionSender): Promise<DemoDeed[]> {
  const { operations } = BPI;
  const { yaml, terms, versionHash } = readAgreement(utf8(EXAMPLE_AGREEMENT), 'the example');
  const propose = encodeOperation(operations.AgreementPropose, { yaml, parties: [sender.address] });
  const proposed = await sender.send('bpi', [propose]);
  const agreement = eventData<{ agreement: string }>(proposed, 'AgreementProposed').agreement.slice(2);
  await sender.send('bpi', [
    encodeOperation(operations.AgreementSign, { agreement, versionHash }),
    encodeOperation(operations.Activate, { agreement }),
  ]);
  const invoke = (region: string) => {
    const subject = subjectOf(`somebody in ${region}`, { region, classification: 'PII' });
    const value = utf8(`data of somebody in ${region}`);
    return encodeOperation(operations.Invoke, { agreement, entry: 'record', key: '', value, subject });
  };
  const action = `invoke ${terms.name}`;
  const allowed = await sender.send('bpi', [invoke('EU')]);
  const denied = await deniedReceipt(sender, sender.send('bpi', [invoke('BR')]));
  const { policyId, policyType } = eventData<{ policyId: string; policyType: string }>(denied, 'Refused');
  const policy = policyId === policyType ? policyType : `${policyType} ${policyId}`;
  return [
    { ledger: 'bpi', action, detail: 'policy: allow', receipt: allowed },
    { ledger: 'bpi', action, detail: `policy: deny, ${policy}`, receipt: denied },
  ];
}

/** The receipt of a transaction that a policy has to refuse. @throws NodeError NOT_DENIED if none did */
async function deniedReceipt(sender: TransactionSender, sent: Promise<Receipt>): Promise<Receipt> {
  try {
    await sent;
  } catch (error) {
    if (errorCode(error) !== 'FAILED_RECEIPT') throw error;
    const { txId, status } = (error as NodeError).data as { txId: string; status: string };
    if (status !== 'DENIED') throw error;
    return await sender.client.call('tx_getReceipt', { txId });
  }
  throw new NodeError('NOT_DENIED', 'no policy refused what the agreement forbids');
}

async function anchorHeader(sender: TransactionSender, timeoutMs: number): Promise<DemoDeed> {
  const height = (await waitForHeight(sender.client, 1 + ANCHOR_DEPTH, timeoutMs)) - ANCHOR_DEPTH;
  const { hash } = await sender.client.call('chain_getBlockHash', { height });
  const anchor = { height, blockHash: hash, target: 'demo', reference: `header ${height}` };
  const receipt = await sender.send('bpci', [operationNamed('bpci', 'Anchor', anchor)]);
  const { seals, validators } = eventData<{ seals: number; validators: number }>(receipt, 'Anchored');
  return {
    ledger: 'bpci',
    action: `anchor header ${height}`,
    detail: `seals ${seals}/${validators}`,
    receipt,
  };
}

async function waitForHeight(client: Client, height: number, timeoutMs: number): Promise<number> {
  for (const endMs = performance.now() + timeoutMs; ; await sleep(POLL_MS)) {
    const head = await client.call('chain_getFinalizedHead');
    if (head.height >= height) return head.height;
    if (performance.now() > endMs)
      throw new NodeError('TIMED_OUT', `the chain is still at height ${head.height}`, {
        hint: 'metanode testnet status says who is missing',
      });
  }
}

async function transfer(sender: TransactionSender, to: string): Promise<DemoDeed> {
  const payment = { to, token: 'FLX' as const, amount: MICRO, reference: 'demo' };
  const receipt = await sender.send('economy', [encodeOperation(ECONOMY.operations.Transfer, payment)]);
  const { ok } = await sender.client.call('economy_getSupply');
  return {
    ledger: 'economy',
    action: 'transfer 1 FLX',
    detail: ok ? 'supply ok' : 'SUPPLY DIFFERS',
    receipt,
  };
}

/** What an event of a receipt says. @throws NodeError BAD_ANSWER if the receipt has no such event */
function eventData<T>({ events, txId }: Receipt, name: string): T {
  const event = events.find((one) => one.name === name);
  if (event === undefined) throw new NodeError('BAD_ANSWER', `the receipt of ${txId} has no event ${name}`);
  return event.data as T;
}
