import { z } from 'zod';
import { LIMITS } from '../util/limits.ts';
import { LOG_LEVELS } from '../util/logger.ts';

/** What a person sets for one node; consensus rules stand in genesis instead. */
export const NodeOptionsSchema = z.strictObject({
  dataDir: z.string().min(1),
  name: z.string().max(64).default('node'),
  listen: z.array(z.string()).default(['/ip4/127.0.0.1/tcp/4101']),
  advertise: z.array(z.string()).default([]),
  bootnodes: z.array(z.string()).default([]),
  swarmKeyFile: z.string().optional(),
  /** Only the peers in this file are let in. */
  allowlistFile: z.string().optional(),
  /** Many nodes share one host: no limits per address, patient dialling. */
  loopbackTestnet: z.boolean().default(false),
  maxPeers: z.number().int().min(1).max(1000).default(LIMITS.maxPeers),
  rpcHost: z.string().default('127.0.0.1'),
  rpcPort: z.number().int().min(0).max(65535).default(8545),
  rpcHostAllowlist: z.array(z.string()).default([]),
  /** Scopes that need no token; by default read, write and debug on loopback, elsewhere read. */
  rpcApi: z.array(z.enum(['read', 'write', 'debug'])).optional(),
  /** Calls per second of each token, and of each address without one. */
  rpcRateLimit: z.number().int().min(1).default(LIMITS.maxRpcCallsPerSecond),
  /** Origins whose pages may call the RPC. */
  rpcCors: z.array(z.string().max(256)).default([]),
  /** Path of a socket with all scopes, for the user that runs the node. */
  rpcSocket: z.string().min(1).optional(),
  rpcTlsCert: z.string().optional(),
  rpcTlsKey: z.string().optional(),
  keyPasswordFile: z.string().optional(),
  insecureKeys: z.boolean().default(false),
  logLevel: z.enum(LOG_LEVELS).default('info'),
  /** First round's time-out; doubles per round up to the cap. */
  baseTimeoutMs: z.number().int().min(100).default(1_500),
  timeoutCapMs: z.number().int().min(100).default(8_000),
  resendIntervalMs: z.number().int().min(50).default(1_000),
  /** Proposer policy under work; genesis gives the default. */
  targetBlockIntervalMs: z.number().int().min(50).optional(),
  emptyBlockIntervalMs: z.number().int().min(100).optional(),
  /** Without it this node mines only what it proposes itself, and takes no sections of others into its proposals. */
  mining: z.boolean().default(true),
  /** File in which every consensus message is written down before it is sent; only for testnets, it has no bound. */
  recordSent: z.string().optional(),
  /** Height from which a validator whose vote journal is lost may sign again. */
  acceptLostJournal: z.number().int().min(1).optional(),
});
export type NodeOptions = z.infer<typeof NodeOptionsSchema>;
export type NodeOptionsInput = z.input<typeof NodeOptionsSchema>;

/** Where the value of an option is from: the command line, the environment, the code that starts the node. */
export type OptionOrigin = 'flag' | 'env' | 'program' | 'default';
export type OptionOrigins = Readonly<Partial<Record<keyof NodeOptions, OptionOrigin>>>;

/** Of options that a program gives: what it names is its own, the rest are defaults. */
export function originsOf(input: NodeOptionsInput): OptionOrigins {
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => [name, value === undefined ? 'default' : 'program']),
  );
}
