import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STORE_VERSION } from '../../../src/storage/chain-binding.ts';
import { dataDirPaths } from '../../../src/storage/data-dir.ts';
import { metaKey, uint64 } from '../../../src/storage/keys.ts';
import { LevelStore } from '../../../src/storage/level-store.ts';
import { NodeError } from '../../../src/util/errors.ts';
import { loadContinuable } from '../../../testnet/continuation.ts';
import { TestnetDirectory } from '../../../testnet/directory.ts';
import { parseManifest } from '../../../testnet/manifest.ts';
import { setup } from '../../../testnet/stages/setup.ts';

describe('a testnet that is to go on', () => {
  let path: string;
  let directory: TestnetDirectory;

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'metanode-continuation-'));
    directory = new TestnetDirectory(path);
    await setup(directory, parseManifest({ name: 'old', seed: 's', validators: 1, portBase: 0 }));
  });

  afterEach(async () => {
    await rm(path, { recursive: true, force: true });
  });

  async function edit(file: string, change: (json: Record<string, unknown>) => void): Promise<void> {
    const json = JSON.parse(await readFile(file, 'utf8'));
    change(json);
    await writeFile(file, JSON.stringify(json));
  }

  async function openDatabase(): Promise<LevelStore> {
    return await LevelStore.open(dataDirPaths(directory.nodePath('v1')).database);
  }

  /** Refused with the directory named and every way out. */
  const isOfOtherVersion = (error: unknown) =>
    error instanceof NodeError &&
    error.code === 'TESTNET_OF_OTHER_VERSION' &&
    error.data.directory === path &&
    [path, '--fresh', '--data-dir'].every((way) => error.hint?.includes(way));

  it('is taken up as it was set up', async () => {
    const { manifest, testnet } = await loadContinuable(directory);
    assert.equal(manifest.name, 'old');
    assert.deepEqual(
      testnet.nodes.map(({ name }) => name),
      ['v1'],
    );
    await (await openDatabase()).close();
    await loadContinuable(directory);
  });

  it('is refused where its genesis lacks a parameter that is required by now', async () => {
    await edit(directory.genesisPath, ({ parameters }) => {
      delete (parameters as Record<string, unknown>).targetBlockGas;
    });
    await assert.rejects(loadContinuable(directory), isOfOtherVersion);
  });

  it('is refused where its genesis has another hash by now', async () => {
    await edit(directory.testnetPath, (testnet) => {
      testnet.genesisHash = `0x${'0'.repeat(64)}`;
    });
    await assert.rejects(loadContinuable(directory), isOfOtherVersion);
  });

  it('is refused where its manifest has a field of another version', async () => {
    await edit(directory.manifestPath, (manifest) => {
      manifest.shards = 2;
    });
    await assert.rejects(loadContinuable(directory), isOfOtherVersion);
  });

  it('is refused where a database has another layout', async () => {
    await loadContinuable(directory);
    const store = await openDatabase();
    await store.batch([{ type: 'put', key: metaKey('version'), value: uint64(STORE_VERSION + 1) }], {
      sync: true,
    });
    await store.close();
    await assert.rejects(loadContinuable(directory), isOfOtherVersion);
  });

  it('is taken up while a node of it has its database open', async () => {
    const store = await openDatabase();
    try {
      await loadContinuable(directory);
    } finally {
      await store.close();
    }
  });
});
