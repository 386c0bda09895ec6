import type { Chain } from '../chain/chain.ts';
import type { TransactionPool } from '../chain/transaction-pool.ts';
import type { CachedVerifier } from '../crypto/cached-verifier.ts';
import type { Network } from '../network/contract.ts';
import type { ConsensusTiming } from '../rpc/ports/consensus.ts';
import type { TransactionGossip } from '../sync/transaction-gossip.ts';
import type { Parameters } from '../types/genesis.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { systemClock } from '../util/clock.ts';
import { NodeError } from '../util/errors.ts';
import type { Logger } from '../util/logger.ts';
import { BlockBudget } from '../validator/block-budget.ts';
import { BlockFetcher } from '../validator/block-fetcher.ts';
import { BlockPace } from '../validator/block-pace.ts';
import { ConsensusDriver, type DriverDeps } from '../validator/driver.ts';
import type { HaltFact } from '../validator/halt-fact.ts';
import { MiningScheduler } from '../validator/mining/mining-scheduler.ts';
import { ProposalBuilder } from '../validator/proposal-builder.ts';
import type { ValidatorKeys } from '../validator/validator-keys.ts';
import type { VoteSigner } from '../validator/vote-signer.ts';
import type { NodeLog } from './node-log.ts';
import type { NodeOptions } from './options.ts';

export interface ParticipationParts {
  readonly options: NodeOptions;
  readonly log: NodeLog;
  readonly chain: Chain;
  readonly pool: TransactionPool;
  readonly network: Network;
  readonly gossip: TransactionGossip;
  readonly verifier: CachedVerifier;
  readonly votes: VoteSigner | undefined;
  /** Absent on a node that only follows. */
  readonly keys: ValidatorKeys | undefined;
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
  const { options, chain, pool, network, gossip, votes, keys, verifier, onBehind, onFailure } = parts;
  const timing = consensusTiming(options, chain.genesis.parameters);
  const logger = parts.log.module('consensus');
  const fetcher = new BlockFetcher({ chain, pool, network, logger });
  const pace = BlockPace.of(chain, timing.blockIntervalMs, systemClock);
  const budget = BlockBudget.of(chain, options.baseTimeoutMs, systemClock);
  const reveal = (ids: readonly Hash[]) => gossip.reveal(ids);
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
          reveal,
          pace,
          clock: systemClock,
          logger: parts.log.module('mining'),
        });
  const signer: DriverDeps['signer'] =
    votes === undefined || keys === undefined
      ? undefined
      : {
          votes,
          builder: new ProposalBuilder(chain, keys, {
            budget,
            reveal,
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
      pace,
      clock: systemClock,
      logger,
      onBehind,
      onHalt: (fact) => onFailure(haltError(fact, logger)),
    },
    {
      self: votes?.id,
      baseTimeoutMs: timing.requestTimeoutMs,
      timeoutCapMs: timing.timeoutCapMs,
      resendIntervalMs: timing.resendIntervalMs,
      emptyBlockIntervalMs: timing.emptyBlockIntervalMs,
      maxClockDriftMs: chain.genesis.parameters.maxClockDriftMs,
    },
  );
  return { driver, scheduler };
}

/** The times of this node: its options, and what genesis suggests where they say nothing. */
export function consensusTiming(options: NodeOptions, parameters: Parameters): ConsensusTiming {
  return {
    requestTimeoutMs: options.baseTimeoutMs,
    timeoutCapMs: options.timeoutCapMs,
    resendIntervalMs: options.resendIntervalMs,
    blockIntervalMs: options.targetBlockIntervalMs ?? parameters.targetBlockIntervalMs,
    emptyBlockIntervalMs: options.emptyBlockIntervalMs ?? parameters.emptyBlockIntervalMs,
  };
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
