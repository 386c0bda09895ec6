import { setTimeout as sleep } from 'node:timers/promises';
import type { Handlers } from '../dispatcher.ts';
import { dumpOf } from '../dump.ts';
import { rpcError } from '../errors.ts';
import { peerEventView } from '../inspection-views.ts';
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

    admin_peerHistory: ({ peerId, ...page }) => ({
      ...dumpOf(ports, 'admin_peerHistory'),
      ...pageOf(
        network.peerEvents().filter((event) => peerId === undefined || event.peerId === peerId),
        page,
        peerEventView,
      ),
    }),

    admin_addPeer: async ({ address, timeoutMs }, { signal }) => {
      const tooLate = new AbortController();
      const wait = AbortSignal.any([signal, tooLate.signal]);
      const ended = sleep(timeoutMs, undefined, { signal: wait }).then(
        () => undefined,
        () => undefined,
      );
      try {
        const peerId = await Promise.race([network.dial(address), ended]);
        if (peerId !== undefined) return { peerId };
      } finally {
        tooLate.abort();
      }
      throw rpcError('DIAL_TIMED_OUT', `no handshake within ${timeoutMs} ms`, {
        data: { address },
        hint: 'check that the address is reachable; admin_peerHistory shows a connection that comes later',
      });
    },

    admin_config: () => ({
      ...dumpOf(ports, 'admin_config'),
      options: node.options().map(({ name, value, origin }) => ({ name, value: value ?? null, origin })),
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
  };
}
