import { setTimeout as sleep } from 'node:timers/promises';
import { addressToText } from '../../src/types/address.ts';
import { LEDGERS, type LedgerName } from '../../src/types/names.ts';
import { findKind } from '../../src/types/operations/catalog.ts';
import { CATALOGS } from '../../src/types/operations/catalogs.ts';
import { NodeError } from '../../src/util/errors.ts';
import type { TestnetErrorCode } from '../directory.ts';
import {
  deriveAuthorityKeys,
  deriveLane,
  deriveNodeSeed,
  deriveValidator,
  type ValidatorIdentity,
} from '../identities.ts';
import { type NodeRpc, receiptsOf } from '../rpc.ts';
import { bpciScenarios } from './bpci.ts';
import { validatorStory } from './bpci-validators.ts';
import { bpiScenarios } from './bpi.ts';
import { clusterScenarios } from './cluster.ts';
import { docklockScenarios } from './docklock.ts';
import { doubleSign } from './double-sign.ts';
import { economyScenarios } from './economy.ts';
import { nonceKey, Planner, type PreparedTransaction } from './plan.ts';
import { SETTLED_MS } from './planning.ts';
import type { LedgerScenarios, PlanContext, PlannedTransaction, Story, StoryStage } from './scenario.ts';
import { LoadSender } from './sender.ts';
import { type LoadReport, Tracker } from './tracker.ts';

/** What can be done on each ledger that exists; the next ledger adds a line here. */
const LEDGER_SCENARIOS: readonly LedgerScenarios[] = [
  docklockScenarios,
  bpiScenarios,
  bpciScenarios,
  clusterScenarios,
  economyScenarios,
];
const STORIES: readonly Story[] = [validatorStory];

export interface LoadOptions {
  readonly seed: string;
  /** Names of those that vote. */
  readonly validators: readonly string[];
  /** Transactions per second, all nodes together. */
  readonly rate: number;
  readonly seconds: number;
  readonly lane: number;
  /** Multiaddrs of the nodes, with /p2p/: a story may send more than transactions. */
  readonly multiaddrs: readonly string[];
  /** Whether validators join, rotate, double-sign and leave meanwhile. */
  readonly validatorChanges: boolean;
  /**
   * A load stands still while a transaction waits for its receipt longer than the plan allows for, because the chain is
   * slow or the node that took it was killed: what was planned on top of it would otherwise come before it. An
   * impatient one goes on at its rate, to see what the chain does with more than it can bear.
   */
  readonly impatient?: boolean | undefined;
  /** Only these operations of the catalogs; all if undefined. */
  readonly only?: readonly string[] | undefined;
  /** Called about once a second. */
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface LoadProgress {
  readonly height: number;
  readonly sent: number;
  readonly final: number;
  readonly open: number;
}

/** 1 FLX, more than any operation costs. */
const MAX_FEE = 1_000_000n;
const POLL_MS = 100;
const PROGRESS_MS = 1_000;
/** Sends of one tick go to a node in one request. */
const TICK_MS = 50;
/** Below SETTLED_MS, so that what scenarios take for settled is settled. */
const PATIENCE_MS = SETTLED_MS - 1_000;
/** How long to wait for receipts after the last transaction. */
const DRAIN_MS = 60_000;

/** Runs a load against the nodes and reports what became of every transaction. */
export async function runLoad(nodes: readonly NodeRpc[], options: LoadOptions): Promise<LoadReport> {
  const generator = await LoadGenerator.create(nodes, options);
  return await generator.run();
}

class LoadGenerator {
  readonly #nodes: readonly NodeRpc[];
  readonly #options: LoadOptions;
  readonly #planner: Planner;
  readonly #tracker = new Tracker();
  readonly #sender: LoadSender;
  /** The next block whose receipts were not looked at. */
  #nextHeight: number;
  /** Counts the nodes that were asked for blocks and did not answer. */
  #unanswered = 0;
  #ended = false;

  private constructor(nodes: readonly NodeRpc[], options: LoadOptions, planner: Planner, height: number) {
    this.#nodes = nodes;
    this.#options = options;
    this.#planner = planner;
    this.#sender = new LoadSender(nodes, this.#tracker, options.signal);
    this.#nextHeight = height + 1;
  }

  static async create(nodes: readonly NodeRpc[], options: LoadOptions): Promise<LoadGenerator> {
    const [first] = nodes;
    if (first === undefined) throw new RangeError('a load needs a node');
    const status = await statusWithFinalBlock(first);
    const lane = deriveLane(options.seed, options.lane);
    const validators = options.validators.map((name) => deriveValidator(options.seed, name));
    const senders = [
      ...lane.payers,
      ...lane.banks,
      ...lane.oracles,
      ...lane.candidates.map(({ account }) => account),
      ...validators.map(({ account }) => account),
    ];
    const nonces = new Map<string, bigint>();
    await Promise.all(
      senders.flatMap(({ address }) =>
        LEDGERS.map(async (ledger) => {
          const { pending } = await first.call('tx_getNonce', { address: addressToText(address), ledger });
          nonces.set(nonceKey(address, ledger), BigInt(pending));
        }),
      ),
    );
    const planner = new Planner({
      seed: options.seed,
      chainId: status.chainId,
      genesisHash: status.genesisHash.slice(2),
      lane,
      validators,
      authorities: deriveAuthorityKeys(options.seed),
      startMs: Date.now(),
      finalBlock: await blockBefore(first, status.height),
      // Heights only grow, so no two runs of a lane on a chain share it.
      runId: status.height,
      maxFee: MAX_FEE,
      nonces,
    });
    return new LoadGenerator(nodes, options, planner, status.height);
  }

  async run(): Promise<LoadReport> {
    const { rate, seconds, only } = this.#options;
    const ledgers = LEDGER_SCENARIOS.map(({ ledger, create }) => ({
      ledger,
      create: () => create().filter(({ operation }) => only === undefined || only.includes(operation)),
    }));
    const prepared = this.#planner.plan(ledgers, rate, seconds);
    this.#tracker.plan(prepared.length);
    const beginMs = performance.now();
    const watching = this.#watch();
    const stories = this.#options.validatorChanges && only === undefined ? STORIES : [];
    await Promise.all([
      this.#sendAll(prepared, beginMs),
      ...stories.map((story) => this.#play(story, beginMs)),
    ]);
    await this.#drain();
    this.#ended = true;
    await watching;
    return this.#tracker.report();
  }

  get #aborted(): boolean {
    return this.#options.signal?.aborted ?? false;
  }

  /** Sends what is due, each sender's transactions in order and to one node. */
  async #sendAll(prepared: readonly PreparedTransaction[], beginMs: number): Promise<void> {
    const queues = new Map<NodeRpc, Promise<void>>();
    let stoodStillMs = 0;
    let tickMs = beginMs;
    for (let next = 0; next < prepared.length && !this.#aborted; await sleep(TICK_MS)) {
      const nowMs = performance.now();
      if (this.#mustStandStill(nowMs)) stoodStillMs += nowMs - tickMs;
      tickMs = nowMs;
      const dueMs = nowMs - beginMs - stoodStillMs;
      const batches = new Map<NodeRpc, PreparedTransaction[]>();
      for (
        let transaction = prepared[next];
        transaction !== undefined && transaction.atMs <= dueMs;
        transaction = prepared[++next]
      ) {
        const node = this.#sender.nodeOf(transaction);
        const batch = batches.get(node) ?? [];
        batches.set(node, batch);
        batch.push(transaction);
      }
      for (const [node, batch] of batches)
        queues.set(
          node,
          (queues.get(node) ?? Promise.resolve()).then(() => this.#sender.send(node, batch)),
        );
    }
    await Promise.all(queues.values());
  }

  #mustStandStill(nowMs: number): boolean {
    return this.#options.impatient !== true && nowMs - this.#tracker.oldestOpenMs(nowMs) > PATIENCE_MS;
  }

  async #play(story: Story, beginMs: number): Promise<void> {
    const planner = this.#planner;
    const stage: StoryStage = {
      context: planner.context(0),
      send: async (ledger, transaction) =>
        await this.#sendAndWait(ledger, transaction, performance.now() - beginMs),
      waitBlocks: async (count) => {
        const target = this.#nextHeight + count;
        while (this.#nextHeight < target && !this.#aborted) await sleep(POLL_MS);
      },
      doubleSign: (validator) => this.#doubleSign(planner.context(0), validator),
    };
    await story.play(stage);
  }

  async #doubleSign(
    { seed, chainId, genesisHash, runId }: PlanContext,
    { account, consensus }: ValidatorIdentity,
  ): Promise<void> {
    const { multiaddrs, signal } = this.#options;
    await doubleSign({
      nodes: this.#nodes,
      bootnodes: multiaddrs,
      chainId,
      genesisHash,
      validator: { id: account.address, key: consensus },
      nodeKeySeed: deriveNodeSeed(seed, `double-signer/${account.name}/${runId}`),
      signal,
    });
  }

  async #sendAndWait(ledger: LedgerName, planned: PlannedTransaction, atMs: number): Promise<boolean> {
    const operation = operationName(ledger, planned);
    const prepared = this.#planner.sign(ledger, operation, planned, atMs);
    this.#tracker.plan(1);
    const outcome = this.#tracker.outcome(prepared.txId);
    await this.#sender.send(this.#sender.nodeOf(prepared), [prepared]);
    const status = await Promise.race([outcome, sleep(DRAIN_MS, 'no receipt', { ref: false })]);
    return status === planned.expected;
  }

  /** Reads the receipts of every new block until the load has ended. */
  async #watch(): Promise<void> {
    let reportedMs = 0;
    while (!this.#ended) {
      await this.#readNewBlocks().catch(() => {}); // the node may be down for a while; another one is asked next
      if (performance.now() - reportedMs > PROGRESS_MS) {
        reportedMs = performance.now();
        const { final, open } = this.#tracker;
        this.#options.onProgress?.({ height: this.#nextHeight - 1, sent: this.#sender.sent, final, open });
      }
      await sleep(POLL_MS);
    }
  }

  async #readNewBlocks(): Promise<void> {
    const node = this.#nodes[this.#unanswered % this.#nodes.length] as NodeRpc;
    try {
      const { height } = await node.call('chain_getFinalizedHead', {});
      const nowMs = performance.now();
      for (; this.#nextHeight <= height; this.#nextHeight++)
        for await (const { txId, status } of receiptsOf(node, this.#nextHeight))
          this.#tracker.onReceipt(txId.slice(2), status, nowMs);
    } catch (error) {
      this.#unanswered++;
      throw error;
    }
  }

  /** Waits for the last receipts, then asks what became of the others. */
  async #drain(): Promise<void> {
    for (
      const deadline = performance.now() + DRAIN_MS;
      performance.now() < deadline && this.#tracker.open > 0;
    ) {
      await sleep(POLL_MS * 5);
      if (performance.now() > deadline - DRAIN_MS / 2 || this.#aborted) await this.#askForOpen();
      if (this.#aborted) return;
    }
    await this.#askForOpen();
  }

  async #askForOpen(): Promise<void> {
    for (const { txId } of this.#tracker.unsettled())
      for (const node of this.#nodes) {
        const status = await node.call('tx_status', { txId: `0x${txId}` }).catch(() => undefined);
        if (status?.state === 'dropped') this.#tracker.onDropped(txId, status.reason);
        if (status?.state === 'pooled' || status?.state === 'queued') this.#tracker.onPooled(txId);
      }
  }
}

/** Waits for the second block: until then no certificate counts, and nothing can be said about a final block. */
async function statusWithFinalBlock(node: NodeRpc) {
  for (let waited = 0; ; waited += POLL_MS) {
    const status = await node.call('net_status', {});
    if (status.height >= 2) return status;
    if (waited >= DRAIN_MS)
      throw new NodeError<TestnetErrorCode>('TIMED_OUT', `the chain stays at height ${status.height}`, {
        hint: 'see metanode testnet status',
      });
    await sleep(POLL_MS);
  }
}

/** The block below the head: its certificate counts in the head, so the next transaction may speak of it. */
async function blockBefore(node: NodeRpc, head: number): Promise<PlanContext['finalBlock']> {
  const { height, hash } = await node.call('chain_getBlockHash', { height: head - 1 });
  return { height, hash: hash.slice(2) };
}

function operationName(ledger: LedgerName, { operations }: PlannedTransaction): string {
  const kind = operations[0]?.kind ?? 0;
  return findKind(CATALOGS[ledger].operations, kind)?.name ?? String(kind);
}
