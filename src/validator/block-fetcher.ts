import type { Chain } from '../chain/chain.ts';
import { type CompleteBlock, completeBlock } from '../chain/complete-block.ts';
import type { TransactionPool } from '../chain/transaction-pool.ts';
import type { ProposedBlock } from '../consensus/contract.ts';
import type { Network } from '../network/contract.ts';
import { decodeBlock, hashHeader } from '../types/block.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import { decodeTransaction, type EncodedTransaction } from '../types/transaction.ts';
import { errorMessage } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import type { Logger } from '../util/logger.ts';
import { isSmallSet } from './collector.ts';
import { GatheredTransactions } from './gathered-transactions.ts';
import { OverlappingRequests } from './overlapping-requests.ts';

export interface BlockFetcherDeps {
  readonly chain: Chain;
  readonly pool: TransactionPool;
  readonly network: Network;
  readonly logger: Logger;
}

/**
 * Why there are no transactions: the height ended first, newer proposals took the place of this one, or no section may
 * hold so much.
 */
export type MissingReason = 'HEIGHT_OVER' | 'DISPLACED' | 'SECTION_TOO_LARGE';

/** A proposal whose transactions are being fetched. */
interface OpenProposal {
  readonly height: number;
  readonly outcome: Promise<CompleteBlock | MissingReason>;
}

/**
 * Turns proposals, which carry transaction ids, into complete blocks: from the own pool first, then from the
 * proposer and from other validators in turn, who are asked for the whole block where nobody has them. It keeps asking
 * until the height is over, because a proposal whose bytes are late is not an invalid one; but of a height that does not
 * end it asks only for the latest proposals.
 */
export class BlockFetcher {
  readonly #deps: BlockFetcherDeps;
  /** By block hash, the oldest first. */
  readonly #proposals = new Map<Hash, OpenProposal>();
  /** Blocks that are fetched by their hash, and from whom. */
  readonly #sourcesOf = new Map<Hash, readonly Address[]>();
  /** Heights below this one are over: their fetches give up. */
  #height = 0;

  constructor(deps: BlockFetcherDeps) {
    this.#deps = deps;
  }

  /** Ends the fetches of finished heights. */
  forgetBelow(height: number): void {
    this.#height = height;
    for (const [hash, proposal] of this.#proposals)
      if (proposal.height < height) this.#proposals.delete(hash);
  }

  /** The complete block of a proposal. Who asks again while it is on its way gets the same answer. */
  complete(height: number, proposed: ProposedBlock): Promise<CompleteBlock | MissingReason> {
    const known = this.#proposals.get(proposed.hash);
    if (known !== undefined) return known.outcome;
    const isWanted = () => this.#proposals.get(proposed.hash) === open;
    const outcome = this.#complete(height, proposed, isWanted).finally(() => {
      if (isWanted()) this.#proposals.delete(proposed.hash);
    });
    const open = { height, outcome };
    this.#proposals.set(proposed.hash, open);
    const [oldest] = this.#proposals.keys();
    if (this.#proposals.size > LIMITS.maxUndecidedBlocks) this.#proposals.delete(oldest as Hash);
    return outcome;
  }

  async #complete(
    height: number,
    { hash, proposal }: ProposedBlock,
    isWanted: () => boolean,
  ): Promise<CompleteBlock | MissingReason> {
    const { header, body, transactionIds } = proposal;
    const lists = await this.#gather(height, transactionIds, header.proposer, isWanted, hash);
    if (typeof lists === 'string') return lists;
    const transactions = lists.map((list) => list.map(({ bytes }) => bytes));
    const complete: CompleteBlock = { hash, block: { header, body, transactions }, transactions: lists };
    this.#deps.chain.addCandidate(complete);
    return complete;
  }

  /** The transactions of a section by their ids, of its miner first; undefined where no good section can hold them. */
  async ofSection(
    height: number,
    ids: readonly Hash[],
    miner: Address,
  ): Promise<EncodedTransaction[] | undefined> {
    const lists = await this.#gather(height, [ids], miner, () => true);
    return typeof lists === 'string' ? undefined : lists[0];
  }

  async #gather(
    height: number,
    lists: readonly (readonly Hash[])[],
    author: Address,
    isWanted: () => boolean,
    blockHash?: Hash,
  ): Promise<EncodedTransaction[][] | MissingReason> {
    const { pool, chain } = this.#deps;
    const gathered = new GatheredTransactions(lists, chain.genesis.parameters.maxSectionBytes);
    pool.pin(lists.flat());
    if (!isSmallSet(chain)) pool.deferChecks();
    const requests = new OverlappingRequests();
    try {
      return await this.#ask(requests, gathered, height, author, isWanted, blockHash);
    } finally {
      requests.stop();
    }
  }

  async #ask(
    requests: OverlappingRequests,
    gathered: GatheredTransactions,
    height: number,
    author: Address,
    isWanted: () => boolean,
    blockHash: Hash | undefined,
  ): Promise<EncodedTransaction[][] | MissingReason> {
    const { pool } = this.#deps;
    const sources = this.#sources(author);
    // What came just before the block is still being checked.
    await pool.settled(gathered.missing());
    for (let attempt = 0; height >= this.#height; attempt++) {
      for (const id of gathered.missing()) {
        const pooled = pool.get(id);
        if (pooled !== undefined) gathered.add(pooled);
      }
      if (gathered.isTooLarge) return 'SECTION_TOO_LARGE';
      const missing = gathered.missing();
      if (missing.length === 0) return gathered.lists();
      const source = sources[attempt % sources.length];
      if (source === undefined) await pause(LIMITS.fetchTimeoutMs);
      else await requests.ask((signal) => this.#fetchTransactions(missing, source, gathered, signal));
      if (attempt >= sources.length) {
        // Who crashed after voting for the block has it in its journal whole, and its transactions nowhere else.
        if (source !== undefined && blockHash !== undefined && gathered.missing().length > 0)
          for (const transaction of (await this.#fetchBlock(blockHash, source))?.transactions.flat() ?? [])
            gathered.add(transaction);
        await pause(LIMITS.fetchTimeoutMs);
      }
      if (!isWanted()) return height >= this.#height ? 'DISPLACED' : 'HEIGHT_OVER';
    }
    return 'HEIGHT_OVER';
  }

  /**
   * A complete block by its hash, from those who signed for it. Undefined when the height ended first, and for who asks
   * while it is on its way: then only the sources are new.
   */
  async byHash(height: number, hash: Hash, from: readonly Address[]): Promise<CompleteBlock | undefined> {
    const isOpen = this.#sourcesOf.has(hash);
    this.#sourcesOf.set(hash, from);
    if (isOpen) return undefined;
    try {
      return await this.#byHash(height, hash);
    } finally {
      this.#sourcesOf.delete(hash);
    }
  }

  async #byHash(height: number, hash: Hash): Promise<CompleteBlock | undefined> {
    const { chain } = this.#deps;
    for (let attempt = 0; height >= this.#height; attempt++) {
      const known = chain.candidate(hash);
      if (known !== undefined) return known;
      const from = this.#sourcesOf.get(hash) ?? [];
      const validator = from[attempt % Math.max(1, from.length)];
      const complete = validator === undefined ? undefined : await this.#fetchBlock(hash, validator);
      if (complete !== undefined) return complete;
      await pause(LIMITS.fetchTimeoutMs);
    }
    return undefined;
  }

  /** Asks one validator for a block, and keeps it as a candidate if it is the one. */
  async #fetchBlock(hash: Hash, validator: Address): Promise<CompleteBlock | undefined> {
    const { chain, network, logger } = this.#deps;
    try {
      const signal = AbortSignal.timeout(LIMITS.requestTimeoutMs);
      const bytes = await network.fetchBlock(hash, { validator }, signal);
      const block = bytes === undefined ? undefined : decodeBlock(bytes);
      if (block === undefined || hashHeader(block.header) !== hash) return undefined;
      const complete = completeBlock(block);
      const fault = chain.addCandidate(complete);
      if (fault === undefined) return complete;
      logger.debug({ hash, validator, fault }, 'a block came with the body of another');
    } catch (error) {
      logger.debug({ hash, validator, reason: errorMessage(error) }, 'block not fetched');
    }
    return undefined;
  }

  /** The author first, then the other connected validators in set order from it. */
  #sources(author: Address): Address[] {
    const { chain, network } = this.#deps;
    const { members } = chain.validators;
    const start = Math.max(
      0,
      members.findIndex(({ id }) => id === author),
    );
    const order = members.map((_, i) => (members[(start + i) % members.length] as { id: Address }).id);
    return order.filter((id) => network.validatorPeer(id) !== undefined);
  }

  async #fetchTransactions(
    ids: Hash[],
    validator: Address,
    gathered: GatheredTransactions,
    signal: AbortSignal,
  ): Promise<void> {
    const { network, pool, logger } = this.#deps;
    try {
      for (const bytes of await network.fetchTransactions(ids, { validator }, signal)) {
        const transaction = decodeTransaction(bytes);
        if (!gathered.isMissing(transaction.id)) continue;
        await pool.addFetched(transaction);
        gathered.add(transaction);
        if (gathered.isTooLarge) return;
      }
    } catch (error) {
      logger.debug(
        { validator, missing: ids.length, reason: errorMessage(error) },
        'transactions not fetched',
      );
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
