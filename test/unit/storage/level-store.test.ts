import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { LevelStore } from '../../../src/storage/level-store.ts';
import { useTemporaryDirectory } from '../../support/temporary-directory.ts';

describe('The store on disk', () => {
  const directory = useTemporaryDirectory();

  it('keeps what was written when it is closed and opened again', async () => {
    const first = await LevelStore.open(directory.join('db'));
    await first.batch([{ type: 'put', key: Uint8Array.of(1), value: Uint8Array.of(2) }], { sync: true });
    await first.close();
    const second = await LevelStore.open(directory.join('db'));
    assert.deepEqual(second.getSync(Uint8Array.of(1)), Uint8Array.of(2));
    await second.close();
  });

  it('refuses a directory that is open already with STORE_LOCKED', async () => {
    const store = await LevelStore.open(directory.join('db'));
    await assert.rejects(LevelStore.open(directory.join('db')), { code: 'STORE_LOCKED' });
    await store.close();
  });

  it('refuses a database whose manifest is damaged with STORE_CORRUPT', async () => {
    await (await LevelStore.open(directory.join('db'))).close();
    writeFileSync(directory.join('db/CURRENT'), 'MANIFEST-nonsense');
    await assert.rejects(LevelStore.open(directory.join('db')), { code: 'STORE_CORRUPT' });
  });

  it('refuses a path that cannot be a directory with STORE_UNAVAILABLE', async () => {
    writeFileSync(directory.join('db'), 'a file');
    await assert.rejects(LevelStore.open(directory.join('db')), { code: 'STORE_UNAVAILABLE' });
  });
});
