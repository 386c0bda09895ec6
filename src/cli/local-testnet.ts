import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CliContext } from './context.ts';
import { testnetHome } from './paths.ts';

/** Key files that every testnet has, in the clear, for people who try the command line. */
export const TESTNET_KEYS = {
  account: 'alice',
  payee: 'bob',
  /** Of the node that runs containers for that account. */
  node: 'container-node',
  imageSigners: ['image-signer-1', 'image-signer-2'],
} as const;

/** Files of a testnet on this machine. */
export interface LocalTestnet {
  readonly genesisFile: string;
  /** The path of a key file of {@link TESTNET_KEYS}. */
  keyFile(name: string): string;
}

/**
 * The testnet on this machine that makes this chain: the one in the data directory, or one of those that have a name.
 * Undefined if there is none, so that keys of a testnet are never used on another chain.
 */
export async function findLocalTestnet(
  context: CliContext,
  genesisHash: string,
): Promise<LocalTestnet | undefined> {
  const named = dirname(testnetHome('default', context.process.env));
  const names = await readdir(named).catch(() => []);
  for (const directory of [context.dataDir, ...names.map((name) => join(named, name))]) {
    const description = join(directory, 'testnet.json');
    if (!existsSync(description)) continue;
    const file = JSON.parse(await readFile(description, 'utf8')) as { genesisHash?: unknown };
    if (file.genesisHash !== `0x${genesisHash}`) continue;
    return {
      genesisFile: join(directory, 'genesis.json'),
      keyFile: (name) => join(directory, 'accounts', `${name}.json`),
    };
  }
  return undefined;
}
