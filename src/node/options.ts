import * as z from 'zod';
import { LIMITS } from '../util/limits.ts';
import { LOG_LEVELS } from '../util/logger.ts';
import { parseHostPort } from './host-port.ts';

/** How a person writes an option: as a flag, whose name is also that of its environment variable and its YAML key. */
export interface OptionFlag {
  /** `--rpc-listen <host:port>`; a flag that begins with `--no-` makes the option false. */
  readonly flag: string;
  readonly summary: string;
  /** Every command takes it, not `node start` alone. */
  readonly global?: true;
  /** Not shown in the help. */
  readonly hidden?: true;
  /** Written as `500ms` or `2s`; the option is in milliseconds. */
  readonly duration?: true;
}

const flags = z.registry<OptionFlag>();
const texts = () => z.array(z.string().max(1024)).default([]);

/**
 * What a person sets for one node; consensus rules stand in genesis instead. The one table of these options: the flags
 * of `node start`, their help, environment variables and YAML keys, `config show` and `admin_config` all come from here.
 */
export const NodeOptionsSchema = z.strictObject({
  dataDir: z.string().min(1).register(flags, {
    flag: '--data-dir <dir>',
    summary: 'where the node or the testnet keeps its data',
    global: true,
  }),
  name: z
    .string()
    .max(64)
    .default('node')
    .register(flags, { flag: '--name <name>', summary: 'name in logs' }),
  listen: z
    .array(z.string())
    .default(['/ip4/127.0.0.1/tcp/4101'])
    .register(flags, { flag: '--listen <multiaddr>', summary: 'address for peers; may be repeated' }),
  advertise: texts().register(flags, {
    flag: '--advertise <address>',
    summary:
      'multiaddr, IP address or host name that peers are told beside those listened on; may be repeated',
  }),
  advertiseOnly: z
    .boolean()
    .default(false)
    .register(flags, { flag: '--advertise-only', summary: 'tell peers the --advertise addresses alone' }),
  bootnodes: texts().register(flags, {
    flag: '--bootnode <multiaddr>',
    summary: 'peer to dial first; may be repeated',
  }),
  swarmKeyFile: z
    .string()
    .optional()
    .register(flags, { flag: '--swarm-key <file>', summary: 'key of a private network' }),
  allowlistFile: z.string().optional().register(flags, {
    flag: '--allowlist <file>',
    summary: 'let in only the peers in this YAML file (`nodes:` and a list of peer ids)',
  }),
  maxPeers: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(LIMITS.maxPeers)
    .register(flags, { flag: '--max-peers <count>', summary: 'most connections' }),
  rpcListen: z
    .string()
    .refine((text) => parseHostPort(text) !== undefined, 'write it as 127.0.0.1:8545')
    .default('127.0.0.1:8545')
    .register(flags, { flag: '--rpc-listen <host:port>', summary: 'address of the JSON-RPC' }),
  rpcHostAllowlist: texts().register(flags, {
    flag: '--rpc-host-allowlist <host>',
    summary: 'further names in a Host header; may be repeated',
  }),
  rpcApi: z
    .array(z.enum(['read', 'write', 'debug']))
    .optional()
    .register(flags, {
      flag: '--rpc-api <scope>',
      summary:
        'scope without a token: read, write, debug; may be repeated (default: all three on loopback, else read)',
    }),
  rpcRateLimit: z.number().int().min(1).default(LIMITS.maxRpcCallsPerSecond).register(flags, {
    flag: '--rpc-rate-limit <calls>',
    summary: 'calls per second of each token, and of each address without one',
  }),
  rpcCors: z.array(z.string().max(256)).default([]).register(flags, {
    flag: '--rpc-cors <origin>',
    summary: 'origin whose pages may call the JSON-RPC; may be repeated',
  }),
  rpcSocket: z.string().min(1).optional().register(flags, {
    flag: '--rpc-socket <path>',
    summary: 'serve the JSON-RPC on a local socket, too: all scopes, this user only',
  }),
  rpcTlsCert: z.string().optional().register(flags, {
    flag: '--rpc-tls-cert <file>',
    summary: 'certificate chain, PEM: the JSON-RPC then speaks HTTPS',
  }),
  rpcTlsKey: z
    .string()
    .optional()
    .register(flags, { flag: '--rpc-tls-key <file>', summary: 'key of the certificate, PEM' }),
  metrics: z
    .string()
    .refine((text) => parseHostPort(text) !== undefined, 'write it as 127.0.0.1:9464')
    .optional()
    .register(flags, {
      flag: '--metrics <host:port>',
      summary: 'serve /metrics, /livez and /readyz at this address, too',
    }),
  keyPasswordFile: z
    .string()
    .optional()
    .register(flags, { flag: '--key-password-file <file>', summary: 'password of the key files' }),
  insecureKeys: z
    .boolean()
    .default(false)
    .register(flags, { flag: '--insecure-keys', summary: 'accept key files in the clear' }),
  /** Without it this node mines only what it proposes itself, and takes no sections of others into its proposals. */
  mining: z.boolean().default(true).register(flags, {
    flag: '--no-mining',
    summary: 'mine no sections but those that an own proposal lacks',
  }),
  /** Height from which a validator whose vote journal is lost may sign again. */
  acceptLostJournal: z.number().int().min(1).optional().register(flags, {
    flag: '--accept-lost-journal <height>',
    summary: 'sign again from this height on although the vote journal is lost',
  }),
  logLevel: z.enum(LOG_LEVELS).default('info').register(flags, {
    flag: '--log-level <level>',
    summary: 'least severe log line',
    global: true,
  }),
  baseTimeoutMs: z.number().int().min(100).default(3_000).register(flags, {
    flag: '--base-timeout <duration>',
    summary: "time-out of a height's first round; it doubles with each round, up to the cap",
    duration: true,
  }),
  timeoutCapMs: z
    .number()
    .int()
    .min(100)
    .default(8_000)
    .register(flags, { flag: '--timeout-cap <duration>', summary: 'longest round time-out', duration: true }),
  resendIntervalMs: z.number().int().min(50).default(1_000).register(flags, {
    flag: '--resend-interval <duration>',
    summary: 'time between two sends of an own round change or vote',
    duration: true,
  }),
  targetBlockIntervalMs: z.number().int().min(50).optional().register(flags, {
    flag: '--target-block-interval <duration>',
    summary: 'time between blocks under work that this node proposes (default: that of genesis)',
    duration: true,
  }),
  emptyBlockIntervalMs: z.number().int().min(100).optional().register(flags, {
    flag: '--empty-block-interval <duration>',
    summary: 'time between blocks without work that this node proposes (default: that of genesis)',
    duration: true,
  }),
  loopbackTestnet: z.boolean().default(false).register(flags, {
    flag: '--loopback-testnet',
    summary: 'many nodes share this host: no limits per address, patient dialling',
    hidden: true,
  }),
  recordSent: z.string().optional().register(flags, {
    flag: '--record-sent <file>',
    summary:
      'write down every consensus message before it is sent (test networks only: the file has no bound)',
    hidden: true,
  }),
});
export type NodeOptions = z.infer<typeof NodeOptionsSchema>;
export type NodeOptionsInput = z.input<typeof NodeOptionsSchema>;

/** One option of the table. */
export interface NodeOption {
  readonly name: keyof NodeOptions;
  readonly schema: z.ZodType;
  readonly flag: OptionFlag;
  /** The flag's name without its dashes, which is the option's key in YAML. */
  readonly key: string;
}

export const NODE_OPTIONS: readonly NodeOption[] = Object.entries(NodeOptionsSchema.shape).map(
  ([name, schema]) => {
    const flag = flags.get(schema);
    const key = flag && /^--([a-z-]+)/.exec(flag.flag)?.[1];
    if (flag === undefined || key === undefined) throw new Error(`the option ${name} has no flag`);
    return { name: name as keyof NodeOptions, schema, flag, key };
  },
);

/** Where the value of an option is from: the command line, the environment, a file, the code that starts the node. */
export interface OptionOrigin {
  readonly kind: 'flag' | 'env' | 'file' | 'program' | 'default';
  /** The flag, the variable, or file and line; null for a program and a default. */
  readonly source: string | null;
}
export type OptionOrigins = Readonly<Partial<Record<keyof NodeOptions, OptionOrigin>>>;

export const DEFAULT_ORIGIN: OptionOrigin = { kind: 'default', source: null };

/** Of options that a program gives: what it names is its own, the rest are defaults. */
export function originsOf(input: NodeOptionsInput): OptionOrigins {
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => [
      name,
      value === undefined ? DEFAULT_ORIGIN : { kind: 'program', source: null },
    ]),
  );
}

/** An option as it is in effect. Files are named, what they hold is not shown. */
export interface OptionInEffect {
  readonly name: string;
  readonly value: unknown;
  readonly origin: OptionOrigin['kind'];
  readonly source: string | null;
}

/** All options in the order of the table, by the names that people write. */
export function optionsInEffect(options: NodeOptions, origins: OptionOrigins): OptionInEffect[] {
  return NODE_OPTIONS.map(({ name, key }) => {
    const { kind, source } = origins[name] ?? DEFAULT_ORIGIN;
    // `no-mining` is true where the option is false.
    const value = key.startsWith('no-') ? !options[name] : options[name];
    return { name: key, value: value ?? null, origin: kind, source };
  });
}
