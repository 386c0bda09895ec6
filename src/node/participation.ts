import type { Chain } from '../chain/chain.ts';
import type { TransactionPool } from '../chain/transaction-pool.ts';
import type { CachedVerifier } from '../crypto/cached-verifier.ts';
import type { Network } from '../network/contract.ts';
import { systemClock } from '../util/clock.ts';
import { NodeError } from '../util/errors.ts';
import type { Logger } from '../util/logger.ts';
import { BlockBudget } from '../validator/block-budget.ts';
import { BlockFetcher } from '../validator/block-fetcher.ts';
import { ConsensusDriver, type DriverDeps, type HaltFact } from '../validator/driver.ts';
import { MiningScheduler } from '../validator/mining/mining-scheduler.ts';
import { ProposalBuilder } from '../validator/proposal-builder.ts';
import type { VoteSigner } from '../validator/vote-signer.ts';
import type { NodeKeys } from './node-keys.ts';
import type { NodeLog } from './node-log.ts';
import type { NodeOptions } from './options.ts';

export interface ParticipationParts {
  readonly options: NodeOptions;
  readonly log: NodeLog;
  readonly chain: Chain;
  readonly pool: TransactionPool;
  readonly network: Network;
  readonly verifier: CachedVerifier;
  readonly votes: VoteSigner | undefined;
  readonly keys: NodeKeys;
  readonly onBehind: (height: number) => void;
  readonly onFailure: (error: Error) => void;
}

/** How a node takes part: it follows consensus, and a validator also votes, proposes and mines. */
export interface Participation {
  readonly driver: ConsensusDriver;
  /** Absent on a node that only follows, or that leaves mining to the proposers. */
  readonly scheduler: MiningScheduler | undefined;
}

export function createParticipation(parts: ParticipationParts): Participation {
  const { options, chain, pool, network, votes, keys, verifier, onBehind, onFailure } = parts;
  const { parameters } = chain.genesis;
  const logger = parts.log.module('consensus');
  const targetBlockIntervalMs = options.targetBlockIntervalMs ?? parameters.targetBlockIntervalMs;
  const fetcher = new BlockFetcher({ chain, pool, network, logger });
  const budget = BlockBudget.of(chain, options.baseTimeoutMs, systemClock);
  const scheduler =
    votes === undefined || !options.mining
      ? undefined
      : new MiningScheduler({
          chain,
          pool,
          network,
          fetcher,
          votes,
          budget,
          targetBlockIntervalMs,
          clock: systemClock,
          logger: parts.log.module('mining'),
        });
  const signer: DriverDeps['signer'] =
    votes === undefined || keys.validator === undefined
      ? undefined
      : {
          votes,
          builder: new ProposalBuilder(chain, keys.validator, {
            budget,
            ...(scheduler === undefined ? {} : { sections: scheduler }),
          }),
          onCommitSent: (blockHash) => scheduler?.prepareAbove(blockHash),
        };
  const driver = new ConsensusDriver(
    {
      chain,
      network,
      verifier,
      fetcher,
      ...(signer === undefined ? {} : { signer }),
      clock: systemClock,
      logger,
      onBehind,
      onHalt: (fact) => onFailure(haltError(fact, logger)),
    },
    {
      self: votes?.id,
      baseTimeoutMs: options.baseTimeoutMs,
      timeoutCapMs: options.timeoutCapMs,
      resendIntervalMs: options.resendIntervalMs,
      targetBlockIntervalMs,
      emptyBlockIntervalMs: options.emptyBlockIntervalMs ?? parameters.emptyBlockIntervalMs,
      maxClockDriftMs: parameters.maxClockDriftMs,
    },
  );
  return { driver, scheduler };
}

/** Why the node stops by itself, logged. */
export function haltError(fact: HaltFact, logger: Logger): NodeError {
  const error = new NodeError(fact.code, `this node cannot take part any more: ${fact.reason}`, {
    data: { ...fact },
    hint: 'look for a full disk, another version than the other nodes have, or a damaged data directory',
  });
  logger.fatal(fact, error.message);
  return error;
}
