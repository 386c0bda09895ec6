import '../../util/promise-with-resolvers.ts';
import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import { identify } from '@libp2p/identify';
import type { ConnectionGater, PeerId } from '@libp2p/interface';
import { preSharedKey } from '@libp2p/pnet';
import { tcp } from '@libp2p/tcp';
import { createLibp2p, type Libp2p } from 'libp2p';
import { LIMITS } from '../../util/limits.ts';
import type { NetworkOptions, PeerBans } from '../contract.ts';
import { createGossipService, type GossipService } from '../gossip.ts';
import { hostKey } from './host-key.ts';
import { joinWrites } from './joined-writes.ts';
import { adaptMuxers, surviveLostOpenings, updateWindowsByHalves } from './muxer-adapters.ts';
import { skipStreamNotes } from './stream-notes.ts';

export type Host = Libp2p<{ identify: unknown; gossip: GossipService }>;

/**
 * libp2p over TCP, noise and yamux, not started yet. The connection limits stay above our own, which know validators
 * from observers, so that libp2p never prunes by itself. On a loopback testnet all nodes share one address and one
 * processor: no limits per address, and time-outs that outlast a crowded start.
 */
export async function createHost(options: NetworkOptions): Promise<Host> {
  const { loopbackTestnet } = options;
  const dialTimeoutMs = loopbackTestnet ? LIMITS.dialTimeoutMs : LIMITS.dialTimeoutMs / 3;
  const host = await createLibp2p({
    start: false,
    privateKey: hostKey(options.nodeKeySeed),
    nodeInfo: { name: 'metanode', userAgent: 'metanode' },
    addresses: {
      listen: [...options.listen],
      [options.advertiseOnly === true ? 'announce' : 'appendAnnounce']: [...(options.advertise ?? [])],
    },
    transports: [tcp()],
    connectionEncrypters: [joinWrites(noise())],
    streamMuxers: [
      adaptMuxers(
        yamux({
          // A paused stream must be able to hold everything that its window lets in.
          streamOptions: {
            maxStreamWindowSize: LIMITS.maxStreamWindowBytes,
            maxReadBufferLength: 2 * LIMITS.maxStreamWindowBytes,
          },
        }),
        updateWindowsByHalves,
        surviveLostOpenings,
      ),
    ],
    ...(options.swarmKey === undefined
      ? {}
      : { connectionProtector: preSharedKey({ psk: options.swarmKey }) }),
    ...(options.bans === undefined ? {} : { connectionGater: gateOf(options.bans) }),
    connectionManager: {
      maxConnections: 2 * (options.maxPeers + LIMITS.maxValidators),
      inboundConnectionThreshold: loopbackTestnet ? 1000 : 10,
      maxIncomingPendingConnections: loopbackTestnet ? 200 : 32,
      addressDialTimeout: dialTimeoutMs,
      dialTimeout: dialTimeoutMs,
      inboundUpgradeTimeout: dialTimeoutMs,
    },
    // The push streams notice a dead peer sooner, and a ping opens a stream each time.
    connectionMonitor: { enabled: false },
    services: { identify: identify(), gossip: createGossipService(options) },
  });
  skipStreamNotes(host);
  return host;
}

/** Ends connections with banned peers once noise has proved who is there. */
function gateOf(bans: PeerBans): ConnectionGater {
  const isBanned = (peerId: PeerId) => bans.has(peerId.toString());
  return {
    denyDialPeer: isBanned,
    denyOutboundEncryptedConnection: isBanned,
    denyInboundEncryptedConnection: (peerId) => {
      bans.noteRefused(peerId.toString());
      return isBanned(peerId);
    },
  };
}

/** Where the sockets of a started host listen. Announced addresses hide these, and libp2p's interface has no other way. */
export function listeningAddresses(host: Host): string[] {
  const { components } = host as unknown as {
    components: { transportManager: { getAddrs(): { toString(): string }[] } };
  };
  return components.transportManager.getAddrs().map(String);
}
