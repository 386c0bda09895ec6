import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { NetworkEvent } from '../../../src/network/contract.ts';
import { PeerHistory } from '../../../src/node/peer-history.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { silentLogger } from '../../../src/util/logger.ts';
import { ManualClock } from '../../support/chain.ts';
import { useTemporaryDirectory } from '../../support/temporary-directory.ts';

describe('The history of peers', () => {
  const directory = useTemporaryDirectory();
  const clock = new ManualClock(1_700_000_000_000);
  let emit: (event: NetworkEvent) => void;
  const network = {
    subscribe: (listener: (event: NetworkEvent) => void) => {
      emit = listener;
      return () => {
        emit = () => undefined;
      };
    },
  };
  const open = () =>
    PeerHistory.open(directory.join('history.json'), { network, clock, logger: silentLogger });
  const leave = (peerId: string) =>
    emit({
      kind: 'peer-disconnected',
      peerId,
      validator: undefined,
      reason: { code: 'PUSH_SILENCE', message: '', data: {} },
    });

  it('goes on after a restart where it ended, newest first, with the reasons', async () => {
    const before = await open();
    leave('one');
    emit({
      kind: 'peer-refused',
      peerId: 'two',
      refusedBy: 'remote',
      reason: { code: 'PEER_NOT_ALLOWED', message: '', data: {} },
    });
    await before.close();
    const after = await open();
    leave('three');
    assert.deepEqual(
      after.events().map(({ kind, peerId, reason }) => [kind, peerId, reason]),
      [
        ['disconnected', 'three', 'PUSH_SILENCE'],
        ['refused-us', 'two', 'PEER_NOT_ALLOWED'],
        ['disconnected', 'one', 'PUSH_SILENCE'],
      ],
    );
    await after.close();
  });

  it('forgets the oldest beyond its bound', async () => {
    const history = await open();
    for (let i = 0; i <= LIMITS.maxPeerEvents; i++) leave(String(i));
    await history.close();
    const events = (await open()).events();
    assert.deepEqual([events.length, events.at(-1)?.peerId], [LIMITS.maxPeerEvents, '1']);
  });

  it('begins anew where its file is none, and does without one that it cannot write', async () => {
    writeFileSync(directory.join('history.json'), '[{"kind":"left"}]');
    const history = await open();
    assert.deepEqual(history.events(), []);
    mkdirSync(directory.join('history.json.new'));
    leave('one');
    await history.close();
    assert.equal(history.events().length, 1);
    assert.equal(readFileSync(directory.join('history.json'), 'utf8'), '[{"kind":"left"}]');
  });
});
