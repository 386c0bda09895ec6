import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initKeys } from '../../../src/node/init-node.ts';
import { dataDirPaths, lockDataDir } from '../../../src/storage/data-dir.ts';
import { TestnetDirectory } from '../../../testnet/directory.ts';
import { createTestnetGenesis } from '../../../testnet/genesis.ts';
import { makeNode } from '../../../testnet/make-node.ts';

describe('a node that a testnet makes', () => {
  const genesis = createTestnetGenesis({
    ...{ seed: 'unit', validators: 1, chainId: 7, timeMs: 1_700_000_000_000 },
    ...{ blockTimeMs: 1_000, emptyBlocksMs: 10_000 },
  });
  const ports = { p2p: 17_001, rpc: 17_002 };
  let directory: TestnetDirectory;
  beforeEach(() => {
    directory = new TestnetDirectory(mkdtempSync(join(tmpdir(), 'metanode-make-')));
  });
  afterEach(() => rmSync(directory.path, { recursive: true, force: true }));

  const make = (name: string) => makeNode({ directory, seed: 'unit', genesis }, name, ports, true);

  it('takes the place of one whose making was cut short, at whatever moment', async () => {
    const dataDir = directory.nodePath('v2');
    await initKeys(dataDir, undefined, true);
    rmSync(dataDirPaths(dataDir).unusedKeys);
    const { peerId } = await make('v2');
    writeFileSync(dataDirPaths(dataDir).genesis, '{');
    assert.equal((await make('v2')).peerId, peerId);
  });

  it('leaves a directory alone that a process uses', async () => {
    const lock = lockDataDir(directory.nodePath('v2'));
    await assert.rejects(make('v2'), { code: 'DATA_DIR_LOCKED' });
    lock.release();
    await make('v2');
  });
});
