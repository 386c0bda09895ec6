import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { NodeError } from '../src/util/errors.ts';
import { readJsonFile, writeJsonFile } from './json-file.ts';
import { type Manifest, parseManifest } from './manifest.ts';

/** One process of the testnet, as testnet.json describes it. */
const TestnetNodeSchema = z.object({
  name: z.string(),
  /** libp2p peer id. */
  peerId: z.string(),
  /** Validator id (address), null for an observer. */
  validator: z.string().nullable(),
  /** Multiaddr with the peer id. */
  p2p: z.string(),
  /** URL of the JSON-RPC endpoint. */
  rpc: z.string(),
  /** Process id, null while the node is not meant to run. */
  pid: z.int().positive().nullable(),
  /** When that process began, as the operating system counts it: a reused pid does not match. */
  started: z.string().nullable(),
});
export type TestnetNode = z.infer<typeof TestnetNodeSchema>;

const TestnetFileSchema = z.object({
  name: z.string(),
  chainId: z.int(),
  genesisHash: z.string(),
  nodes: z.array(TestnetNodeSchema).min(1),
});
export type TestnetFile = z.infer<typeof TestnetFileSchema>;

export type TestnetErrorCode =
  | 'NO_TESTNET'
  | 'TESTNET_EXISTS'
  /** What is there was made by another version, whose testnets this one cannot go on with. */
  | 'TESTNET_OF_OTHER_VERSION'
  | 'TESTNET_RUNNING'
  | 'TESTNET_NOT_RUNNING'
  | 'TESTNET_FULL'
  | 'NOT_ADMITTED'
  | 'PORT_TAKEN'
  | 'NODE_DIED'
  | 'FAULT_IMPOSSIBLE'
  | 'UNKNOWN_NODE'
  | 'BAD_PARTITION'
  | 'TIMED_OUT'
  | 'INTERRUPTED'
  | 'NOT_HEALTHY';

/** Where a testnet keeps what it has on disk. */
export class TestnetDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get manifestPath(): string {
    return join(this.path, 'manifest.json');
  }

  /** The list of nodes for people and programs: `{nodes: [{name, peerId, validator, p2p, rpc, pid}]}`. */
  get testnetPath(): string {
    return join(this.path, 'testnet.json');
  }

  get genesisPath(): string {
    return join(this.path, 'genesis.json');
  }

  nodePath(name: string): string {
    return join(this.path, 'nodes', name);
  }

  logPath(name: string): string {
    return join(this.path, 'logs', `${name}.log`);
  }

  /** What a node sent, where the manifest asks for it. Beside the logs, not on the disk that a fault fills. */
  sentPath(name: string): string {
    return join(this.path, 'logs', `${name}.sent`);
  }

  /** Key file of a funded account, for people who try the command line. */
  accountPath(name: string): string {
    return join(this.path, 'accounts', `${name}.json`);
  }

  /** Everything that setup makes anew. */
  get generatedPaths(): string[] {
    return ['nodes', 'logs', 'accounts', 'testnet.json', 'manifest.json', 'genesis.json'].map((name) =>
      join(this.path, name),
    );
  }

  exists(): boolean {
    return existsSync(this.testnetPath);
  }

  #assertExists(): void {
    if (!this.exists())
      throw new NodeError<TestnetErrorCode>('NO_TESTNET', `there is no testnet in ${this.path}`, {
        hint: 'start one with: metanode testnet up',
      });
  }

  async loadTestnet(): Promise<TestnetFile> {
    this.#assertExists();
    return await readJsonFile(TestnetFileSchema, this.testnetPath);
  }

  async saveTestnet(file: TestnetFile): Promise<void> {
    await writeJsonFile(this.testnetPath, file);
  }

  async loadManifest(): Promise<Manifest> {
    this.#assertExists();
    return parseManifest(await readJsonFile(z.unknown(), this.manifestPath), this.manifestPath);
  }

  async saveManifest(manifest: Manifest): Promise<void> {
    await writeJsonFile(this.manifestPath, manifest);
  }
}
