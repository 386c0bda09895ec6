import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CliContext } from './context.ts';
import { testnetHome } from './paths.ts';

/** Key files that every testnet has, in the clear, for people who try the command line. */
export const TESTNET_KEYS = {
  account: 'alice',
  /** Of the node that runs containers for that account. */
  node: 'container-node',
  imageSigners: ['image-signer-1', 'image-signer-2'],
} as const;

/**
 * The path of a key file of the testnet on this machine that makes this chain: the one in the data directory, or the
 * default one. Undefined if there is none, so that keys of a testnet are never used on another chain.
 */
export function testnetKeys(
  context: CliContext,
  genesisHash: string,
): Promise<((name: string) => string) | undefined> {
  return findTestnet([context.dataDir, testnetHome('default', context.process.env)], genesisHash);
}

async function findTestnet(
  directories: readonly string[],
  genesisHash: string,
): Promise<((name: string) => string) | undefined> {
  for (const directory of directories) {
    const description = join(directory, 'testnet.json');
    if (!existsSync(description)) continue;
    const file = JSON.parse(await readFile(description, 'utf8')) as { genesisHash?: unknown };
    if (file.genesisHash === `0x${genesisHash}`) return (name) => join(directory, 'accounts', `${name}.json`);
  }
  return undefined;
}
