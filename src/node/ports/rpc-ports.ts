import type { Chain } from '../../chain/chain.ts';
import type { TransactionPool } from '../../chain/transaction-pool.ts';
import { appliedEvidence } from '../../ledger/system/applied-evidence.ts';
import type { Network } from '../../network/contract.ts';
import type { RpcPorts } from '../../rpc/ports/rpc-ports.ts';
import type { BlockSync } from '../../sync/block-sync.ts';
import type { Clock } from '../../util/clock.ts';
import { VERSION } from '../../util/version.ts';
import type { ConsensusDriver } from '../../validator/driver.ts';
import type { MiningScheduler } from '../../validator/mining/mining-scheduler.ts';
import type { VoteSigner } from '../../validator/vote-signer.ts';
import { watchEventLoop } from '../event-loop.ts';
import type { JournalFault } from '../journal-fault.ts';
import type { NodeKeys } from '../node-keys.ts';
import type { NodeLog } from '../node-log.ts';
import type { NodeOptions, OptionOrigins } from '../options.ts';
import { PeerHistory } from '../peer-history.ts';
import { PROTOCOL_VERSION } from '../protocol-version.ts';
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
  readonly keys: NodeKeys;
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
      role: keys.validator === undefined ? 'observer' : 'validator',
      startedAtMs: parts.startedAtMs,
      pid: process.pid,
      memoryBytes: () => process.memoryUsage().rss,
      watchEventLoop,
      options: () =>
        Object.entries(options).map(([name, value]) => ({
          name,
          value,
          origin: parts.origins[name as keyof NodeOptions] ?? 'default',
        })),
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
      self: keys.validator?.id,
      roundState: () => driver.roundState(),
      roundHistory: () => driver.rounds.heights(),
      running: () => driver.rounds.running(),
      onRound: (listener) => driver.rounds.subscribe(listener),
      pendingEvidence: () =>
        chain.evidence.pending().map(({ accusation, hash }) => ({ ...accusation, hash })),
      appliedEvidence: () =>
        appliedEvidence(chain.state.reader('system')).map(({ evidenceHeight, evidenceHash, ...rest }) => ({
          ...rest,
          height: evidenceHeight,
          hash: evidenceHash,
        })),
      mayVote: () =>
        votes !== undefined && chain.validators.has(votes.id) && votes.maySign(chain.head.height + 1),
    },
    sync: { status: () => ({ syncing: sync.isSyncing, targetHeight: targetHeight() }) },
    network: networkPort(network, new PeerHistory(network, clock), {
      agent: `metanode/${VERSION}`,
      protocolVersion: PROTOCOL_VERSION,
    }),
    clock,
  };
}

/** What keeps the node from doing all that it is there for: a validator that only watches is not ready. */
function notReady({ sync, votes, journalFault, chain }: NodeParts): string | undefined {
  if (sync.isSyncing) return 'SYNCING';
  if (journalFault !== undefined) return journalFault;
  return votes === undefined || votes.maySign(chain.head.height + 1) ? undefined : 'HEIGHT_NOT_SIGNABLE';
}
