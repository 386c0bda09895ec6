import { existsSync } from 'node:fs';
import { readGenesisFile } from '../src/node/genesis-file.ts';
import { bindToChain } from '../src/storage/chain-binding.ts';
import { dataDirPaths } from '../src/storage/data-dir.ts';
import { LevelStore } from '../src/storage/level-store.ts';
import { hashGenesis } from '../src/types/genesis.ts';
import { errorCode, errorMessage, NodeError } from '../src/util/errors.ts';
import type { TestnetDirectory, TestnetErrorCode, TestnetFile } from './directory.ts';
import type { Manifest } from './manifest.ts';

/** How a file shows that a program with other formats or other parameters wrote it. */
const SIGNS_OF_OTHER_VERSION = new Set([
  'MALFORMED_FILE',
  'MALFORMED_JSON',
  'GENESIS_FILE_MALFORMED',
  'GENESIS_MISMATCH',
  'STORE_VERSION',
]);

/**
 * The testnet in a directory whose nodes this program is about to start again. Reads what they will read, so that
 * a testnet of another version is found out before the first of them runs.
 * @throws NodeError TESTNET_OF_OTHER_VERSION, NO_TESTNET, NO_SUCH_FILE, GENESIS_FILE_UNREADABLE, or of the database
 */
export async function loadContinuable(
  directory: TestnetDirectory,
): Promise<{ manifest: Manifest; testnet: TestnetFile }> {
  try {
    const [manifest, testnet] = await Promise.all([directory.loadManifest(), directory.loadTestnet()]);
    const genesisHash = hashGenesis(await readGenesisFile(directory.genesisPath));
    if (testnet.genesisHash !== `0x${genesisHash}`)
      throw new NodeError<'GENESIS_MISMATCH'>(
        'GENESIS_MISMATCH',
        'its genesis has another hash in this version',
      );
    await assertDatabaseFits(directory, testnet, genesisHash);
    return { manifest, testnet };
  } catch (cause) {
    if (!SIGNS_OF_OTHER_VERSION.has(errorCode(cause) ?? '')) throw cause;
    throw new NodeError<TestnetErrorCode>(
      'TESTNET_OF_OTHER_VERSION',
      `${directory.path} holds a testnet of another version of Metanode: ${errorMessage(cause)}`,
      {
        data: { directory: directory.path },
        hint: `start anew there with --fresh, remove ${directory.path}, or choose another name or --data-dir`,
        cause,
      },
    );
  }
}

/** One version made all databases, so the first tells of the others; a node that has it open has found that it fits. */
async function assertDatabaseFits(
  directory: TestnetDirectory,
  testnet: TestnetFile,
  genesisHash: string,
): Promise<void> {
  const path = testnet.nodes
    .map(({ name }) => dataDirPaths(directory.nodePath(name)).database)
    .find((database) => existsSync(database));
  if (path === undefined) return;
  const store = await LevelStore.open(path).catch((error: unknown) => {
    if (errorCode(error) === 'STORE_LOCKED') return undefined;
    throw error;
  });
  try {
    if (store !== undefined) await bindToChain(store, genesisHash);
  } finally {
    await store?.close();
  }
}
