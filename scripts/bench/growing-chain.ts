import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../src/crypto/hash.ts';
import { LevelStore } from '../../src/storage/level-store.ts';
import type { Genesis } from '../../src/types/genesis.ts';
import type { EncodedTransaction } from '../../src/types/transaction.ts';
import { toHex, utf8 } from '../../src/util/bytes.ts';
import { LIMITS } from '../../src/util/limits.ts';
import { deriveSenders } from '../../testnet/identities.ts';
import { median, sum } from './arithmetic.ts';
import { BenchChain, benchGenesis, CHAIN_SEED } from './bench-chain.ts';
import { signTransfers } from './load/transfers.ts';
import { cpuMicros } from './micro/cpu-time.ts';

const SENDERS = 256;
const MEASURED_BLOCKS = 9;
const PER_BLOCK = 4 * SENDERS;
const VALID_FOR_MS = 12 * 3_600_000;
/** Prime and larger than any number of accounts here, so that the accounts come in no order and none is left out. */
const SCATTER = 2_147_483_647;

/** The account number `index`, of which nobody has the key. */
function accountAt(index: number): string {
  return toHex(sha256(utf8(`account ${index}`)));
}

/** One chain on a disk that grows, and is asked at each size what a transaction costs. */
export class GrowingChain {
  readonly #path: string;
  readonly #genesis: Genesis;
  readonly #senders = deriveSenders(CHAIN_SEED, SENDERS);
  #database: LevelStore;
  #world: BenchChain;
  #nonce = 0;
  #accounts = 0;
  #scattered = 0;

  private constructor(path: string, genesis: Genesis, database: LevelStore, world: BenchChain) {
    this.#path = path;
    this.#genesis = genesis;
    this.#database = database;
    this.#world = world;
  }

  static async create(path: string): Promise<GrowingChain> {
    const genesis = benchGenesis(SENDERS);
    const database = await LevelStore.open(path);
    return new GrowingChain(path, genesis, database, await BenchChain.open(genesis, database));
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  /** Size of all files of the database. */
  async diskMiB(): Promise<number> {
    const names = await readdir(this.#path);
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(this.#path, name))).size));
    return sum(sizes) / 2 ** 20;
  }

  /** Closes the chain and opens it again. Returns how long opening took, in milliseconds. */
  async reopen(): Promise<number> {
    await this.close();
    const beginMs = performance.now();
    this.#database = await LevelStore.open(this.#path);
    this.#world = await BenchChain.open(this.#genesis, this.#database);
    return performance.now() - beginMs;
  }

  /** Pays accounts that did not exist until there are at least so many. */
  async growAccounts(accounts: number): Promise<void> {
    while (this.#accounts < accounts) {
      const first = this.#accounts;
      const missing = Math.ceil((accounts - first) / SENDERS);
      const operations = Math.min(LIMITS.maxOperationsPerTransaction, missing);
      await this.#admit(this.#sign(SENDERS, operations, (index) => accountAt(first + index)));
      while (this.#world.chain.hasWork()) await this.#world.extend();
      this.#accounts += SENDERS * operations;
    }
  }

  async growBlocks(blocks: number): Promise<void> {
    for (let block = 0; block < blocks; block++) await this.#world.extend();
  }

  /**
   * Microseconds of processor time that a payment to a random account costs: signature, pool, building and executing its block, and the
   * disk. The middle one of several blocks.
   */
  async measureTransaction(): Promise<number> {
    const costs: number[] = [];
    for (let block = 0; block < MEASURED_BLOCKS; block++) {
      const transactions = this.#sign(PER_BLOCK, 1, () => {
        this.#scattered = (this.#scattered + SCATTER) % this.#accounts;
        return accountAt(this.#scattered);
      });
      const begin = cpuMicros();
      await this.#admit(transactions);
      const { transactions: sections } = await this.#world.extend();
      if (sections.flat().length !== PER_BLOCK) throw new Error('a block does not hold all that was sent');
      costs.push((cpuMicros() - begin) / PER_BLOCK);
    }
    return median(costs);
  }

  async #admit(transactions: readonly EncodedTransaction[]): Promise<void> {
    const { pool } = this.#world;
    await Promise.all(transactions.map((transaction) => pool.admit(transaction, 'local')));
  }

  #sign(count: number, operations: number, receiver: (index: number) => string): EncodedTransaction[] {
    const { chain, genesisHash } = this.#world;
    const firstNonce = this.#nonce;
    this.#nonce += count / SENDERS;
    return signTransfers(
      { chainId: chain.genesis.chainId, genesisHash },
      {
        senders: this.#senders,
        firstNonce,
        count,
        operations,
        validUntilMs: chain.head.timeMs + VALID_FOR_MS,
        receiver,
      },
    );
  }
}
