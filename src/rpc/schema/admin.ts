import * as z from 'zod';
import { LIMITS } from '../../util/limits.ts';
import { LOG_LEVELS } from '../../util/logger.ts';
import { method } from './method.ts';
import { noParams, PeerIdParam, pageParams } from './params.ts';
import { Address, Count, dumpFields, Height, page, Time } from './results.ts';

/** Long enough for any test, and it ends by itself. */
const MAX_ISOLATION_MS = 600_000;

/** As many nodes as a testnet may have. */
const MAX_CUT_OFF_PEERS = 128;

const MAX_DIAL_MS = 60_000;
const DEFAULT_DIAL_MS = 15_000;

/** Who came, left, was refused by this node or refused it (`refused-us`). */
export const PeerEvent = z.object({
  kind: z.enum(['connected', 'disconnected', 'refused', 'refused-us']),
  peerId: z.string(),
  validator: Address.nullable(),
  address: z.string().nullable(),
  reason: z.string().nullable(),
  at: Time,
});

export const adminMethods = {
  admin_nodeInfo: method({
    scope: 'debug',
    summary: 'This node: name, role, version, addresses, validator and uptime.',
    params: noParams,
    result: z.object({
      ...dumpFields,
      name: z.string(),
      version: z.string(),
      role: z.enum(['validator', 'observer']),
      validator: Address.nullable(),
      chainId: Count,
      addresses: z.array(z.string()),
      startedAt: Time,
      pid: Count,
      memoryBytes: Count,
    }),
  }),
  admin_peers: method({
    scope: 'debug',
    summary: 'The connected peers.',
    params: z.strictObject({ ...pageParams }),
    result: z.object({
      ...dumpFields,
      ...page(
        z.object({
          peerId: z.string(),
          address: z.string(),
          announcedAddresses: z.array(z.string()),
          direction: z.enum(['inbound', 'outbound']),
          connectedAt: Time,
          role: z.enum(['validator', 'observer']).nullable(),
          validator: Address.nullable(),
          height: Height.nullable(),
          push: z.boolean(),
        }),
      ).shape,
    }),
  }),
  admin_peerHistory: method({
    scope: 'debug',
    summary:
      'The last that connected, left or were refused, newest first, with the reason; a restart does not end the list.',
    params: z.strictObject({ peerId: z.string().max(128).optional(), ...pageParams }),
    result: z.object({
      ...dumpFields,
      ...page(PeerEvent).shape,
    }),
  }),
  admin_bootnodes: method({
    scope: 'debug',
    summary:
      'The peers that this node was told to dial first: whether each is connected, and what was last heard of it if not.',
    params: noParams,
    result: z.object({
      ...dumpFields,
      bootnodes: z.array(
        z.object({
          address: z.string(),
          peerId: z.string().nullable(),
          connected: z.boolean(),
          /** Since when it is connected, or gone. */
          since: Time.nullable(),
          reason: z.string().nullable(),
        }),
      ),
    }),
  }),
  admin_addPeer: method({
    scope: 'admin',
    summary:
      'Dials an address and waits until the handshake is done, or fails with the reason of either side, or with that of the step below it where the way ends, as `peers test` names it.',
    waits: true,
    params: z.strictObject({
      address: z.string().max(512),
      timeoutMs: z.int().min(1).max(MAX_DIAL_MS).default(DEFAULT_DIAL_MS),
    }),
    result: z.object({ peerId: z.string() }),
  }),
  admin_removePeer: method({
    scope: 'admin',
    summary:
      'Ends the connection with a peer, and does not dial it again before admin_addPeer or a restart; it may come by itself.',
    params: z.strictObject({ peerId: PeerIdParam }),
    result: z.object({ peerId: z.string(), wasConnected: z.boolean() }),
  }),
  admin_banPeer: method({
    scope: 'admin',
    summary:
      'Ends the connection with a peer, and has none with it any more, whoever dials, also after a restart.',
    params: z.strictObject({
      peerId: PeerIdParam,
      reason: z.string().max(LIMITS.maxBanReasonLength).optional(),
    }),
    result: z.object({ peerId: z.string(), banned: z.boolean(), wasConnected: z.boolean(), total: Count }),
  }),
  admin_unbanPeer: method({
    scope: 'admin',
    summary: 'Lets a banned peer connect again, and dials it if it is missing.',
    params: z.strictObject({ peerId: PeerIdParam }),
    result: z.object({ peerId: z.string(), unbanned: z.boolean(), total: Count }),
  }),
  admin_bannedPeers: method({
    scope: 'debug',
    summary: 'The banned peers, oldest ban first, with how often each came since the start of the node.',
    params: z.strictObject({ ...pageParams }),
    result: z.object({
      ...dumpFields,
      ...page(
        z.object({
          peerId: z.string(),
          at: Time,
          reason: z.string().nullable(),
          refusals: Count,
          lastRefusalAt: Time.nullable(),
        }),
      ).shape,
    }),
  }),
  admin_config: method({
    scope: 'admin',
    summary:
      'The options in effect, and where each is from. Files are named; passwords, keys and tokens stand in files only.',
    params: noParams,
    result: z.object({
      ...dumpFields,
      options: z.array(
        z.object({
          name: z.string(),
          /** Null if it is not set. */
          value: z.unknown(),
          origin: z.enum(['flag', 'env', 'file', 'program', 'default']),
          /** The flag, the environment variable, or file and line. */
          source: z.string().nullable(),
        }),
      ),
    }),
  }),
  admin_setLogLevel: method({
    scope: 'admin',
    summary:
      'Sets the least severe log line of one module, or of all, until the node stops; says all levels.',
    params: z.strictObject({ level: z.enum(LOG_LEVELS), module: z.string().max(64).optional() }),
    result: z.object({ levels: z.array(z.object({ module: z.string(), level: z.enum(LOG_LEVELS) })) }),
  }),
  admin_isolate: method({
    scope: 'admin',
    summary: 'Ends all connections with peers and has none for so many milliseconds, to try an outage.',
    params: z.strictObject({ forMs: z.int().min(1).max(MAX_ISOLATION_MS) }),
    result: z.object({ untilMs: Count }),
  }),
  admin_partition: method({
    scope: 'admin',
    summary:
      'Testnets only: ends connections with these peers and has none with them, as if the network had split, until called again; none heals it.',
    params: z.strictObject({ peerIds: z.array(z.string().min(1).max(128)).max(MAX_CUT_OFF_PEERS) }),
    result: z.object({ cutOff: Count }),
  }),
};
