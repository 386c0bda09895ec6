import type { Chain } from '../../src/chain/chain.ts';
import type { CompleteBlock } from '../../src/chain/complete-block.ts';
import { openChain } from '../../src/chain/open-chain.ts';
import type { TransactionPool } from '../../src/chain/transaction-pool.ts';
import { CachedVerifier } from '../../src/crypto/cached-verifier.ts';
import { electedRank } from '../../src/mining/election.ts';
import type { Network } from '../../src/network/contract.ts';
import { createNetwork } from '../../src/network/network.ts';
import { PROTOCOL_VERSION } from '../../src/node/protocol-version.ts';
import { BlockStore } from '../../src/storage/block-store.ts';
import { MemoryStore } from '../../src/storage/memory-store.ts';
import { createJournal } from '../../src/storage/new-journal.ts';
import { VoteJournal } from '../../src/storage/vote-journal.ts';
import { BlockSync } from '../../src/sync/block-sync.ts';
import { LEDGERS, type LedgerName } from '../../src/types/names.ts';
import { EMPTY_RANK, encodeSectionMessage, sectionSigningBytes } from '../../src/types/section.ts';
import { fromHex, toHex } from '../../src/util/bytes.ts';
import { systemClock } from '../../src/util/clock.ts';
import { LIMITS } from '../../src/util/limits.ts';
import { silentLogger } from '../../src/util/logger.ts';
import { BlockBudget } from '../../src/validator/block-budget.ts';
import { BlockFetcher } from '../../src/validator/block-fetcher.ts';
import { BlockPace } from '../../src/validator/block-pace.ts';
import { ConsensusDriver } from '../../src/validator/driver.ts';
import { ProposalBuilder } from '../../src/validator/proposal-builder.ts';
import { VoteSigner } from '../../src/validator/vote-signer.ts';
import type { ValidatorIdentity } from '../../testnet/identities.ts';
import { producerOf, unchangingKeys } from './chain.ts';
import type { Cluster } from './cluster.ts';
import { remakeBlock } from './remake-block.ts';

const BASE_TIMEOUT_MS = 500;
const SYNC_POLL_MS = 200;

/** What a proof is flipped in: a section of a ledger, or the header's beacon. */
export type ProofPlace = LedgerName | 'beacon';

/**
 * A validator of a cluster that votes like any other, and flips one byte in every proof that it makes: of the section
 * that it is elected for on each ledger, which it sends at once whatever its rank, and of every block that it
 * proposes. All is signed and made again over the flipped byte.
 */
export class ByzantineValidator {
  readonly chain: Chain;
  readonly pool: TransactionPool;
  /** How many flipped proofs it sent, by place. */
  readonly sections = new Map<ProofPlace, number>();
  readonly proposals = new Map<ProofPlace, number>();
  readonly #stop: (() => Promise<void> | void)[] = [];

  private constructor(chain: Chain, pool: TransactionPool) {
    this.chain = chain;
    this.pool = pool;
  }

  static async start(
    cluster: Cluster,
    identity: ValidatorIdentity,
    journalPath: string,
  ): Promise<ByzantineValidator> {
    const { genesis, genesisHash } = cluster;
    const producer = producerOf(identity);
    const keys = unchangingKeys(producer);
    const { id } = producer;
    const [verifier, logger, clock] = [new CachedVerifier(10_000), silentLogger, systemClock];
    const store = await BlockStore.open(new MemoryStore(), genesisHash);
    const { chain, pool } = await openChain({
      genesis,
      store,
      verifier,
      clock,
      logger,
      onExecutable: () => undefined,
    });
    const byzantine = new ByzantineValidator(chain, pool);
    await createJournal(journalPath, { genesisHash, validator: id });
    const { journal } = await VoteJournal.open(journalPath, { genesisHash, validator: id, headHeight: 0 });
    const network = await createNetwork({
      genesisHash,
      chainId: genesis.chainId,
      protocolVersion: PROTOCOL_VERSION,
      forkId: genesisHash,
      nodeKeySeed: new Uint8Array(32).fill(66),
      listen: [],
      bootnodes: [...cluster.nodes.values()].flatMap(({ addresses }) => addresses.slice(0, 1)),
      maxPeers: LIMITS.maxPeers,
      loopbackTestnet: true,
      role: 'validator',
      validatorKey: { id, keyPair: producer.consensusKey },
      head: () => chain.head,
      logger,
      clock,
    });
    const fetcher = new BlockFetcher({ chain, pool, network, logger });
    const sync = new BlockSync({ chain, network, logger, onHalt: () => undefined });
    const budget = BlockBudget.of(chain, BASE_TIMEOUT_MS, clock);
    const driver = new ConsensusDriver(
      {
        chain,
        network,
        fetcher,
        signer: {
          votes: new VoteSigner(keys, genesisHash, journal),
          builder: new FlippingBuilder(
            byzantine,
            new ProposalBuilder(chain, keys, { budget, reveal: () => undefined }),
            identity,
          ),
        },
        verifier,
        pace: BlockPace.of(chain, genesis.parameters.targetBlockIntervalMs, systemClock),
        clock,
        logger,
        onBehind: (height) => sync.trigger(height),
        onHalt: () => undefined,
      },
      {
        self: id,
        baseTimeoutMs: BASE_TIMEOUT_MS,
        timeoutCapMs: 4 * BASE_TIMEOUT_MS,
        resendIntervalMs: BASE_TIMEOUT_MS,
        emptyBlockIntervalMs: genesis.parameters.emptyBlockIntervalMs,
        maxClockDriftMs: genesis.parameters.maxClockDriftMs,
      },
    );
    pool.onAdmitted(() => driver.workAvailable());
    const unsubscribe = chain.onCommitted(() => byzantine.#sendSections(identity, network));
    await network.start();
    driver.start();
    const polling = setInterval(() => sync.trigger(), SYNC_POLL_MS);
    byzantine.#stop.push(
      () => clearInterval(polling),
      unsubscribe,
      () => driver.stop(),
      () => sync.stop(),
      () => network.stop(),
      () => journal.close(),
    );
    return byzantine;
  }

  /** A section with a false proof for each ledger, whatever the own rank. */
  #sendSections({ account, consensus }: ValidatorIdentity, network: Network): void {
    const { ground, genesisHash } = this.chain;
    for (const ledger of LEDGERS) {
      const rank = electedRank(ground.elected, ledger, account.address);
      const candidates = this.pool.mempool.executable(ledger, {
        maxBytes: 64 * 1024,
        maxOperations: 64,
        maxTransactions: 1,
      });
      const builder = ground.open(ledger);
      builder.add(candidates);
      if (rank === undefined || builder.size === 0) {
        builder.abandon();
        continue;
      }
      const result = builder.result();
      const honest = ground.sectionOf(result, account.address, rank);
      const section = { ...honest, proof: flipped(honest.proof, countUp(this.sections, ledger)) };
      const signature = consensus.sign(sectionSigningBytes(genesisHash, section));
      network.publish(
        'section',
        encodeSectionMessage({ signed: { section, signature }, transactionIds: [...result.txIds] }),
      );
    }
  }

  /** The block with one flipped byte in the proof that was flipped least so far. */
  falsify(complete: CompleteBlock, { consensus }: ValidatorIdentity): CompleteBlock {
    const { header, body } = complete.block;
    const proven = body.sections.filter(({ section }) => section.rank !== EMPTY_RANK);
    const places: ProofPlace[] = ['beacon', ...proven.map(({ section }) => section.ledger)];
    places.sort((a, b) => (this.proposals.get(a) ?? 0) - (this.proposals.get(b) ?? 0));
    const place = places[0] ?? 'beacon';
    const at = countUp(this.proposals, place);
    const section = proven.find(({ section: { ledger } }) => ledger === place)?.section;
    const change =
      section === undefined
        ? {
            header: { beacon: { ...header.beacon, proof: toHex(flipped(fromHex(header.beacon.proof), at)) } },
          }
        : { sections: { [place]: { proof: flipped(section.proof, at) } } };
    const forged = remakeBlock(complete, consensus, this.chain.genesisHash, change);
    this.chain.addCandidate(forged);
    return forged;
  }

  async stop(): Promise<void> {
    for (const stop of this.#stop.splice(0)) await stop();
  }
}

/** Builds what a proposer builds, and falsifies it. */
class FlippingBuilder extends ProposalBuilder {
  readonly #byzantine: ByzantineValidator;
  readonly #honest: ProposalBuilder;
  readonly #identity: ValidatorIdentity;

  constructor(byzantine: ByzantineValidator, honest: ProposalBuilder, identity: ValidatorIdentity) {
    super(byzantine.chain, unchangingKeys(producerOf(identity)), {
      budget: new BlockBudget(BASE_TIMEOUT_MS),
      reveal: () => undefined,
    });
    this.#byzantine = byzantine;
    this.#honest = honest;
    this.#identity = identity;
  }

  override async build(height: number): Promise<CompleteBlock | undefined> {
    const complete = await this.#honest.build(height);
    return complete && this.#byzantine.falsify(complete, this.#identity);
  }
}

function countUp(counts: Map<ProofPlace, number>, place: ProofPlace): number {
  const count = counts.get(place) ?? 0;
  counts.set(place, count + 1);
  return count;
}

/** Another byte each time, spread over all of them. */
function flipped(bytes: Uint8Array, time: number): Uint8Array {
  const at = (time * 37) % bytes.length;
  return bytes.with(at, (bytes[at] as number) ^ (1 << (time % 8)));
}
