import { addPeer } from '../add-peer.ts';
import type { Handlers } from '../dispatcher.ts';
import { dumpOf } from '../dump.ts';
import { rpcError } from '../errors.ts';
import { peerEventView } from '../inspection-views.ts';
import { pageOf } from '../paging.ts';
import type { NetworkPort } from '../ports/network.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { adminMethods } from '../schema/admin.ts';
import { addressText, rfc3339 } from '../text-forms.ts';

export function adminHandlers(ports: RpcPorts): Handlers<typeof adminMethods> {
  const { bans, chain, consensus, network, node } = ports;
  return {
    admin_nodeInfo: () => ({
      ...dumpOf(ports, 'admin_nodeInfo'),
      name: node.name,
      version: node.version,
      role: node.role,
      validator: consensus.self === undefined ? null : addressText(consensus.self),
      chainId: chain.genesis.chainId,
      addresses: [...new Set([...network.listenAddresses(), ...network.announcedAddresses()])],
      startedAt: rfc3339(node.startedAtMs),
      pid: node.pid,
      memoryBytes: node.memoryBytes(),
    }),

    admin_peers: (page) => ({
      ...dumpOf(ports, 'admin_peers'),
      ...pageOf(network.peers(), page, (peer) => ({
        peerId: peer.peerId,
        address: peer.address,
        announcedAddresses: [...peer.announcedAddresses],
        direction: peer.direction,
        connectedAt: rfc3339(peer.connectedAtMs),
        role: peer.role ?? null,
        validator: peer.validator === undefined ? null : addressText(peer.validator),
        height: peer.height ?? null,
        push: peer.push,
      })),
    }),

    admin_peerHistory: ({ peerId, ...page }) => ({
      ...dumpOf(ports, 'admin_peerHistory'),
      ...pageOf(
        network.peerEvents().filter((event) => peerId === undefined || event.peerId === peerId),
        page,
        peerEventView,
      ),
    }),

    admin_bootnodes: () => ({
      ...dumpOf(ports, 'admin_bootnodes'),
      bootnodes: network.bootnodes.map((bootnode) => bootnodeView(network, bootnode)),
    }),

    admin_addPeer: ({ address, timeoutMs }, { signal }) => addPeer(network, address, timeoutMs, signal),

    admin_removePeer: ({ peerId }) => ({ peerId, wasConnected: network.removePeer(peerId) }),

    admin_banPeer: async ({ peerId, reason }) => {
      if (peerId === network.peerId)
        throw rpcError('INVALID_PARAMS', 'params.peerId: this is the node itself', {
          data: { path: 'params.peerId' },
        });
      const wasConnected = network.peers().some((peer) => peer.peerId === peerId);
      const banned = await bans.add(peerId, reason);
      return { peerId, banned, wasConnected, total: bans.list().length };
    },

    admin_unbanPeer: async ({ peerId }) => {
      const unbanned = await bans.remove(peerId);
      return { peerId, unbanned, total: bans.list().length };
    },

    admin_bannedPeers: (page) => ({
      ...dumpOf(ports, 'admin_bannedPeers'),
      ...pageOf(bans.list(), page, ({ peerId, atMs, reason, refusals, lastRefusalMs }) => ({
        peerId,
        at: rfc3339(atMs),
        reason: reason ?? null,
        refusals,
        lastRefusalAt: lastRefusalMs === undefined ? null : rfc3339(lastRefusalMs),
      })),
    }),

    admin_config: () => ({
      ...dumpOf(ports, 'admin_config'),
      options: node.options().map((option) => ({ ...option })),
    }),

    admin_setLogLevel: ({ level, module }) => {
      if (!node.setLogLevel(level, module))
        throw rpcError('INVALID_PARAMS', `params.module: there is no module ${module}`, {
          data: { path: 'params.module' },
          hint: `modules: ${node
            .logLevels()
            .map((one) => one.module)
            .join(', ')}`,
        });
      return { levels: [...node.logLevels()] };
    },

    admin_isolate: ({ forMs }) => {
      network.isolate(forMs);
      return { untilMs: ports.clock.wallMs() + forMs };
    },

    admin_partition: ({ peerIds }) => {
      if (!chain.genesis.testnet)
        throw rpcError('NOT_A_TESTNET', 'only nodes of a testnet take part in trials of a split network', {
          hint: 'perm_removeNodesFromAllowlist keeps a peer away on other chains',
        });
      network.partition(peerIds);
      return { cutOff: new Set(peerIds).size };
    },
  };
}

function bootnodeView(network: NetworkPort, { address, peerId }: NetworkPort['bootnodes'][number]) {
  const peer = network.peers().find((one) => one.peerId === peerId);
  const last = network.peerEvents().find((event) => event.peerId === peerId);
  const sinceMs = peer?.connectedAtMs ?? last?.atMs;
  return {
    address,
    peerId: peerId ?? null,
    connected: peer !== undefined,
    since: sinceMs === undefined ? null : rfc3339(sinceMs),
    reason: peer === undefined ? (last?.reason ?? null) : null,
  };
}
