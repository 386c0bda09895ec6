import type { Handlers } from '../dispatcher.ts';
import { dumpOf } from '../dump.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { netMethods } from '../schema/net.ts';
import { hash0x, rfc3339 } from '../text-forms.ts';

export function netHandlers(ports: RpcPorts): Handlers<typeof netMethods> {
  const { chain, network, node, sync } = ports;
  return {
    net_version: () => String(chain.genesis.chainId),
    net_listening: () => network.isListening(),
    net_peerCount: () => {
      const peers = network.peers();
      return {
        connected: peers.length,
        validators: peers.filter((peer) => peer.validator !== undefined).length,
      };
    },
    net_identity: () => ({
      peerId: network.peerId,
      agent: network.agent,
      protocols: [...network.protocols()],
      listenAddresses: [...network.listenAddresses()],
      announcedAddresses: [...network.announcedAddresses()],
    }),
    net_status: () => {
      const head = chain.head();
      return {
        chainId: chain.genesis.chainId,
        genesisHash: hash0x(chain.genesisHash),
        height: head.height,
        blockHash: hash0x(head.hash),
        role: node.role,
        protocolVersion: network.protocolVersion,
        forks: chain.genesis.forks.map(({ name, height }) => ({ name, height })),
        ...sync.status(),
      };
    },
    net_reachability: () => {
      const inbound = network.peers().filter((peer) => peer.direction === 'inbound');
      const last = inbound.reduce<(typeof inbound)[number] | undefined>(
        (latest, peer) => (latest === undefined || peer.connectedAtMs > latest.connectedAtMs ? peer : latest),
        undefined,
      );
      const announced = network.announcedAddresses();
      return {
        ...dumpOf(ports, 'net_reachability'),
        inboundPeers: inbound.length,
        verdict: last === undefined ? 'unknown' : 'reachable',
        lastInboundAt: last === undefined ? null : rfc3339(last.connectedAtMs),
        lastInboundPeer: last?.peerId ?? null,
        addresses: [...new Set([...network.listenAddresses(), ...announced])].map((address) => ({
          address,
          announced: announced.includes(address),
        })),
      };
    },
  };
}
