import type { Chain } from '../../chain/chain.ts';
import type { TransactionPool } from '../../chain/transaction-pool.ts';
import { appliedEvidence } from '../../ledger/system/applied-evidence.ts';
import type { Network } from '../../network/contract.ts';
import type { NetworkPort } from '../../rpc/ports/network.ts';
import type { RpcPorts } from '../../rpc/ports/rpc-ports.ts';
import type { BlockSync } from '../../sync/block-sync.ts';
import type { Clock } from '../../util/clock.ts';
import { VERSION } from '../../util/version.ts';
import type { ConsensusDriver } from '../../validator/driver.ts';
import type { MiningScheduler } from '../../validator/mining/mining-scheduler.ts';
import type { ChainKeys } from '../../validator/validator-keys.ts';
import type { VoteSigner } from '../../validator/vote-signer.ts';
import type { BannedPeers } from '../banned-peers.ts';
import { watchEventLoop } from '../event-loop.ts';
import type { JournalFault } from '../journal-fault.ts';
import type { MembershipVotes } from '../membership-votes.ts';
import type { NodeLog } from '../node-log.ts';
import { type NodeOptions, type OptionOrigins, optionsInEffect } from '../options.ts';
import { consensusTiming } from '../participation.ts';
import type { PeerHistory } from '../peer-history.ts';
import type { Permissions } from '../permissions.ts';
import { processUsage } from '../process-usage.ts';
import { PROTOCOL_VERSION } from '../protocol-version.ts';
import type { Upkeep } from '../upkeep.ts';
import { billingPort } from './billing-port.ts';
import { bpciPort } from './bpci-port.ts';
import { bpiPort } from './bpi-port.ts';
import { chainPort } from './chain-port.ts';
import { clusterPort } from './cluster-port.ts';
import { docklockPort } from './docklock-port.ts';
import { economyPort } from './economy-port.ts';
import { minerPort } from './miner-port.ts';
import { networkPort } from './network-port.ts';
import { poePort } from './poe-port.ts';
import { poolPort } from './pool-port.ts';

export interface NodeParts {
  readonly options: NodeOptions;
  readonly origins: OptionOrigins;
  readonly log: NodeLog;
  readonly startedAtMs: number;
  readonly chain: Chain;
  readonly pool: TransactionPool;
  readonly network: Network;
  readonly sync: BlockSync;
  readonly driver: ConsensusDriver;
  readonly scheduler: MiningScheduler | undefined;
  readonly votes: VoteSigner | undefined;
  /** Why a validator has no `votes`. */
  readonly journalFault: JournalFault | undefined;
  /** Absent on a node that only follows. */
  readonly keys: ChainKeys | undefined;
  readonly membershipVotes: MembershipVotes | undefined;
  readonly permissions: Permissions;
  readonly bans: BannedPeers;
  readonly findObstacle: NetworkPort['findObstacle'];
  readonly peerHistory: PeerHistory;
  readonly upkeep: Upkeep;
  readonly clock: Clock;
}

/** Fills the ports of the RPC from the parts of a running node. */
export function rpcPorts(parts: NodeParts): RpcPorts {
  const { options, chain, pool, network, sync, driver, scheduler, votes, keys, clock } = parts;
  const targetHeight = () =>
    network.peers().reduce((highest, { head }) => Math.max(highest, head.height), chain.head.height);
  return {
    node: {
      name: options.name,
      version: VERSION,
      role: keys === undefined ? 'observer' : 'validator',
      startedAtMs: parts.startedAtMs,
      pid: process.pid,
      memoryBytes: () => process.memoryUsage.rss(),
      usage: () => processUsage(options.dataDir),
      watchEventLoop,
      options: () => optionsInEffect(options, parts.origins),
      logLevels: () => parts.log.levels(),
      setLogLevel: (level, module) => parts.log.setLevel(level, module),
      readiness: () => {
        const reason = notReady(parts);
        return { ready: reason === undefined, reason };
      },
    },
    chain: chainPort(chain),
    docklock: docklockPort(chain),
    cluster: clusterPort(chain),
    economy: economyPort(chain),
    billing: billingPort(chain),
    poe: poePort(chain),
    bpi: bpiPort(chain),
    bpci: bpciPort(chain),
    pool: poolPort(pool, chain.history.store),
    miner: minerPort(
      chain,
      pool,
      scheduler === undefined || votes === undefined ? undefined : { scheduler, miner: votes.id },
    ),
    consensus: {
      self: keys?.id,
      timing: consensusTiming(options, chain.genesis.parameters),
      membershipVotes: parts.membershipVotes,
      validators: () => chain.validators,
      roundState: () => driver.roundState(),
      roundHistory: () => driver.rounds.heights(),
      running: () => driver.rounds.running(),
      onRound: (listener) => driver.rounds.subscribe(listener),
      onNews: (listener) => driver.watch.subscribe(listener),
      pendingEvidence: () =>
        chain.evidence.pending().map(({ accusation, hash }) => ({ ...accusation, hash })),
      appliedEvidence: () =>
        appliedEvidence(chain.state.reader('system')).map(({ evidenceHeight, evidenceHash, ...rest }) => ({
          ...rest,
          height: evidenceHeight,
          hash: evidenceHash,
        })),
      mayVote: () =>
        votes !== undefined &&
        keys?.isMissing === false &&
        chain.validators.has(votes.id) &&
        votes.maySign(chain.head.height + 1),
    },
    sync: { status: () => ({ syncing: sync.isSyncing, targetHeight: targetHeight() }) },
    network: networkPort(network, parts.peerHistory, {
      agent: `metanode/${VERSION}`,
      protocolVersion: PROTOCOL_VERSION,
      bootnodes: options.bootnodes,
      findObstacle: parts.findObstacle,
    }),
    permissions: parts.permissions,
    bans: parts.bans,
    upkeep: parts.upkeep.port,
    clock,
  };
}

/** What keeps the node from doing all that it is there for: a validator that only watches is not ready. */
function notReady({ sync, votes, keys, journalFault, chain }: NodeParts): string | undefined {
  if (sync.isSyncing) return 'SYNCING';
  if (journalFault !== undefined) return journalFault;
  if (keys?.isMissing === true) return 'VALIDATOR_KEY_MISSING';
  return votes === undefined || votes.maySign(chain.head.height + 1) ? undefined : 'HEIGHT_NOT_SIGNABLE';
}
