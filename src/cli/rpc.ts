import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, createClient } from '../client/client.ts';
import type { CliContext } from './context.ts';
import { testnetHome } from './paths.ts';

const DEFAULT_URL = 'http://127.0.0.1:8545';

/** The node that a command asks: `--rpc`, otherwise one of the default testnet, otherwise the default port. */
export async function clientOf(context: CliContext): Promise<Client> {
  return createClient(context.global.rpc ?? (await defaultUrl(context.process.env)));
}

async function defaultUrl(environment: NodeJS.ProcessEnv): Promise<string> {
  const testnet = join(testnetHome('default', environment), 'testnet.json');
  if (!existsSync(testnet)) return DEFAULT_URL;
  const file = JSON.parse(await readFile(testnet, 'utf8')) as {
    nodes: { rpc: string; pid: number | null }[];
  };
  return file.nodes.find(({ pid }) => pid !== null)?.rpc ?? DEFAULT_URL;
}
