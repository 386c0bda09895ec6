import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, createClient } from '../../src/client/client.ts';
import { signTransaction, type TransactionDraft } from '../../src/client/transaction-builder.ts';
import { initNode } from '../../src/node/init-node.ts';
import { type RunningNode, startNode } from '../../src/node/node.ts';
import type { NodeOptionsInput } from '../../src/node/options.ts';
import { dataDirPaths } from '../../src/storage/data-dir.ts';
import { addressToText } from '../../src/types/address.ts';
import { type Genesis, hashGenesis } from '../../src/types/genesis.ts';
import { encodeOperation } from '../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../src/types/operations/economy.ts';
import type { EncodedTransaction, Operation } from '../../src/types/transaction.ts';
import { toHex } from '../../src/util/bytes.ts';
import { LIMITS } from '../../src/util/limits.ts';
import { createTestnetGenesis } from '../../testnet/genesis.ts';
import {
  type Account,
  deriveAccount,
  deriveNodeSeed,
  deriveValidator,
  type ValidatorIdentity,
} from '../../testnet/identities.ts';
import { freePortBase, RPC_OFFSET } from './ports.ts';
import { WAIT_MS, waitFor } from './wait-for.ts';

export interface ClusterOptions {
  readonly directory: string;
  readonly validators: number;
  readonly blockTimeMs?: number;
  readonly emptyBlocksMs?: number;
  /** All keys derive from it; two clusters with different ones have nothing in common. */
  readonly seed?: string;
  /** By default a new one for this seed. */
  readonly genesis?: Genesis;
  readonly options?: Partial<NodeOptionsInput>;
}

const DEFAULT_SEED = 'cluster';
/** The most that the RPC allows. */
const RECEIPT_WAIT_MS = LIMITS.maxRpcWaitMs;

function seedOf({ seed }: ClusterOptions): string {
  return seed ?? DEFAULT_SEED;
}

/**
 * Real nodes in this process: real sockets, disks and keys. Node k < validators holds the keys of a genesis
 * validator; higher numbers are observers.
 */
export class Cluster {
  readonly genesis: Genesis;
  readonly genesisHash: string;
  readonly alice: Account;
  readonly bob: Account;
  readonly nodes = new Map<number, RunningNode>();
  readonly #options: ClusterOptions;
  readonly #portBase: number;
  readonly #clients = new Map<number, Client>();

  private constructor(options: ClusterOptions, genesis: Genesis, portBase: number) {
    this.#options = options;
    this.#portBase = portBase;
    this.genesis = genesis;
    this.genesisHash = hashGenesis(genesis);
    this.alice = deriveAccount(seedOf(options), 'alice');
    this.bob = deriveAccount(seedOf(options), 'bob');
  }

  /** Makes the data directories of all validators. */
  static async create(options: ClusterOptions): Promise<Cluster> {
    const { validators } = options;
    const genesis =
      options.genesis ??
      createTestnetGenesis({
        seed: seedOf(options),
        validators,
        chainId: 4242,
        timeMs: Date.now() - 1_000,
        blockTimeMs: options.blockTimeMs ?? 500,
        emptyBlocksMs: options.emptyBlocksMs ?? 1_000,
      });
    const cluster = new Cluster(options, genesis, await freePortBase());
    for (let k = 0; k < validators; k++) await cluster.init(k);
    return cluster;
  }

  /** Makes the data directory of a node; `joining` makes it a validator that genesis does not know. */
  async init(k: number, joining?: ValidatorIdentity): Promise<void> {
    const name = this.nameOf(k);
    const identity = joining ?? (k < this.#options.validators ? this.identityOf(k) : undefined);
    await initNode({
      dataDir: this.directoryOf(k),
      genesis: this.genesis,
      nodeSeed: deriveNodeSeed(seedOf(this.#options), name),
      ...(identity === undefined
        ? {}
        : {
            validator: {
              id: identity.account.address,
              accountSeed: identity.account.keys.seed,
              consensusSeed: identity.consensus.seed,
              vrfSeed: identity.vrf.seed,
            },
          }),
      password: undefined,
    });
  }

  nameOf(k: number): string {
    const { validators } = this.#options;
    return k < validators ? `v${k + 1}` : `o${k - validators + 1}`;
  }

  /** The keys that genesis names for node k. */
  identityOf(k: number): ValidatorIdentity {
    return deriveValidator(seedOf(this.#options), this.nameOf(k));
  }

  directoryOf(k: number): string {
    return join(this.#options.directory, this.nameOf(k));
  }

  /** Starts a node; it learns of the others from one that runs. */
  async start(k: number, further: Partial<NodeOptionsInput> = {}): Promise<RunningNode> {
    const node = await startNode({ ...this.optionsOf(k), ...further });
    this.nodes.set(k, node);
    return node;
  }

  /** What node k is started with. */
  optionsOf(k: number): NodeOptionsInput {
    return {
      dataDir: this.directoryOf(k),
      name: this.nameOf(k),
      listen: [`/ip4/127.0.0.1/tcp/${this.portOf(k)}`],
      bootnodes: [...this.nodes.values()].slice(0, 1).flatMap((running) => running.addresses.slice(0, 1)),
      rpcListen: `127.0.0.1:${this.rpcPortOf(k)}`,
      insecureKeys: true,
      loopbackTestnet: true,
      logLevel: 'fatal',
      ...this.#options.options,
    };
  }

  async startAll(): Promise<void> {
    for (let k = 0; k < this.#options.validators; k++) await this.start(k);
  }

  async stop(k: number): Promise<void> {
    const node = this.nodes.get(k);
    this.nodes.delete(k);
    await node?.stop();
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.nodes.keys()].map((k) => this.stop(k)));
  }

  /** Deletes blocks and state of a stopped node; keys and journal stay. */
  async wipeDatabase(k: number): Promise<void> {
    await rm(dataDirPaths(this.directoryOf(k)).database, { recursive: true });
  }

  portOf(k: number): number {
    return this.#portBase + k;
  }

  rpcPortOf(k: number): number {
    return this.#portBase + RPC_OFFSET + k;
  }

  /** Of the RPC of node k. */
  urlOf(k: number): string {
    return `http://127.0.0.1:${this.rpcPortOf(k)}`;
  }

  client(k: number): Client {
    let client = this.#clients.get(k);
    if (client === undefined) {
      client = createClient(this.urlOf(k));
      this.#clients.set(k, client);
    }
    return client;
  }

  /** Cuts a running node off from all others for a while. */
  async isolate(k: number, forMs: number): Promise<void> {
    const token = await readFile(dataDirPaths(this.directoryOf(k)).adminToken, 'utf8');
    const admin = createClient(this.urlOf(k), { headers: { authorization: `Bearer ${token.trim()}` } });
    await admin.call('admin_isolate', { forMs });
  }

  async height(k: number): Promise<number> {
    return (await this.client(k).call('chain_getFinalizedHead')).height;
  }

  /** The greatest height of any running node. */
  async highest(): Promise<number> {
    return Math.max(...(await Promise.all([...this.nodes.keys()].map((k) => this.height(k)))));
  }

  /** Waits until the given nodes, by default all that run, have a height. */
  async waitForHeight(
    height: number,
    nodes: readonly number[] = [...this.nodes.keys()],
    timeoutMs = WAIT_MS,
  ): Promise<void> {
    for (const k of nodes)
      await waitFor(
        `${this.nameOf(k)} has height ${height}`,
        // A machine that stands still for seconds finds its connections closed when it goes on.
        async () => (await this.height(k).catch(() => 0)) >= height,
        timeoutMs,
      );
  }

  async blockHash(k: number, height: number): Promise<string> {
    return (await this.client(k).call('chain_getBlockHash', { height })).hash;
  }

  /** Block hashes of a node from height 1 to `last`. */
  async blockHashes(k: number, last: number): Promise<unknown[]> {
    const hashes: unknown[] = [];
    for (let first = 1; first <= last; first += 100) {
      const heights = Array.from({ length: Math.min(100, last - first + 1) }, (_, i) => first + i);
      const outcomes = await this.client(k).batch(
        heights.map((height) => ({ method: 'chain_getBlockHash' as const, params: { height } })),
      );
      for (const outcome of outcomes)
        hashes.push(
          outcome.status === 'fulfilled' ? (outcome.value as { hash: string }).hash : outcome.reason,
        );
    }
    return hashes;
  }

  /** The nonce of Alice's next transaction on economy, as the node that knows most sees it. */
  async nextNonce(): Promise<bigint> {
    const params = { address: addressToText(this.alice.address), ledger: 'economy' as const };
    const answers = await Promise.all(
      [...this.nodes.keys()].map((k) => this.client(k).call('tx_getNonce', params)),
    );
    let highest = 0n;
    for (const { pending } of answers) if (BigInt(pending) > highest) highest = BigInt(pending);
    return highest;
  }

  payment(amount: bigint): Operation {
    return encodeOperation(ECONOMY.operations.Transfer, {
      to: this.bob.address,
      token: 'FLX',
      amount,
      reference: 'cluster',
    });
  }

  /** A signed transaction of Alice on economy: by default a small payment to Bob. */
  transaction(
    nonce: bigint,
    draft: Partial<TransactionDraft> & { amount?: bigint } = {},
    genesisHash: string = this.genesisHash,
  ): EncodedTransaction {
    const { amount = 1_000n, ...rest } = draft;
    return signTransaction(
      this.alice.keys,
      { chainId: this.genesis.chainId, genesisHash },
      {
        ledger: 'economy',
        nonce,
        validUntilMs: Date.now() + 600_000,
        maxFee: 100_000n,
        operations: [this.payment(amount)],
        ...rest,
      },
    );
  }

  /** Sends to node k and waits for the receipt. */
  async sendAndWait(k: number, { bytes }: EncodedTransaction) {
    const { receipt } = await this.client(k).call('tx_sendAndWait', {
      transaction: `0x${toHex(bytes)}`,
      timeoutMs: RECEIPT_WAIT_MS,
    });
    return receipt;
  }
}
