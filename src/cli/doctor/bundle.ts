import { open, readdir, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Client } from '../../client/client.ts';
import type { OptionInEffect } from '../../node/options.ts';
import { METHODS, type MethodName } from '../../rpc/schema/methods.ts';
import { errorCode, errorMessage } from '../../util/errors.ts';
import { tarOf } from '../../util/tar.ts';
import { toJsonText } from '../output.ts';
import type { Secrets } from './secrets.ts';

/** What a node is asked for a bundle: how it stands with its peers, the chain, its pool and itself. */
const ASKED: readonly MethodName[] = [
  'rpc_version',
  'net_status',
  'net_identity',
  'net_peerCount',
  'net_reachability',
  'chain_getFinalizedHead',
  'ibft_diagnose',
  'ibft_getRoundState',
  'ibft_dumpConsensusState',
  'ibft_roundHistory',
  'ibft_getEvidence',
  'miner_status',
  'txpool_status',
  'txpool_dropped',
  'gossip_topics',
  'gossip_stats',
  'gossip_queue',
  'gossip_rejected',
  'admin_nodeInfo',
  'admin_peers',
  'admin_peerHistory',
  'admin_config',
  'docklock_runtimes',
  'debug_getBadBlocks',
  'debug_eventLoop',
];
/** The end of a log tells most. */
const MAX_LOG_BYTES = 2 * 1024 * 1024;
const MAX_LOGS = 64;

export interface BundleContent {
  readonly findings: unknown;
  readonly machine: unknown;
  readonly options: readonly OptionInEffect[];
  /** Undefined if no node answers. */
  readonly client: Client | undefined;
  readonly logFiles: readonly string[];
}

/**
 * Writes an archive for whoever helps: what the doctor found, the options in effect, what the node says, and the ends
 * of the logs. Nothing else is looked at, and from all of it secrets are removed. Returns the names in it.
 */
export async function writeBundle(file: string, content: BundleContent, secrets: Secrets): Promise<string[]> {
  const files = new Map<string, string>();
  const add = (name: string, text: string) => files.set(`metanode-report/${name}`, secrets.removeFrom(text));
  const addJson = (name: string, value: unknown) => add(name, `${toJsonText(value)}\n`);
  addJson('doctor.json', content.findings);
  addJson('machine.json', content.machine);
  addJson('options.json', content.options);
  const { client } = content;
  if (client !== undefined)
    for (const method of ASKED) addJson(`status/${method}.json`, await answerOf(client, method));
  const logs = content.logFiles.slice(0, MAX_LOGS);
  for (const [index, log] of logs.entries())
    add(`logs/${String(index + 1).padStart(2, '0')}-${basename(log)}`, await endOf(log));
  await writeFile(file, await promisify(gzip)(tarOf(files)), { mode: 0o600 });
  return [...files.keys()];
}

async function answerOf(client: Client, method: MethodName): Promise<unknown> {
  const hasLimit = 'limit' in METHODS[method].params.shape;
  try {
    return await client.call(method, (hasLimit ? { limit: 200 } : {}) as never);
  } catch (error) {
    return { error: errorCode(error) ?? 'UNKNOWN', message: errorMessage(error) };
  }
}

async function endOf(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const length = Math.min(size, MAX_LOG_BYTES);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    return `${errorMessage(error)}\n`;
  }
}

/** The log files that a testnet keeps in its directory; of a node alone only its owner knows where they go. */
export async function logsIn(dataDir: string): Promise<string[]> {
  const directory = join(dataDir, 'logs');
  const names = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith('.log'));
  const paths = names.sort().map((name) => join(directory, name));
  const sizes = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  return paths.filter((_, index) => sizes[index]?.isFile() === true);
}
