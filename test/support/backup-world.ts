import { cpSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RecordKind, readRecordFile, writeRecordFile } from '../../src/node/backup/record-file.ts';
import { dataDirPaths } from '../../src/storage/data-dir.ts';
import { LevelStore } from '../../src/storage/level-store.ts';
import { type Genesis, GenesisType } from '../../src/types/genesis.ts';
import { MICRO } from '../../src/types/names.ts';
import { deriveValidator } from '../../testnet/identities.ts';
import { CHAIN_SEED, type ChainNode, ChainWorld, producerOf } from './chain.ts';
import { rotateOperation } from './validator-operations.ts';

/** Data directories of one chain, as nodes leave them that have ended. */
export class BackupWorld {
  readonly world: ChainWorld;
  readonly #directory: string;

  constructor(directory: string, world = new ChainWorld()) {
    this.world = world;
    this.#directory = directory;
  }

  /** A copy of everything, in another directory. */
  copyTo(directory: string): BackupWorld {
    cpSync(this.#directory, directory, { recursive: true });
    return new BackupWorld(directory, this.world);
  }

  path(name: string): string {
    return join(this.#directory, name);
  }

  /** As `node init` makes it, but for keys and database. */
  async dataDir(name: string, genesis: Genesis = this.world.genesis): Promise<string> {
    const root = this.path(name);
    await mkdir(root);
    await writeFile(dataDirPaths(root).genesis, JSON.stringify(GenesisType.toJson(genesis)));
    return root;
  }

  /** Lets `use` work with the node in a data directory, which then ends. */
  async run<T>(root: string, use: (node: Omit<ChainNode, 'memory'>) => Promise<T>): Promise<T> {
    const node = await this.world.openOn(await LevelStore.open(dataDirPaths(root).database));
    try {
      return await use(node);
    } finally {
      await node.store.close();
    }
  }

  /** Appends blocks with a transfer each. */
  async extend(root: string, blocks: number): Promise<void> {
    await this.run(root, async (node) => {
      for (let i = 0; i < blocks; i++) await this.addBlock(node);
    });
  }

  async addBlock(node: Pick<ChainNode, 'chain' | 'pool'>): Promise<void> {
    const nonce = node.pool.mempool.nextNonce('economy', this.world.alice.address);
    await node.pool.submit(this.world.transfer(nonce).bytes);
    await this.world.extend(node, [], this.#proposer);
  }

  /** Appends a block in which v4 rotates its keys; the set of two blocks later is another one. */
  async rotate(root: string): Promise<void> {
    const from = deriveValidator(CHAIN_SEED, 'v4');
    const to = deriveValidator(CHAIN_SEED, 'v4', 1);
    this.world.know(to);
    await this.run(root, async (node) => {
      const operation = rotateOperation(this.world.genesisHash, 0n, from, to);
      const draft = { ledger: 'bpci', maxFee: MICRO } as const;
      await node.pool.submit(this.world.sign(from.account, 0n, [operation], draft).bytes);
      await this.world.extend(node, [], this.#proposer);
    });
  }

  /** Writes a file of the same records anew, changed, with a hash that fits: what a liar would send. */
  async forge(
    path: string,
    kind: RecordKind,
    change: (records: Uint8Array[]) => readonly Uint8Array[],
  ): Promise<string> {
    const records: Uint8Array[] = [];
    for await (const record of readRecordFile(path, kind)) records.push(record);
    const forged = `${path}.forged`;
    await writeRecordFile(forged, kind, change(records));
    return forged;
  }

  /** A copy of a file with other bytes. */
  async copy(path: string, change: (bytes: Buffer) => Uint8Array): Promise<string> {
    const copied = `${path}.copied`;
    await writeFile(copied, change(await readFile(path)));
    return copied;
  }

  get #proposer() {
    return producerOf(deriveValidator(CHAIN_SEED, 'v1'));
  }
}

/** Makes data directories once for all tests of a suite; each works on a copy. */
export function usePreparedBackup(prepare: (base: BackupWorld) => Promise<void>): {
  copyTo(directory: string): BackupWorld;
} {
  let directory: string;
  let base: BackupWorld;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'metanode-backup-'));
    base = new BackupWorld(directory);
    await prepare(base);
  });
  after(() => rm(directory, { recursive: true, force: true }));
  return { copyTo: (target) => base.copyTo(target) };
}
