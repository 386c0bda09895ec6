import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { readSentRecord, SentRecord } from '../../../src/node/sent-record.ts';
import { useTemporaryDirectory } from '../../support/temporary-directory.ts';

describe('the record of what a node sent', () => {
  const directory = useTemporaryDirectory();
  const bytes = (...values: number[]) => Uint8Array.from(values);

  it('gives back every consensus message and section in order, over several starts, and nothing of other topics', async () => {
    const path = directory.join('sent');
    const first = new SentRecord(path);
    first.note('proposal', bytes(1, 2, 3));
    first.note('tx', bytes(9));
    first.close();
    const second = new SentRecord(path);
    second.note('vote', bytes());
    second.note('section', bytes(255));
    second.close();
    const { messages, cutOff } = await readSentRecord(path);
    assert.deepEqual(messages, [
      { topic: 'proposal', bytes: bytes(1, 2, 3) },
      { topic: 'vote', bytes: bytes() },
      { topic: 'section', bytes: bytes(255) },
    ]);
    assert.equal(cutOff, 0);
  });

  it('has a message on disk when note returns, without being closed', () => {
    const path = directory.join('killed');
    const record = new SentRecord(path);
    record.note('vote', bytes(7));
    assert.match(readFileSync(path, 'latin1'), /^vote 1 07$/m);
    record.close();
  });

  it('counts a line that a kill cut off, and reads what the next start wrote behind it', async () => {
    const path = directory.join('cut');
    const first = new SentRecord(path);
    first.note('vote', bytes(1));
    first.close();
    appendFileSync(path, 'vote 3 0102');
    const second = new SentRecord(path);
    second.note('vote', bytes(4));
    second.close();
    const messages = [bytes(1), bytes(4)].map((sent) => ({ topic: 'vote', bytes: sent }));
    assert.deepEqual(await readSentRecord(path), { messages, cutOff: 1 });
  });

  it('is empty for a node that never ran', async () => {
    assert.deepEqual(await readSentRecord(directory.join('never')), { messages: [], cutOff: 0 });
  });
});
