import type { AllHandlers } from './dispatcher.ts';
import { adminHandlers } from './methods/admin.ts';
import { billingHandlers } from './methods/billing.ts';
import { bpciHandlers } from './methods/bpci.ts';
import { bpiHandlers } from './methods/bpi.ts';
import { bundleHandlers } from './methods/bundle.ts';
import { chainHandlers } from './methods/chain.ts';
import { clusterHandlers } from './methods/cluster.ts';
import { debugHandlers } from './methods/debug.ts';
import { docklockHandlers } from './methods/docklock.ts';
import { economyHandlers } from './methods/economy.ts';
import { gossipHandlers } from './methods/gossip.ts';
import { ibftHandlers } from './methods/ibft.ts';
import { ibftNodeHandlers } from './methods/ibft-node.ts';
import { metaHandlers } from './methods/meta.ts';
import { minerHandlers } from './methods/miner.ts';
import { netHandlers } from './methods/net.ts';
import { permHandlers } from './methods/perm.ts';
import { poeHandlers } from './methods/poe.ts';
import { rpcHandlers } from './methods/rpc.ts';
import { stateHandlers } from './methods/state.ts';
import { txHandlers } from './methods/tx.ts';
import { txpoolHandlers } from './methods/txpool.ts';
import { upkeepHandlers } from './methods/upkeep.ts';
import type { RpcPorts } from './ports/rpc-ports.ts';

/** A handler for every method of the schema, reading through the ports. */
export function createHandlers(ports: RpcPorts): AllHandlers {
  const handlers = {
    ...rpcHandlers(ports),
    ...netHandlers(ports),
    ...chainHandlers(ports),
    ...txHandlers(ports),
    ...stateHandlers(ports),
    ...txpoolHandlers(ports),
    ...docklockHandlers(ports),
    ...clusterHandlers(ports),
    ...economyHandlers(ports),
    ...billingHandlers(ports),
    ...poeHandlers(ports),
    ...bpiHandlers(ports),
    ...bpciHandlers(ports),
    ...minerHandlers(ports),
    ...ibftHandlers(ports),
    ...ibftNodeHandlers(ports),
    ...gossipHandlers(ports),
    ...adminHandlers(ports),
    ...permHandlers(ports),
    ...debugHandlers(ports),
    ...upkeepHandlers(ports),
    ...metaHandlers,
  };
  return { ...handlers, ...bundleHandlers(ports, handlers) };
}
