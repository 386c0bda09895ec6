import { BitArray } from '@chainsafe/ssz';
import type { BlockProducer } from '../../src/chain/build-block.ts';
import type { Chain } from '../../src/chain/chain.ts';
import type { CompleteBlock } from '../../src/chain/complete-block.ts';
import { openChain } from '../../src/chain/open-chain.ts';
import type { TransactionPool } from '../../src/chain/transaction-pool.ts';
import { signTransaction, type TransactionDraft } from '../../src/client/transaction-builder.ts';
import { CachedVerifier } from '../../src/crypto/cached-verifier.ts';
import type { KeyPair } from '../../src/crypto/ed25519.ts';
import { vrfKeyPairFromSeed } from '../../src/crypto/vrf.ts';
import { BlockStore } from '../../src/storage/block-store.ts';
import type { KeyValueStore } from '../../src/storage/key-value.ts';
import { MemoryStore } from '../../src/storage/memory-store.ts';
import { type Certificate, voteSigningBytes } from '../../src/types/certificate.ts';
import { type Genesis, hashGenesis, type Parameters } from '../../src/types/genesis.ts';
import type { LedgerName } from '../../src/types/names.ts';
import { encodeOperation } from '../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../src/types/operations/economy.ts';
import type { Address, Hash } from '../../src/types/ssz-bytes.ts';
import type { EncodedTransaction, Operation } from '../../src/types/transaction.ts';
import type { Validator, ValidatorSet } from '../../src/types/validator.ts';
import type { Clock } from '../../src/util/clock.ts';
import { LIMITS } from '../../src/util/limits.ts';
import { silentLogger } from '../../src/util/logger.ts';
import type { ValidatorKeys } from '../../src/validator/validator-keys.ts';
import { createTestnetGenesis } from '../../testnet/genesis.ts';
import {
  type Account,
  deriveAccount,
  deriveValidator,
  type ValidatorIdentity,
} from '../../testnet/identities.ts';

/** All keys of a world derive from it. */
export const CHAIN_SEED = 'chain';
const GENESIS_TIME_MS = 1_700_000_000_000;

/** A clock that stands still until a test moves it or lets it run. */
export class ManualClock implements Clock {
  #nowMs: number;
  #runsSince: number | undefined;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  wallMs(): number {
    return (
      this.#nowMs + (this.#runsSince === undefined ? 0 : Math.floor(performance.now() - this.#runsSince))
    );
  }

  monotonicMs(): number {
    return this.wallMs();
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }

  /** From here on as fast as real time. */
  run(): void {
    this.#runsSince ??= performance.now();
  }
}

/** One node's chain and pool over a store in memory, which outlives them. */
export interface ChainNode {
  readonly chain: Chain;
  readonly pool: TransactionPool;
  readonly store: BlockStore;
  readonly memory: MemoryStore;
}

/** Changes to a certificate that is otherwise valid. */
export interface CertificateOptions {
  /** How many members seal, in set order; by default a quorum. */
  readonly seals?: number;
  readonly round?: number;
}

/** Those of worlds before: a genesis is more than a hundred keys to derive, which takes longer than most tests. */
const geneses = new Map<string, Genesis>();
const validators: ValidatorIdentity[] = [];

function genesisOf(count: number, timeMs: number): Genesis {
  const name = `${count} ${timeMs}`;
  const known = geneses.get(name);
  if (known !== undefined) return known;
  const genesis = createTestnetGenesis({
    seed: CHAIN_SEED,
    validators: count,
    chainId: 4242,
    timeMs,
    blockTimeMs: 1_000,
    emptyBlocksMs: 10_000,
  });
  geneses.set(name, genesis);
  return genesis;
}

/** v1 … vN of every world. */
function validatorsOf(count: number): readonly ValidatorIdentity[] {
  while (validators.length < count) validators.push(deriveValidator(CHAIN_SEED, `v${validators.length + 1}`));
  return validators.slice(0, count);
}

/**
 * A chain with a real genesis, real keys and no network: the test is the consensus. All nodes of one world share its
 * genesis and its clock.
 */
export class ChainWorld {
  readonly genesis: Genesis;
  readonly genesisHash: Hash;
  readonly clock: ManualClock;
  /** In the order of the validator set. */
  readonly validators: readonly ValidatorIdentity[];
  readonly alice: Account = deriveAccount(CHAIN_SEED, 'alice');
  readonly bob: Account = deriveAccount(CHAIN_SEED, 'bob');
  /** Whose transactions the pools of this world take. */
  isSenderAllowed: (sender: Address) => boolean = () => true;
  readonly #identities = new Map<Address, ValidatorIdentity>();
  readonly #consensusKeys = new Map<string, KeyPair>();

  constructor(
    options: { validators?: number; parameters?: Partial<Parameters>; genesisTimeMs?: number } = {},
  ) {
    const count = options.validators ?? 4;
    const timeMs = options.genesisTimeMs ?? GENESIS_TIME_MS;
    this.clock = new ManualClock(timeMs + 1_000);
    const genesis = genesisOf(count, timeMs);
    this.genesis = { ...genesis, parameters: { ...genesis.parameters, ...options.parameters } };
    this.genesisHash = hashGenesis(this.genesis);
    for (const validator of validatorsOf(count)) this.know(validator);
    this.validators = this.genesis.validators.map(({ id }) => this.identity(id));
  }

  /** Keys of an account that may join the set, or rotate to them; those of genesis are known. */
  know(identity: ValidatorIdentity): void {
    this.#identities.set(identity.account.address, identity);
    this.#consensusKeys.set(identity.consensus.publicKey, identity.consensus);
  }

  /** A key set that genesis funds but does not make a validator. */
  candidate(generation = 0): ValidatorIdentity {
    return deriveValidator(CHAIN_SEED, 'candidate-0-1', generation);
  }

  identity(id: Address): ValidatorIdentity {
    const identity = this.#identities.get(id);
    if (identity === undefined) throw new Error(`no keys of validator ${id}`);
    return identity;
  }

  producer(index: number): BlockProducer {
    return producerOf(this.validators[index % this.validators.length] as ValidatorIdentity);
  }

  /** Opens a node: at genesis, or where `memory` left it, with what its own pool held unless `restore` is false. */
  async open(
    memory: MemoryStore = new MemoryStore(),
    options: { restore?: boolean } = {},
  ): Promise<ChainNode> {
    const node = await this.openOn(memory);
    if (options.restore !== false) await node.pool.restore();
    return { ...node, memory };
  }

  /** Opens a node over any store. */
  async openOn(database: KeyValueStore): Promise<Omit<ChainNode, 'memory'>> {
    const store = await BlockStore.open(database, this.genesisHash);
    const { chain, pool } = await openChain({
      genesis: this.genesis,
      store,
      verifier: new CachedVerifier(LIMITS.maxVerifiedSignatures),
      clock: this.clock,
      logger: silentLogger,
      onExecutable: () => undefined,
      isSenderAllowed: (sender) => this.isSenderAllowed(sender),
    });
    return { chain, pool, store };
  }

  sign(
    sender: Account,
    nonce: number | bigint,
    operations: readonly Operation[],
    draft: Partial<Omit<TransactionDraft, 'nonce' | 'operations'>> = {},
  ): EncodedTransaction {
    return signTransaction(
      sender.keys,
      { chainId: this.genesis.chainId, genesisHash: this.genesisHash },
      {
        ledger: 'economy',
        validUntilMs: this.clock.wallMs() + 3_600_000,
        maxFee: 100_000n,
        ...draft,
        nonce: BigInt(nonce),
        operations,
      },
    );
  }

  /** A payment of FLX from Alice to Bob. */
  transfer(
    nonce: number | bigint,
    draft: Partial<TransactionDraft> & { amount?: bigint } = {},
  ): EncodedTransaction {
    const { amount = 1_000n, ...rest } = draft;
    return this.sign(this.alice, nonce, [this.payment(amount)], rest);
  }

  payment(amount: bigint): Operation {
    return encodeOperation(ECONOMY.operations.Transfer, {
      to: this.bob.address,
      token: 'FLX',
      amount,
      reference: '',
    });
  }

  /** Seals a block as the members of `validators` would. */
  certify(block: CompleteBlock, validators: ValidatorSet, options: CertificateOptions = {}): Certificate {
    const vote = { height: block.block.header.height, round: options.round ?? 0, blockHash: block.hash };
    const bytes = voteSigningBytes('seal', this.genesisHash, vote);
    const sealing = validators.members.slice(0, options.seals ?? validators.quorum);
    return {
      ...vote,
      signers: BitArray.fromBoolArray(validators.members.map((member) => sealing.includes(member))),
      seals: sealing.map((member) => this.#keyOf(member).sign(bytes)),
    };
  }

  /** The key that the set names; keys rotate, ids stay. */
  #keyOf(member: Validator): KeyPair {
    const key = this.#consensusKeys.get(member.consensusKey);
    if (key === undefined) throw new Error(`nobody knows the key in office for ${member.id}`);
    return key;
  }

  /** The members of the set in turn. */
  #nextProducer({ head, validators }: Chain): BlockProducer {
    const { id } = validators.at(head.height % validators.size) as Validator;
    return producerOf(this.identity(id));
  }

  /** Lets one node build the next block and the given nodes commit it. */
  async extend(
    builder: Pick<ChainNode, 'chain'>,
    followers: readonly Pick<ChainNode, 'chain'>[] = [],
    proposer: BlockProducer = this.#nextProducer(builder.chain),
  ): Promise<CompleteBlock> {
    this.clock.advance(1_000);
    const block = builder.chain.build(proposer);
    const certificate = this.certify(block, builder.chain.validators);
    for (const { chain } of [builder, ...followers]) await chain.commit(block, certificate);
    return block;
  }
}

/** The keys of a validator that never changes them, for a chain of a test's own. */
export function unchangingKeys(producer: BlockProducer): ValidatorKeys {
  return { id: producer.id, at: () => Promise.resolve(producer) };
}

/** Those that were asked for: a VRF key is a multiplication on the curve, and some tests ask with every message. */
const producers = new WeakMap<ValidatorIdentity, BlockProducer>();

export function producerOf(identity: ValidatorIdentity): BlockProducer {
  let producer = producers.get(identity);
  if (producer === undefined) {
    const { account, consensus, vrf } = identity;
    producer = { id: account.address, consensusKey: consensus, vrfKey: vrfKeyPairFromSeed(vrf.seed) };
    producers.set(identity, producer);
  }
  return producer;
}

/** The transactions of one ledger in a block. */
export function transactionsOf(block: CompleteBlock, ledger: LedgerName): readonly EncodedTransaction[] {
  return block.transactions.flat().filter(({ value }) => value.body.ledger === ledger);
}
