import type * as z from 'zod';
import { adminMethods } from './admin.ts';
import { billingMethods } from './billing.ts';
import { bpciMethods } from './bpci.ts';
import { bpiMethods } from './bpi.ts';
import { bundleMethods } from './bundle.ts';
import { chainMethods } from './chain.ts';
import { clusterMethods } from './cluster.ts';
import { debugMethods } from './debug.ts';
import { docklockMethods } from './docklock.ts';
import { economyMethods } from './economy.ts';
import { gossipMethods } from './gossip.ts';
import { ibftMethods } from './ibft.ts';
import { ibftNodeMethods } from './ibft-node.ts';
import { metaMethods } from './meta.ts';
import { minerMethods } from './miner.ts';
import { netMethods } from './net.ts';
import { permMethods } from './perm.ts';
import { poeMethods } from './poe.ts';
import { rpcMethods } from './rpc.ts';
import { stateMethods } from './state.ts';
import { txMethods } from './tx.ts';
import { txpoolMethods } from './txpool.ts';
import { upkeepMethods } from './upkeep.ts';

/** Every method of the interface by its name. */
export const METHODS = {
  ...rpcMethods,
  ...netMethods,
  ...chainMethods,
  ...txMethods,
  ...stateMethods,
  ...txpoolMethods,
  ...docklockMethods,
  ...clusterMethods,
  ...economyMethods,
  ...billingMethods,
  ...poeMethods,
  ...bpiMethods,
  ...bpciMethods,
  ...minerMethods,
  ...ibftMethods,
  ...ibftNodeMethods,
  ...gossipMethods,
  ...adminMethods,
  ...permMethods,
  ...debugMethods,
  ...upkeepMethods,
  ...bundleMethods,
  ...metaMethods,
};

export type MethodName = keyof typeof METHODS;
/** What a caller writes. */
export type MethodParams<Name extends MethodName> = z.input<(typeof METHODS)[Name]['params']>;
/** What a caller gets. */
export type MethodResult<Name extends MethodName> = z.output<(typeof METHODS)[Name]['result']>;
