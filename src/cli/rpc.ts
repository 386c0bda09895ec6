import { lstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, type ClientOptions, createClient } from '../client/client.ts';
import { errorMessage } from '../util/errors.ts';
import type { CliContext } from './context.ts';
import { usageError } from './exit-code.ts';
import { testnetHome } from './paths.ts';

const DEFAULT_URL = 'http://127.0.0.1:8545';
/** Where `--rpc-socket` best points: whoever may read the data directory finds it there. */
const SOCKET_NAME = 'metanode.sock';
/** What a request over a local socket is addressed to. */
const SOCKET_URL = 'http://localhost';

/**
 * The node that a command asks: `--rpc`, otherwise the one with a socket in `--data-dir`, otherwise one of the testnet
 * there, otherwise one of the default testnet, otherwise the default port. The token is that of `--token-file`,
 * otherwise METANODE_TOKEN.
 * @throws NodeError USAGE
 */
export async function clientOf(
  context: CliContext,
  further: Pick<ClientOptions, 'onState'> = {},
): Promise<Client> {
  const { rpcCa } = context.global;
  const [address, token, ca] = await Promise.all([
    addressOf(context),
    tokenOf(context),
    rpcCa === undefined ? undefined : readSetting('--rpc-ca', rpcCa),
  ]);
  const socketPath = /^unix:(?:\/\/)?(.+)$/.exec(address)?.[1];
  if (socketPath === undefined && !/^https?:\/\/[^/]/.test(address))
    throw usageError(`not an address of a node: ${address}`, 'write http://…, https://… or unix:/path');
  const options = { ...further, ...(token === undefined ? {} : { token }) };
  if (socketPath === undefined && ca === undefined) return createClient(address, options);
  const { transportOver } = await import('./transport.ts');
  const route = { ...(socketPath === undefined ? {} : { socketPath }), ...(ca === undefined ? {} : { ca }) };
  return createClient(socketPath === undefined ? address : SOCKET_URL, {
    ...options,
    ...transportOver(route),
  });
}

/** Where the node is that a command asks. */
export async function addressOf({ global, dataDir, process }: CliContext): Promise<string> {
  if (global.rpc !== undefined) return global.rpc;
  const socket = join(dataDir, SOCKET_NAME);
  if (lstatSync(socket, { throwIfNoEntry: false })?.isSocket() === true) return `unix:${socket}`;
  const home = testnetHome('default', process.env);
  return (await nodeOf(dataDir)) ?? (await nodeOf(home)) ?? DEFAULT_URL;
}

/**
 * The token that the node is shown. A secret is never an argument, which everybody on the machine could read.
 * @throws NodeError USAGE
 */
export async function tokenOf({ global, process }: CliContext): Promise<string | undefined> {
  const { tokenFile } = global;
  const text =
    tokenFile === undefined ? process.env.METANODE_TOKEN : await readSetting('--token-file', tokenFile);
  const token = text?.trim();
  if (token !== undefined && !/^\S{1,4096}$/.test(token))
    throw usageError(`there is no token in ${tokenFile ?? 'METANODE_TOKEN'}`);
  return token;
}

async function readSetting(flag: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw usageError(`${flag}: cannot read ${file}: ${errorMessage(cause)}`);
  }
}

/** The RPC of a running node of the testnet in this directory. */
async function nodeOf(directory: string): Promise<string | undefined> {
  const text = await readFile(join(directory, 'testnet.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { nodes } = JSON.parse(text) as { nodes: { rpc: string; pid: number | null }[] };
  return nodes.find(({ pid }) => pid !== null)?.rpc;
}
