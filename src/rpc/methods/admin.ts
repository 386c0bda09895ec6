import type { Handlers } from '../dispatcher.ts';
import { dumpOf } from '../dump.ts';
import { pageOf } from '../paging.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { adminMethods } from '../schema/admin.ts';
import { addressText, rfc3339 } from '../text-forms.ts';

export function adminHandlers(ports: RpcPorts): Handlers<typeof adminMethods> {
  const { chain, consensus, network, node } = ports;
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
        direction: peer.direction,
        connectedAt: rfc3339(peer.connectedAtMs),
        role: peer.role ?? null,
        validator: peer.validator === undefined ? null : addressText(peer.validator),
        height: peer.height ?? null,
        push: peer.push,
      })),
    }),

    admin_isolate: ({ forMs }) => {
      network.isolate(forMs);
      return { untilMs: ports.clock.wallMs() + forMs };
    },
  };
}
