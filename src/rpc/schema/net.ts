import * as z from 'zod';
import { method } from './method.ts';
import { noParams } from './params.ts';
import { Count, dumpFields, Hash, Height, Time } from './results.ts';

export const netMethods = {
  net_version: method({
    scope: 'read',
    summary: 'The chain id as decimal text.',
    params: noParams,
    result: z.string(),
  }),
  net_listening: method({
    scope: 'read',
    summary: 'Whether the node accepts connections from peers.',
    params: noParams,
    result: z.boolean(),
  }),
  net_peerCount: method({
    scope: 'read',
    summary: 'How many peers are connected, and how many of them are validators.',
    params: noParams,
    result: z.object({ connected: Count, validators: Count }),
  }),
  net_identity: method({
    scope: 'read',
    summary: 'Who this node is to its peers.',
    params: noParams,
    result: z.object({
      peerId: z.string(),
      agent: z.string(),
      protocols: z.array(z.string()),
      listenAddresses: z.array(z.string()),
      announcedAddresses: z.array(z.string()),
    }),
  }),
  net_status: method({
    scope: 'read',
    summary: 'What the node tells its peers in the handshake, and whether it is catching up.',
    params: noParams,
    result: z.object({
      chainId: Count,
      genesisHash: Hash,
      height: Height,
      blockHash: Hash,
      role: z.enum(['validator', 'observer']),
      protocolVersion: Count,
      forks: z.array(z.object({ name: z.string(), height: Height })),
      syncing: z.boolean(),
      targetHeight: Height,
    }),
  }),
  net_reachability: method({
    scope: 'read',
    summary: 'Whether peers come in, which is all that a node can know by itself of how it is reached.',
    params: noParams,
    result: z.object({
      ...dumpFields,
      verdict: z.enum(['reachable', 'unknown']),
      /** Connected peers that dialled this node. */
      inboundPeers: Count,
      lastInboundAt: Time.nullable(),
      lastInboundPeer: z.string().nullable(),
      addresses: z.array(z.object({ address: z.string(), announced: z.boolean() })),
    }),
  }),
};
