import type { Chain } from '../chain/chain.ts';
import { type CompleteBlock, completeBlock } from '../chain/complete-block.ts';
import type { TransactionPool } from '../chain/transaction-pool.ts';
import type { ProposedBlock } from '../consensus/contract.ts';
import type { Network } from '../network/contract.ts';
import { decodeBlock, hashHeader } from '../types/block.ts';
import type { Address, Hash } from '../types/ssz.ts';
import { decodeTransaction, type EncodedTransaction } from '../types/transaction.ts';
import { errorMessage } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import type { Logger } from '../util/logger.ts';

export interface BlockFetcherDeps {
  readonly chain: Chain;
  readonly pool: TransactionPool;
  readonly network: Network;
  readonly logger: Logger;
}

/**
 * Turns proposals, which carry transaction ids, into complete blocks: from the own pool first, then from the
 * proposer and from other validators in turn. It keeps asking until the height is over, because a proposal whose
 * bytes are late is not an invalid one.
 */
export class BlockFetcher {
  readonly #deps: BlockFetcherDeps;
  /** Heights below this one are over: their fetches give up. */
  #height = 0;

  constructor(deps: BlockFetcherDeps) {
    this.#deps = deps;
  }

  /** Ends the fetches of finished heights. */
  forgetBelow(height: number): void {
    this.#height = height;
  }

  /** The complete block of a proposal, or undefined when its height ended first. */
  async complete(height: number, proposed: ProposedBlock): Promise<CompleteBlock | undefined> {
    const { proposal } = proposed;
    const lists = await this.transactions(height, proposal.transactionIds, proposal.header.proposer);
    if (lists === undefined) return undefined;
    const block = {
      header: proposal.header,
      body: proposal.body,
      transactions: lists.map((list) => list.map(({ bytes }) => bytes)),
    };
    const complete: CompleteBlock = { hash: proposed.hash, block, transactions: lists };
    this.#deps.chain.addCandidate(complete);
    return complete;
  }

  /** Transactions by their ids, of `author` first; undefined when the height ended first. */
  async transactions(
    height: number,
    lists: readonly (readonly Hash[])[],
    author: Address,
  ): Promise<EncodedTransaction[][] | undefined> {
    const { pool } = this.#deps;
    const ids = lists.flat();
    pool.pin(ids);
    const found = new Map<Hash, EncodedTransaction>();
    const sources = this.#sources(author);
    for (let attempt = 0; height >= this.#height; attempt++) {
      for (const id of ids) {
        const pooled = found.has(id) ? undefined : pool.get(id);
        if (pooled !== undefined) found.set(id, pooled);
      }
      const missing = ids.filter((id) => !found.has(id));
      if (missing.length === 0)
        return lists.map((list) => list.map((id) => found.get(id) as EncodedTransaction));
      const source = sources[attempt % sources.length];
      if (source === undefined) await pause(LIMITS.fetchTimeoutMs);
      else await this.#fetchTransactions(missing, source, found);
      if (attempt >= sources.length) await pause(LIMITS.fetchTimeoutMs);
    }
    return undefined;
  }

  /** A complete block by its hash, from those who signed for it. */
  async byHash(height: number, hash: Hash, from: readonly Address[]): Promise<CompleteBlock | undefined> {
    const { chain, network, logger } = this.#deps;
    for (let attempt = 0; height >= this.#height; attempt++) {
      const known = chain.candidate(hash);
      if (known !== undefined) return known;
      const validator = from[attempt % Math.max(1, from.length)];
      if (validator !== undefined) {
        try {
          const bytes = await network.fetchBlock(
            hash,
            { validator },
            AbortSignal.timeout(LIMITS.requestTimeoutMs),
          );
          const block = bytes === undefined ? undefined : decodeBlock(bytes);
          if (block !== undefined && hashHeader(block.header) === hash) {
            const complete = completeBlock(block);
            const fault = chain.addCandidate(complete);
            if (fault === undefined) return complete;
            logger.debug({ hash, validator, fault }, 'a block came with the body of another');
          }
        } catch (error) {
          logger.debug({ hash, validator, reason: errorMessage(error) }, 'block not fetched');
        }
      }
      await pause(LIMITS.fetchTimeoutMs);
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
    found: Map<Hash, EncodedTransaction>,
  ): Promise<void> {
    const { network, pool, logger } = this.#deps;
    const wanted = new Set(ids);
    try {
      const signal = AbortSignal.timeout(LIMITS.fetchTimeoutMs);
      for (const bytes of await network.fetchTransactions(ids, { validator }, signal)) {
        const transaction = decodeTransaction(bytes);
        if (!wanted.has(transaction.id)) continue;
        await pool.addFetched(transaction);
        found.set(transaction.id, transaction);
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
