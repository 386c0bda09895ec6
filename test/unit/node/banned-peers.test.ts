import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { BannedPeers } from '../../../src/node/banned-peers.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { useTemporaryDirectory } from '../../support/temporary-directory.ts';

describe('The banned peers of a node', () => {
  const directory = useTemporaryDirectory();
  const path = () => directory.join('banned-peers.json');
  const clock = { wallMs: () => 1_700_000_000_000, monotonicMs: () => 0 };
  const open = () => BannedPeers.open(path(), clock);
  const listed = (bans: BannedPeers) => bans.list().map(({ peerId, reason }) => [peerId, reason]);

  it('are nobody at first, and hold after a restart with the reason that was noted', async () => {
    const bans = await open();
    assert.deepEqual([bans.list(), bans.has('one')], [[], false]);
    let changes = 0;
    bans.onChange(() => changes++);
    assert.deepEqual([await bans.add('one', 'spam'), await bans.add('one', 'other')], [true, false]);
    assert.equal(await bans.add('two', undefined), true);
    assert.deepEqual([bans.has('one'), changes], [true, 2]);
    assert.equal(statSync(path()).mode & 0o777, 0o600);
    const again = await open();
    assert.deepEqual(listed(again), [
      ['one', 'spam'],
      ['two', undefined],
    ]);
    assert.deepEqual([await again.remove('one'), await again.remove('one')], [true, false]);
    assert.deepEqual(listed(await open()), [['two', undefined]]);
  });

  it('are counted when they come, those who are not banned are not', async () => {
    const bans = await open();
    await bans.add('one', undefined);
    for (const peerId of ['one', 'two', 'one']) bans.noteRefused(peerId);
    const [ban] = bans.list();
    assert.deepEqual([ban?.refusals, ban?.lastRefusalMs], [2, 1_700_000_000_000]);
  });

  it('lose none of several changes at once, and none that the disk did not take', async () => {
    const bans = await open();
    await Promise.all(['one', 'two', 'three'].map((peerId) => bans.add(peerId, undefined)));
    assert.equal((await open()).list().length, 3);
    mkdirSync(`${path()}.new`);
    await assert.rejects(bans.add('four', undefined), { code: 'BANS_UNWRITABLE' });
    assert.equal(bans.has('four'), false);
    rmSync(`${path()}.new`, { recursive: true });
    assert.equal(await bans.add('four', undefined), true);
  });

  it('are bounded', async () => {
    const full = Array.from({ length: LIMITS.maxBannedPeers }, (_, k) => ({ peerId: `${k}`, atMs: k }));
    writeFileSync(path(), JSON.stringify({ bans: full }));
    const bans = await open();
    await assert.rejects(bans.add('more', undefined), { code: 'BANS_FULL' });
    assert.equal(await bans.add('0', undefined), false);
    await bans.remove('0');
    assert.equal(await bans.add('more', undefined), true);
    assert.equal(JSON.parse(readFileSync(path(), 'utf8')).bans.length, LIMITS.maxBannedPeers);
  });

  it('are not forgotten because a file cannot be read: then nothing starts', async () => {
    for (const text of ['', '{', '[]', '{"bans":[{"peerId":1,"atMs":0}]}', '{"bans":[],"more":1}']) {
      writeFileSync(path(), text);
      await assert.rejects(open(), { code: 'BANS_MALFORMED' }, text);
    }
    rmSync(path());
    mkdirSync(path());
    await assert.rejects(open(), { code: 'BANS_UNREADABLE' });
  });
});
