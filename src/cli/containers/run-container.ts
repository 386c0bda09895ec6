import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Client } from '../../client/client.ts';
import { type Receipt, TransactionSender } from '../../client/transaction-sender.ts';
import type { KeyPair } from '../../crypto/ed25519.ts';
import { runContainer } from '../../runtime/container.ts';
import type { ContainerEnd, ContainerUsage, RunSettings } from '../../runtime/container-run.ts';
import { assertRootfs } from '../../runtime/rootfs.ts';
import { imageOfRootfs } from '../../runtime/rootfs-image.ts';
import { findRunc } from '../../runtime/runc.ts';
import { StepRecorder } from '../../runtime/step-recorder.ts';
import type { ContainerLimits } from '../../types/operations/docklock.ts';
import type { ChainTip } from '../../types/step-receipt.ts';
import { NodeError } from '../../util/errors.ts';
import { type ContainerState, prepareApp } from './container-app.ts';
import { ensureLease } from './node-lease.ts';
import { StepReporter } from './step-reporter.ts';

export interface ContainerRequest {
  readonly client: Client;
  /** Keys of the account that owns the app and pays, and of the node that runs the container. */
  readonly owner: KeyPair;
  readonly node: KeyPair;
  /** Those who vouch for an image that is not registered yet. */
  readonly imageSigners: readonly KeyPair[];
  readonly rootfs: string;
  readonly command: readonly string[];
  readonly limits: ContainerLimits;
  /** Hosts that the app may reach, as the chain is told; the container then shares the network of the machine. */
  readonly hosts: readonly string[];
  /**
   * The app that the container belongs to. Without a name the run makes an app of its own, and reports the end of its
   * replica for good; with one, the replica stays stopped and can run again.
   */
  readonly appName?: string | undefined;
  readonly replica: number;
  readonly timeLimitMs?: number | undefined;
  /** Per transaction, in micro-FLX. */
  readonly maxFee: bigint;
  /** Longest wait for a receipt. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onOutput?: RunSettings['onOutput'];
  /** Called with each step that is done, for people who wait. */
  readonly onProgress?: (what: string, detail: string) => void;
}

export interface ContainerReport {
  readonly app: string;
  readonly appName: string;
  readonly replica: number;
  readonly generation: number;
  readonly image: string;
  readonly node: string;
  readonly end: ContainerEnd;
  /** From the request until the program ran, as the receipt has it; undefined if it never ran. */
  readonly startLatencyMs: number | undefined;
  /** How long the program ran. */
  readonly durationMs: number;
  readonly usage: ContainerUsage;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether it wrote more than is kept. */
  readonly isOutputCut: boolean;
  /** Of what had to be done before; and of the last report of the container. */
  readonly preparation: readonly Receipt[];
  readonly receipt: Receipt;
}

const SAMPLE_INTERVAL_MS = 10_000;
/** While the container runs, its steps are reported once there are this many. */
const STEPS_PER_REPORT = 6;

/**
 * Runs a container by runc and has the chain record it: sees to it that image, app and node are known there, reports
 * what the container did as signed steps, and waits for the receipt. That the program failed is no error; the report
 * says it.
 * @throws NodeError RUNTIME_NOT_FOUND and other codes of the runtime; IMAGE_NOT_REGISTERED, NODE_OF_ANOTHER and others of
 *   the preparation; INTERRUPTED, REFUSED, FAILED_RECEIPT
 */
export async function runContainerOnChain(request: ContainerRequest): Promise<ContainerReport> {
  const { client, node, replica, limits, hosts, command, onProgress = () => {} } = request;
  const runtime = await findRunc();
  const rootfs = resolve(request.rootfs);
  await assertRootfs(rootfs);
  const image = await imageOfRootfs(rootfs);
  onProgress('image', `0x${image.digest}`);
  const sender = await TransactionSender.open(client, request.owner, request);
  const id = randomBytes(8).toString('hex');
  const name = request.appName ?? `run-${id}`;

  const lease = await ensureLease(sender, node);
  onProgress('node', `0x${node.publicKey}`);
  const wanted = { name, replica, image, limits, hosts };
  const prepared = await prepareApp(sender, node, wanted, request.imageSigners);
  const { app, generation } = prepared;
  onProgress('app', `${name}, generation ${generation}`);

  if (request.signal?.aborted === true)
    throw new NodeError('INTERRUPTED', 'interrupted before there was a container');
  const reporter = new StepReporter(sender, node, tipFor(node, app, generation, prepared.container));
  const recorder = new StepRecorder();
  const run = await runContainer(
    runtime,
    { id: `metanode-${id}`, rootfs, command, limits, network: hosts.length > 0 },
    {
      signal: request.signal,
      timeLimitMs: request.timeLimitMs,
      sampleIntervalMs: SAMPLE_INTERVAL_MS,
      ...(request.onOutput === undefined ? {} : { onOutput: request.onOutput }),
      onRunning: (times) => recorder.started(times),
      onSample: (usage, wallMs) => {
        recorder.sampled(usage, wallMs);
        // What cannot be reported now is reported with the next steps; at the end it must succeed.
        if (recorder.size >= STEPS_PER_REPORT) reporter.report(recorder.take()).catch(() => {});
      },
    },
  );
  recorder.ended(run, request.appName === undefined);
  const receipt = await reporter.report(recorder.take());
  if (receipt === undefined) throw new RangeError('a run has steps to report');
  const { end, usage, stdout, stderr, requestedMs, runningMs, endedMs } = run;
  return {
    app,
    appName: name,
    replica,
    generation,
    image: image.digest,
    node: node.publicKey,
    end,
    startLatencyMs: runningMs === undefined ? undefined : runningMs - requestedMs,
    durationMs: runningMs === undefined ? 0 : endedMs - runningMs,
    usage,
    stdout: stdout.text,
    stderr: stderr.text,
    isOutputCut: stdout.isCut || stderr.isCut,
    preparation: [...(lease === undefined ? [] : [lease]), ...prepared.receipts],
    receipt,
  };
}

/** Where the chain of the replica stands for this node: one that takes over from another begins a new container. */
function tipFor(node: KeyPair, app: string, generation: number, container: ContainerState): ChainTip {
  const { replica, sequence, tip } = container;
  const isOwn = container.node === `0x${node.publicKey}`;
  const state = isOwn ? container.state : 'PENDING';
  return { node: node.publicKey, app, replica, generation, state, sequence, tip: tip.slice(2) };
}
