import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { HEAD_BYTES } from '../../../src/storage/journal-format.ts';
import { acceptLostJournal, createJournal } from '../../../src/storage/new-journal.ts';
import { type OpenJournalOptions, VoteJournal } from '../../../src/storage/vote-journal.ts';
import type { JournalRecord } from '../../../src/types/journal.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { hashNumber } from '../../support/blocks.ts';
import { journalRecord } from '../../support/journal-records.ts';
import { useTemporaryDirectory } from '../../support/temporary-directory.ts';

const OWNER = { genesisHash: hashNumber(1), validator: hashNumber(2) };

describe('The vote journal', () => {
  const directory = useTemporaryDirectory();
  const opened: VoteJournal[] = [];
  let path: string;

  beforeEach(async () => {
    path = directory.join('votes.journal');
    await createJournal(path, OWNER);
  });
  afterEach(async () => {
    for (const journal of opened.splice(0)) await journal.close();
  });

  async function open(options: Partial<OpenJournalOptions> = {}) {
    const result = await VoteJournal.open(path, { ...OWNER, headHeight: 0, ...options });
    opened.push(result.journal);
    return result;
  }

  async function close(journal: VoteJournal): Promise<void> {
    opened.splice(opened.indexOf(journal), 1);
    await journal.close();
  }

  /** Writes records, closes the journal and returns the end of each record in the file. */
  async function write(records: readonly JournalRecord[]): Promise<number[]> {
    const { journal } = await open();
    const ends: number[] = [];
    for (const record of records) {
      await journal.append(record);
      ends.push(statSync(path).size);
    }
    await close(journal);
    return ends;
  }

  it('is fresh after init and lets every height be signed', async () => {
    const { journal, state } = await open();
    assert.deepEqual(state, { fresh: true, signableFrom: 1, damaged: false, tornTail: false });
    assert.equal(journal.maySign(1), true);
    assert.deepEqual(journal.recordsOf(1), []);
  });

  it('returns the records of a height in order after it is opened again (L01)', async () => {
    const records = [
      journalRecord('proposal', 1, 0, { blockBytes: 100 }),
      journalRecord('prepare', 1, 0),
      journalRecord('commit', 1, 0),
      journalRecord('round-change', 1, 1),
    ];
    await write([...records, journalRecord('prepare', 2, 0)]);
    const { journal, state } = await open();
    assert.deepEqual(journal.recordsOf(1), records);
    assert.equal(journal.recordsOf(2).length, 1);
    assert.equal(state.damaged, false);
    assert.equal(state.tornTail, false);
  });

  it('has a record in the file before append resolves, and reads it only then', async () => {
    const { journal } = await open();
    const append = journal.append(journalRecord('prepare', 1, 0));
    assert.deepEqual(journal.recordsOf(1), []);
    await append;
    assert.equal(journal.recordsOf(1).length, 1);
    assert.ok(statSync(path).size > HEAD_BYTES);
  });

  it('keeps appends in order when many come at once', async () => {
    const { journal } = await open();
    await Promise.all(
      Array.from({ length: 50 }, (_, round) => journal.append(journalRecord('round-change', 1, round))),
    );
    await close(journal);
    const { journal: again } = await open();
    assert.deepEqual(
      again.recordsOf(1).map(({ round }) => round),
      Array.from({ length: 50 }, (_, round) => round),
    );
  });

  it('stores the bytes of one block once, with the first record that names it', async () => {
    const { journal } = await open();
    await Promise.all([
      journal.append(journalRecord('proposal', 1, 0, { blockBytes: 10_000 })),
      journal.append(journalRecord('prepare', 1, 0, { blockBytes: 10_000 })),
    ]);
    await journal.append(journalRecord('prepare', 1, 1, { blockBytes: 10_000 }));
    await journal.append(journalRecord('prepare', 1, 2, { blockBytes: 500, hash: 77 }));
    assert.deepEqual(
      journal.recordsOf(1).map(({ block }) => block.length),
      [10_000, 0, 0, 500],
    );
    assert.ok(statSync(path).size < 12_000);
  });

  it('refuses a record that is too large, and only that one', async () => {
    const { journal } = await open();
    const large = journalRecord('proposal', 1, 0, {
      blockBytes: LIMITS.maxBlockTransferBytes,
      messageBytes: LIMITS.maxWireMessageBytes,
    });
    const results = await Promise.allSettled([
      journal.append(journalRecord('prepare', 1, 0)),
      journal.append(large),
      journal.append(journalRecord('prepare', 1, 1)),
    ]);
    assert.deepEqual(
      results.map((result) => (result.status === 'rejected' ? result.reason.code : 'durable')),
      ['durable', 'JOURNAL_RECORD_TOO_LARGE', 'durable'],
    );
    assert.equal(journal.recordsOf(1).length, 2);
  });

  describe('after a stop in the middle of a write', () => {
    it('drops the torn record and keeps all before it, wherever the file ends (L01)', async () => {
      const ends = await write([journalRecord('prepare', 1, 0), journalRecord('commit', 1, 0)]);
      const whole = readFileSync(path);
      const [first, second] = ends as [number, number];
      for (let size = HEAD_BYTES; size < second; size++) {
        writeFileSync(path, whole.subarray(0, size));
        const { journal, state } = await open();
        const complete = size < first ? 0 : 1;
        assert.equal(journal.recordsOf(1).length, complete, `cut to ${size} bytes`);
        assert.equal(state.damaged, false, `cut to ${size} bytes`);
        assert.equal(state.tornTail, size !== HEAD_BYTES && size !== first, `cut to ${size} bytes`);
        assert.equal(state.signableFrom, 1);
        await close(journal);
        assert.equal(statSync(path).size, complete === 0 ? HEAD_BYTES : first);
      }
    });

    it('drops zeros for which the disk had only made room', async () => {
      const [end] = (await write([journalRecord('prepare', 1, 0), journalRecord('commit', 1, 0)])) as [
        number,
      ];
      const whole = readFileSync(path);
      for (const kept of [0, 7, 30]) {
        writeFileSync(path, Buffer.concat([whole.subarray(0, end + kept), Buffer.alloc(4096)]));
        const { journal, state } = await open();
        assert.deepEqual([state.tornTail, state.damaged, journal.recordsOf(1).length], [true, false, 1]);
        await close(journal);
      }
    });

    it('goes on appending behind what it kept', async () => {
      await write([journalRecord('prepare', 1, 0), journalRecord('commit', 1, 0)]);
      const whole = readFileSync(path);
      writeFileSync(path, whole.subarray(0, whole.length - 1));
      const { journal } = await open();
      await journal.append(journalRecord('round-change', 1, 1));
      await close(journal);
      const { journal: again, state } = await open();
      assert.deepEqual(
        again.recordsOf(1).map(({ step }) => step),
        ['prepare', 'round-change'],
      );
      assert.equal(state.damaged, false);
    });

    it('ignores a half-written successor that was never renamed (L12)', async () => {
      await write([journalRecord('prepare', 1, 0)]);
      writeFileSync(`${path}.new`, 'half a journal');
      const { journal } = await open();
      assert.equal(journal.recordsOf(1).length, 1);
    });
  });

  describe('that is damaged', () => {
    it('closes the height for good whichever byte of a record was changed (L09)', async () => {
      const [first] = (await write([journalRecord('prepare', 1, 0, { messageBytes: 4 })])) as [number];
      const whole = readFileSync(path);
      for (let at = HEAD_BYTES; at < first; at++) {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] as number) ^ 0x10;
        writeFileSync(path, bytes);
        const { journal, state } = await open();
        assert.equal(state.damaged, true, `byte ${at}`);
        assert.equal(journal.maySign(1), false, `byte ${at}`);
        assert.equal(journal.maySign(2), true, `byte ${at}`);
        await assert.rejects(journal.append(journalRecord('prepare', 1, 0)), { code: 'HEIGHT_NOT_SIGNABLE' });
        await close(journal);
        const { journal: again, state: later } = await open();
        assert.equal(later.damaged, false);
        assert.equal(again.maySign(1), false, `byte ${at}, second start`);
        await close(again);
      }
    });

    it('closes heights up to that of the next good record and keeps the good ones', async () => {
      const ends = await write([
        journalRecord('commit', 4, 0),
        journalRecord('prepare', 5, 0),
        journalRecord('commit', 5, 0),
        journalRecord('prepare', 6, 0),
      ]);
      const bytes = readFileSync(path);
      const middle = ends[0] as number;
      bytes[middle + 30] = (bytes[middle + 30] as number) ^ 1;
      writeFileSync(path, bytes);
      const { journal, state } = await open({ headHeight: 3 });
      assert.deepEqual(
        [4, 5, 6].map((height) => journal.recordsOf(height).length),
        [1, 1, 1],
      );
      assert.equal(state.signableFrom, 6);
      assert.equal(journal.maySign(5), false);
      assert.equal(journal.maySign(6), true);
    });

    it('notices a record that was cut out of the middle', async () => {
      const ends = (await write([1, 2, 3].map((round) => journalRecord('round-change', 1, round)))) as [
        number,
        number,
      ];
      const bytes = readFileSync(path);
      writeFileSync(path, Buffer.concat([bytes.subarray(0, ends[0]), bytes.subarray(ends[1])]));
      const { state, journal } = await open();
      assert.equal(state.damaged, true);
      assert.equal(journal.maySign(1), false);
    });

    it('does not take a lying length for a record that was cut off (L09)', async () => {
      await write([journalRecord('prepare', 7, 0)]);
      const bytes = readFileSync(path);
      bytes.writeUInt32BE(100_000, HEAD_BYTES + 4);
      writeFileSync(path, bytes);
      const { state } = await open({ headHeight: 6 });
      assert.equal(state.damaged, true);
      assert.equal(state.signableFrom, 8);
    });

    it('closes what a validator may have been voting on when nothing readable follows', async () => {
      await write([journalRecord('prepare', 1, 0)]);
      const bytes = readFileSync(path);
      writeFileSync(path, Buffer.concat([bytes, Buffer.from('x'.repeat(100))]));
      const { journal } = await open({ headHeight: 40 });
      assert.equal(journal.maySign(41), false);
      assert.equal(journal.maySign(42), true);
    });

    it('refuses with JOURNAL_DAMAGED when its head is unreadable, empty or of another version (L09)', async () => {
      await write([journalRecord('prepare', 1, 0)]);
      const whole = readFileSync(path);
      for (let at = 0; at < HEAD_BYTES; at++) {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] as number) ^ 1;
        writeFileSync(path, bytes);
        await assert.rejects(open(), { code: 'JOURNAL_DAMAGED' }, `byte ${at}`);
      }
      for (const size of [0, 1, HEAD_BYTES - 1]) {
        writeFileSync(path, whole.subarray(0, size));
        await assert.rejects(open(), { code: 'JOURNAL_DAMAGED' }, `${size} bytes`);
      }
    });
  });

  describe('whose heights are decided', () => {
    it('signs no committed height, even if the head was lowered since', async () => {
      const { journal } = await open({ maxDeadBytes: 0 });
      await journal.append(journalRecord('commit', 1, 0));
      await journal.append(journalRecord('prepare', 2, 0));
      await journal.dropUpTo(1);
      assert.deepEqual(journal.recordsOf(1), []);
      assert.equal(journal.recordsOf(2).length, 1);
      await assert.rejects(journal.append(journalRecord('commit', 1, 1)), { code: 'HEIGHT_NOT_SIGNABLE' });
      await close(journal);
      const { journal: again } = await open({ headHeight: 0 });
      assert.equal(again.maySign(1), false);
      assert.equal(again.recordsOf(2).length, 1);
    });

    it('stays small over many heights', async () => {
      const { journal } = await open({ maxDeadBytes: 5_000 });
      for (let height = 1; height <= 200; height++) {
        await journal.append(journalRecord('prepare', height, 0, { blockBytes: 1000 }));
        await journal.append(journalRecord('commit', height, 0));
        await journal.dropUpTo(height);
        assert.ok(statSync(path).size < 9_000);
      }
      assert.deepEqual(readdirSync(directory.path).sort(), ['votes.journal', 'votes.journal.lock']);
    });

    it('appends and rewrites at the same time without losing anything', async () => {
      const { journal } = await open({ maxDeadBytes: 0 });
      await journal.append(journalRecord('commit', 1, 0));
      const appends = [0, 1, 2].map((round) => journal.append(journalRecord('round-change', 2, round)));
      await Promise.all([
        ...appends,
        journal.dropUpTo(1),
        journal.append(journalRecord('round-change', 2, 3)),
      ]);
      await close(journal);
      const { journal: again, state } = await open({ headHeight: 1 });
      assert.equal(state.damaged, false);
      assert.deepEqual(
        again.recordsOf(2).map(({ round }) => round),
        [0, 1, 2, 3],
      );
    });
  });

  it('makes room at one endless height by leaving out what binds no more, and keeps the prepared block', async () => {
    const { journal } = await open({ maxBytes: 20_000 });
    await journal.append(journalRecord('prepare', 1, 0, { hash: 50, blockBytes: 3_000 }));
    await journal.append(journalRecord('commit', 1, 0, { hash: 50 }));
    for (let round = 1; round <= 300; round++) await journal.append(journalRecord('round-change', 1, round));
    assert.ok(statSync(path).size <= 20_000);
    await close(journal);
    const { journal: again } = await open();
    const records = again.recordsOf(1);
    assert.equal(records.at(-1)?.round, 300);
    const prepared = records.filter(({ round }) => round === 0);
    assert.deepEqual(
      prepared.map(({ step, block }) => [step, block.length]),
      [
        ['prepare', 3_000],
        ['commit', 0],
      ],
    );
    assert.equal(prepared[1]?.preparedCertificate.length, 1);
  });

  it('refuses with JOURNAL_FULL what cannot fit, and goes on with what can', async () => {
    const { journal } = await open({ maxBytes: 5_000 });
    await assert.rejects(journal.append(journalRecord('prepare', 1, 0, { blockBytes: 6_000 })), {
      code: 'JOURNAL_FULL',
    });
    await journal.append(journalRecord('round-change', 1, 1));
    assert.equal(journal.recordsOf(1).length, 1);
  });

  it('signs nothing more once the disk has refused a write', async () => {
    const { journal } = await open({ maxDeadBytes: 0 });
    await journal.append(journalRecord('commit', 1, 0));
    rmSync(directory.path, { recursive: true });
    await journal.dropUpTo(1);
    assert.equal(journal.maySign(2), false);
    await assert.rejects(journal.append(journalRecord('prepare', 2, 0)), { code: 'JOURNAL_FAILED' });
  });

  describe('and its owner', () => {
    it('is never overwritten by a second init', async () => {
      await assert.rejects(createJournal(path, OWNER), { code: 'JOURNAL_EXISTS' });
    });

    it('refuses another chain and another validator with JOURNAL_MISMATCH', async () => {
      await assert.rejects(open({ genesisHash: hashNumber(8) }), { code: 'JOURNAL_MISMATCH' });
      await assert.rejects(open({ validator: hashNumber(8) }), { code: 'JOURNAL_MISMATCH' });
      await open();
    });

    it('refuses a second holder with JOURNAL_LOCKED until the first closes it (L13)', async () => {
      const { journal } = await open();
      await assert.rejects(open(), { code: 'JOURNAL_LOCKED' });
      await assert.rejects(createJournal(path, OWNER), { code: 'JOURNAL_LOCKED' });
      await assert.rejects(acceptLostJournal(path, OWNER, 5), { code: 'JOURNAL_LOCKED' });
      await close(journal);
      await open();
    });

    it('says JOURNAL_MISSING when the file is gone, and signs again from the accepted height on (L10)', async () => {
      const lost = directory.join('other.journal');
      await assert.rejects(VoteJournal.open(lost, { ...OWNER, headHeight: 9 }), { code: 'JOURNAL_MISSING' });
      assert.equal(existsSync(lost), false);
      await acceptLostJournal(lost, OWNER, 12);
      const { journal, state } = await VoteJournal.open(lost, { ...OWNER, headHeight: 9 });
      opened.push(journal);
      assert.deepEqual(state, { fresh: false, signableFrom: 12, damaged: false, tornTail: false });
      assert.equal(journal.maySign(11), false);
      assert.equal(journal.maySign(12), true);
    });

    it('keeps an unreadable journal beside the one that replaces it', async () => {
      writeFileSync(path, 'nonsense');
      await acceptLostJournal(path, OWNER, 3);
      assert.equal(readFileSync(`${path}.lost`, 'utf8'), 'nonsense');
      assert.equal((await open()).state.signableFrom, 3);
    });
  });
});
