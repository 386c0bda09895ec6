import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, createClient } from '../client/client.ts';
import type { CliContext } from './context.ts';
import { testnetHome } from './paths.ts';

const DEFAULT_URL = 'http://127.0.0.1:8545';

/**
 * The node that a command asks: `--rpc`, otherwise one of the testnet in `--data-dir`, otherwise one of the default
 * testnet, otherwise the default port.
 */
export async function clientOf(context: CliContext): Promise<Client> {
  if (context.global.rpc !== undefined) return createClient(context.global.rpc);
  const home = testnetHome('default', context.process.env);
  return createClient((await nodeOf(context.dataDir)) ?? (await nodeOf(home)) ?? DEFAULT_URL);
}

/** The RPC of a running node of the testnet in this directory. */
async function nodeOf(directory: string): Promise<string | undefined> {
  const testnet = join(directory, 'testnet.json');
  if (!existsSync(testnet)) return undefined;
  const file = JSON.parse(await readFile(testnet, 'utf8')) as {
    nodes: { rpc: string; pid: number | null }[];
  };
  return file.nodes.find(({ pid }) => pid !== null)?.rpc;
}
