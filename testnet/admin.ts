import { readFile } from 'node:fs/promises';
import { type Client, createClient } from '../src/client/client.ts';
import { dataDirPaths } from '../src/storage/data-dir.ts';
import type { Supervisor } from './supervisor.ts';

/** A node of the testnet as its administrator has it: with the token from its data directory. */
export async function adminOf(supervisor: Supervisor, name: string): Promise<Client> {
  const { adminToken } = dataDirPaths(supervisor.directory.nodePath(name));
  const token = (await readFile(adminToken, 'utf8')).trim();
  return createClient(supervisor.node(name).rpc, { headers: { authorization: `Bearer ${token}` } });
}
