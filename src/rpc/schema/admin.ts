import { z } from 'zod';
import { LOG_LEVELS } from '../../util/logger.ts';
import { method } from './method.ts';
import { noParams, pageParams } from './params.ts';
import { Address, Count, dumpFields, Height, page, Time } from './results.ts';

/** Long enough for any test, and it ends by itself. */
const MAX_ISOLATION_MS = 600_000;

const MAX_DIAL_MS = 60_000;
const DEFAULT_DIAL_MS = 15_000;

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
    summary: 'Who connected, left or was refused since the node started, newest first, with the reason.',
    params: z.strictObject({ peerId: z.string().max(128).optional(), ...pageParams }),
    result: z.object({
      ...dumpFields,
      ...page(
        z.object({
          kind: z.enum(['connected', 'disconnected', 'refused', 'refused-us']),
          peerId: z.string(),
          validator: Address.nullable(),
          address: z.string().nullable(),
          reason: z.string().nullable(),
          at: Time,
        }),
      ).shape,
    }),
  }),
  admin_addPeer: method({
    scope: 'admin',
    summary:
      'Dials an address and waits until the handshake is done, or fails with the reason of either side.',
    waits: true,
    params: z.strictObject({
      address: z.string().max(512),
      timeoutMs: z.int().min(1).max(MAX_DIAL_MS).default(DEFAULT_DIAL_MS),
    }),
    result: z.object({ peerId: z.string() }),
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
          origin: z.enum(['flag', 'env', 'program', 'default']),
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
};
