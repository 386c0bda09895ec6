import '../../util/promise-with-resolvers.ts';
import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import { type Identify, identify } from '@libp2p/identify';
import { preSharedKey } from '@libp2p/pnet';
import { tcp } from '@libp2p/tcp';
import { createLibp2p, type Libp2p } from 'libp2p';
import { LIMITS } from '../../util/limits.ts';
import { hostKey } from '../libp2p/host-key.ts';

export interface ProbeHost {
  readonly libp2p: Libp2p<{ identify: Identify }>;
  /** Whether a dial came so far that noise began: below it, both sides understood each other. */
  hasBegunNoise(): boolean;
}

/** A libp2p that listens nowhere and dials one peer. */
export async function createProbeHost(
  nodeKeySeed: Uint8Array,
  swarmKey: Uint8Array | undefined,
): Promise<ProbeHost> {
  let hasBegunNoise = false;
  const createNoise = noise();
  const libp2p = await createLibp2p({
    privateKey: hostKey(nodeKeySeed),
    nodeInfo: { name: 'metanode', userAgent: 'metanode' },
    transports: [tcp()],
    connectionEncrypters: [
      (components) => {
        const encrypter = createNoise(components);
        const secureOutbound = encrypter.secureOutbound.bind(encrypter);
        encrypter.secureOutbound = async (connection, options) => {
          hasBegunNoise = true;
          return await secureOutbound(connection, options);
        };
        return encrypter;
      },
    ],
    streamMuxers: [yamux()],
    ...(swarmKey === undefined ? {} : { connectionProtector: preSharedKey({ psk: swarmKey }) }),
    connectionManager: { addressDialTimeout: LIMITS.probeTimeoutMs, dialTimeout: LIMITS.probeTimeoutMs },
    connectionMonitor: { enabled: false },
    services: { identify: identify({ runOnConnectionOpen: false }) },
  });
  return { libp2p, hasBegunNoise: () => hasBegunNoise };
}
