import { BitArray } from '@chainsafe/ssz';
import type { BlockProducer } from '../../src/chain/build-block.ts';
import type { Chain } from '../../src/chain/chain.ts';
import type { CompleteBlock } from '../../src/chain/complete-block.ts';
import { openChain } from '../../src/chain/open-chain.ts';
import type { TransactionPool } from '../../src/chain/transaction-pool.ts';
import { CachedVerifier } from '../../src/crypto/cached-verifier.ts';
import { vrfKeyPairFromSeed } from '../../src/crypto/vrf.ts';
import { BlockStore } from '../../src/storage/block-store.ts';
import type { KeyValueStore } from '../../src/storage/key-value.ts';
import { type Certificate, voteSigningBytes } from '../../src/types/certificate.ts';
import { type Genesis, hashGenesis } from '../../src/types/genesis.ts';
import { LIMITS } from '../../src/util/limits.ts';
import { silentLogger } from '../../src/util/logger.ts';
import { createTestnetGenesis } from '../../testnet/genesis.ts';
import { deriveValidator } from '../../testnet/identities.ts';

export const CHAIN_SEED = 'bench-chain';
const BLOCK_MS = 1_000;

/** The genesis of a chain with one validator. */
export function benchGenesis(senders: number): Genesis {
  return createTestnetGenesis({
    seed: CHAIN_SEED,
    validators: 1,
    chainId: 4242,
    timeMs: Date.now() - 24 * 3_600_000,
    blockTimeMs: BLOCK_MS,
    emptyBlocksMs: 10_000,
    senders,
  });
}

/**
 * The `chain/` of one node without network and votes: one validator builds, certifies and commits. Its clock goes one
 * second on with each block, however long the block takes.
 */
export class BenchChain {
  readonly genesisHash: string;
  readonly chain: Chain;
  readonly pool: TransactionPool;
  readonly #clock: { nowMs: number };
  readonly #validator = deriveValidator(CHAIN_SEED, 'v1');
  readonly #producer: BlockProducer;

  private constructor(
    genesisHash: string,
    opened: { chain: Chain; pool: TransactionPool },
    clock: { nowMs: number },
  ) {
    this.genesisHash = genesisHash;
    this.chain = opened.chain;
    this.pool = opened.pool;
    this.#clock = clock;
    const { account, consensus, vrf } = this.#validator;
    this.#producer = {
      id: account.address,
      consensusKey: consensus,
      vrfKey: vrfKeyPairFromSeed(vrf.seed),
    };
  }

  static async open(genesis: Genesis, database: KeyValueStore): Promise<BenchChain> {
    const genesisHash = hashGenesis(genesis);
    const store = await BlockStore.open(database, genesisHash);
    const clock = { nowMs: genesis.timeMs };
    const opened = await openChain({
      genesis,
      store,
      verifier: new CachedVerifier(LIMITS.maxVerifiedSignatures),
      clock: { wallMs: () => clock.nowMs, monotonicMs: () => clock.nowMs },
      logger: silentLogger,
      onExecutable: () => undefined,
    });
    clock.nowMs = opened.chain.head.timeMs;
    return new BenchChain(genesisHash, opened, clock);
  }

  /** The next block out of the pool, executed but not committed. */
  build(): CompleteBlock {
    this.#clock.nowMs = this.chain.head.timeMs + BLOCK_MS;
    return this.chain.build(this.#producer);
  }

  /** The certificate of a block of the one validator. */
  certify(block: CompleteBlock): Certificate {
    const vote = { height: block.block.header.height, round: 0, blockHash: block.hash };
    const seal = this.#validator.consensus.sign(voteSigningBytes('seal', this.genesisHash, vote));
    return { ...vote, signers: BitArray.fromBoolArray([true]), seals: [seal] };
  }

  /** Lets the clock stand behind `block`, as if it had come from a peer, and commits it. */
  async import(block: CompleteBlock, certificate: Certificate): Promise<void> {
    this.#clock.nowMs = block.block.header.timeMs;
    await this.chain.commit(block, certificate);
  }

  async extend(): Promise<CompleteBlock> {
    const block = this.build();
    await this.chain.commit(block, this.certify(block));
    return block;
  }
}
