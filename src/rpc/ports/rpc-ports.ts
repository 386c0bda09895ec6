import type { BansPort } from './bans.ts';
import type { BillingPort } from './billing.ts';
import type { BpciPort } from './bpci.ts';
import type { BpiPort } from './bpi.ts';
import type { ChainPort } from './chain.ts';
import type { ClusterPort } from './cluster.ts';
import type { ConsensusPort, SyncPort } from './consensus.ts';
import type { DocklockPort } from './docklock.ts';
import type { EconomyPort } from './economy.ts';
import type { MinerPort } from './miner.ts';
import type { NetworkPort } from './network.ts';
import type { NodePort } from './node.ts';
import type { PermissionsPort } from './permissions.ts';
import type { PoePort } from './poe.ts';
import type { PoolPort } from './pool.ts';
import type { UpkeepPort } from './upkeep.ts';

/**
 * Everything that the interface asks of the node, declared here and filled by the composition root. A port answers
 * with a copy or with immutable objects and never blocks consensus. Hashes, keys and addresses are in memory form.
 */
export interface RpcPorts {
  readonly node: NodePort;
  readonly chain: ChainPort;
  readonly docklock: DocklockPort;
  readonly cluster: ClusterPort;
  readonly economy: EconomyPort;
  readonly billing: BillingPort;
  readonly poe: PoePort;
  readonly bpi: BpiPort;
  readonly bpci: BpciPort;
  readonly pool: PoolPort;
  readonly miner: MinerPort;
  readonly consensus: ConsensusPort;
  readonly sync: SyncPort;
  readonly network: NetworkPort;
  readonly permissions: PermissionsPort;
  readonly bans: BansPort;
  readonly upkeep: UpkeepPort;
  readonly clock: { wallMs(): number; monotonicMs(): number };
}
