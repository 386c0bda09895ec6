import { LIMITS } from '../../util/limits.ts';
import type { AllHandlers, CallContext, Handlers } from '../dispatcher.ts';
import { dumpOf } from '../dump.ts';
import { errorObject } from '../errors.ts';
import type { Awaitable } from '../ports/awaitable.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { bundleMethods } from '../schema/bundle.ts';
import type { MethodSpec } from '../schema/method.ts';
import { METHODS } from '../schema/methods.ts';

type OtherHandlers = Omit<AllHandlers, keyof typeof bundleMethods>;

const FULL_PAGE = { limit: LIMITS.maxPageItems };
/** What belongs into a bundle, and with which parameters. */
const BUNDLED: Readonly<Partial<Record<keyof OtherHandlers, object>>> = {
  rpc_version: {},
  admin_nodeInfo: {},
  admin_config: {},
  admin_peers: FULL_PAGE,
  admin_peerHistory: FULL_PAGE,
  admin_bootnodes: {},
  net_identity: {},
  net_status: {},
  net_reachability: {},
  chain_getFinalizedHead: {},
  txpool_status: {},
  txpool_dropped: FULL_PAGE,
  miner_status: {},
  ibft_diagnose: {},
  ibft_getConfig: {},
  ibft_getNodeStatus: {},
  ibft_getRoundState: {},
  ibft_dumpConsensusState: {},
  ibft_roundHistory: FULL_PAGE,
  ibft_getEvidence: {},
  ibft_getPendingVotes: {},
  gossip_mesh: {},
  gossip_stats: {},
  gossip_scores: {},
  gossip_queue: {},
  gossip_rejected: FULL_PAGE,
  gossip_topology: {},
  perm_getNodesAllowlist: FULL_PAGE,
  perm_getAccountsAllowlist: FULL_PAGE,
  debug_getBadBlocks: FULL_PAGE,
  debug_dbStats: {},
  debug_eventLoop: {},
};

export function bundleHandlers(ports: RpcPorts, others: OtherHandlers): Handlers<typeof bundleMethods> {
  return {
    debug_bundle: async (_, context) => {
      const answers: Record<string, { result: unknown } | { error: string }> = {};
      for (const [name, params] of Object.entries(BUNDLED)) {
        const spec: MethodSpec = METHODS[name as keyof OtherHandlers];
        const handler = others[name as keyof OtherHandlers] as (
          params: unknown,
          context: CallContext,
        ) => Awaitable<unknown>;
        try {
          answers[name] = { result: await handler(spec.params.parse(params), context) };
        } catch (error) {
          answers[name] = { error: errorObject(error).data.reason };
        }
      }
      return { ...dumpOf(ports, 'debug_bundle'), answers };
    },
  };
}
