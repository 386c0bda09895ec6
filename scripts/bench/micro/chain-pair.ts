import { MemoryStore } from '../../../src/storage/memory-store.ts';
import type { EncodedTransaction } from '../../../src/types/transaction.ts';
import { deriveSenders } from '../../../testnet/identities.ts';
import { BenchChain, benchGenesis, CHAIN_SEED } from '../bench-chain.ts';
import { signTransfers } from '../load/transfers.ts';

const VALID_FOR_MS = 12 * 3_600_000;

/** A node that builds blocks and one that gets them, both without a disk, and senders of transfers. */
export class ChainPair {
  readonly builder: BenchChain;
  readonly follower: BenchChain;
  readonly #chainId: number;
  readonly #senders: ReturnType<typeof deriveSenders>;
  #nonce = 0;

  private constructor(builder: BenchChain, follower: BenchChain, chainId: number, senders: number) {
    this.builder = builder;
    this.follower = follower;
    this.#chainId = chainId;
    this.#senders = deriveSenders(CHAIN_SEED, senders);
  }

  static async open(senders: number): Promise<ChainPair> {
    const genesis = benchGenesis(senders);
    const [builder, follower] = [
      await BenchChain.open(genesis, new MemoryStore()),
      await BenchChain.open(genesis, new MemoryStore()),
    ];
    return new ChainPair(builder, follower, genesis.chainId, senders);
  }

  /** The next so many transactions of each sender. */
  sign(perSender: number, operations: number): EncodedTransaction[] {
    const { chain, genesisHash } = this.builder;
    const transactions = signTransfers(
      { chainId: this.#chainId, genesisHash },
      {
        senders: this.#senders,
        firstNonce: this.#nonce,
        count: this.#senders.length * perSender,
        operations,
        validUntilMs: chain.head.timeMs + VALID_FOR_MS,
      },
    );
    this.#nonce += perSender;
    return transactions;
  }
}

/** Takes them all into the pool of one of them. */
export async function admitAll(
  { pool }: BenchChain,
  transactions: readonly EncodedTransaction[],
): Promise<void> {
  await Promise.all(transactions.map((transaction) => pool.admit(transaction, 'local')));
}
