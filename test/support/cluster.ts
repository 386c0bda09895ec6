import { join } from 'node:path';
import { initNode } from '../../src/node/init-node.ts';
import { type RunningNode, startNode } from '../../src/node/node.ts';
import type { NodeOptionsInput } from '../../src/node/options.ts';
import { type Genesis, hashGenesis } from '../../src/types/genesis.ts';
import { createTestnetGenesis } from '../../testnet/genesis.ts';
import { deriveNodeSeed, deriveValidator } from '../../testnet/identities.ts';

export interface ClusterOptions {
  readonly directory: string;
  readonly validators: number;
  readonly portBase: number;
  readonly emptyBlocksMs?: number;
  readonly options?: Partial<NodeOptionsInput>;
}

/** Real nodes in this process: real sockets, disks and keys. Node k listens on portBase + k, its RPC 100 above. */
export class Cluster {
  readonly genesis: Genesis;
  readonly genesisHash: string;
  readonly seed = 'cluster';
  readonly nodes = new Map<number, RunningNode>();
  readonly #options: ClusterOptions;

  private constructor(options: ClusterOptions, genesis: Genesis) {
    this.#options = options;
    this.genesis = genesis;
    this.genesisHash = hashGenesis(genesis);
  }

  static async create(options: ClusterOptions): Promise<Cluster> {
    const { directory, validators } = options;
    const genesis = createTestnetGenesis({
      seed: 'cluster',
      validators,
      chainId: 4242,
      timeMs: Date.now() - 1_000,
      blockTimeMs: 500,
      emptyBlocksMs: options.emptyBlocksMs ?? 1_000,
    });
    const cluster = new Cluster(options, genesis);
    for (let k = 0; k < validators; k++) {
      const identity = deriveValidator(cluster.seed, `v${k + 1}`);
      await initNode({
        dataDir: join(directory, `v${k + 1}`),
        genesis,
        nodeSeed: deriveNodeSeed(cluster.seed, `v${k + 1}`),
        validator: { id: identity.account.address, consensusSeed: identity.consensus.seed, vrfSeed: identity.vrf.seed },
        password: undefined,
      });
    }
    return cluster;
  }

  async start(k: number): Promise<RunningNode> {
    const { directory, portBase, options } = this.#options;
    const node = await startNode({
      dataDir: join(directory, `v${k + 1}`),
      name: `v${k + 1}`,
      listen: [`/ip4/127.0.0.1/tcp/${portBase + k}`],
      bootnodes: [...this.nodes.values()].slice(0, 1).flatMap((running) => running.addresses.slice(0, 1)),
      rpcPort: portBase + 100 + k,
      insecureKeys: true,
      loopbackTestnet: true,
      logLevel: 'warn',
      ...options,
    });
    this.nodes.set(k, node);
    return node;
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

  /** One JSON-RPC call to node k. */
  async call(k: number, method: string, params: unknown = {}): Promise<any> {
    const response = await fetch(`http://127.0.0.1:${this.#options.portBase + 100 + k}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const answer = (await response.json()) as { result?: unknown; error?: unknown };
    if (answer.error !== undefined) throw new Error(`${method}: ${JSON.stringify(answer.error)}`);
    return answer.result;
  }
}
