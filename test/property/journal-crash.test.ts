import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { HEAD_BYTES, scanRecords } from '../../src/storage/journal-format.ts';
import { createJournal } from '../../src/storage/new-journal.ts';
import { VoteJournal } from '../../src/storage/vote-journal.ts';
import { JOURNAL_STEPS, type JournalRecord } from '../../src/types/journal.ts';
import { errorCode } from '../../src/util/errors.ts';
import { hashNumber } from '../support/blocks.ts';
import { journalRecord } from '../support/journal-records.ts';
import { useTemporaryDirectory } from '../support/temporary-directory.ts';

const OWNER = { genesisHash: hashNumber(1), validator: hashNumber(2) };

const record = fc
  .record({
    step: fc.constantFrom(...JOURNAL_STEPS),
    round: fc.nat(3),
    hash: fc.integer({ min: 1, max: 3 }),
    messageBytes: fc.nat(60),
    blockBytes: fc.constantFrom(0, 0, 40),
  })
  .map(({ step, round, ...options }) => journalRecord(step, 1, round, options));

const nameOf = ({ step, round, blockHash, message }: JournalRecord) =>
  `${step} ${round} ${blockHash} ${message.length}`;

type Change =
  | { kind: 'flip'; at: number; bit: number }
  | { kind: 'overwrite'; at: number; bytes: Uint8Array }
  | { kind: 'cut'; at: number }
  | { kind: 'extend'; bytes: Uint8Array };

function changed(bytes: Uint8Array, change: Change): Uint8Array {
  if (change.kind === 'extend') return Buffer.concat([bytes, change.bytes]);
  const at = change.at % bytes.length;
  if (change.kind === 'cut') return bytes.subarray(0, at);
  const copy = bytes.slice();
  if (change.kind === 'flip') copy[at] = (copy[at] as number) ^ (1 << change.bit);
  else copy.set(change.bytes.subarray(0, bytes.length - at), at);
  return copy;
}

describe('Property: the vote journal', () => {
  const directory = useTemporaryDirectory();
  let count = 0;

  async function written(records: readonly JournalRecord[]): Promise<{ path: string; bytes: Uint8Array }> {
    const path = directory.join(`votes-${count++}`);
    await createJournal(path, OWNER);
    const { journal } = await VoteJournal.open(path, { ...OWNER, headHeight: 0 });
    for (const each of records) await journal.append(each);
    await journal.close();
    return { path, bytes: new Uint8Array(readFileSync(path)) };
  }

  it('never lets a height be signed whose durable records are not all known, whatever happens to the file', async () => {
    // What disks do: single bits, runs of a sector overwritten, a shorter file, garbage behind the end.
    const change = fc.oneof(
      fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), bit: fc.nat(7) }),
      fc.record({
        kind: fc.constant('overwrite' as const),
        at: fc.nat(),
        bytes: fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.constant(new Uint8Array(60))),
      }),
      fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
      fc.record({
        kind: fc.constant('extend' as const),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 60 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 6 }), change, async (records, change) => {
        const { path, bytes } = await written(records);
        writeFileSync(path, changed(bytes, change));
        try {
          const { journal, state } = await VoteJournal.open(path, { ...OWNER, headHeight: 0 });
          const known = journal.recordsOf(1).map(nameOf);
          const maySign = journal.maySign(1);
          await journal.close();
          const all = records.map(nameOf);
          // A cut end is how an unfinished write looks: what stands before it must be there, and nothing else.
          if (change.kind === 'cut') assert.deepEqual(known, all.slice(0, known.length));
          else if (maySign) assert.deepEqual(known, all);
          assert.equal(maySign, !state.damaged);
        } catch (error) {
          if (errorCode(error) !== 'JOURNAL_DAMAGED') throw error;
        }
      }),
      { numRuns: 150 },
    );
  });

  it('reads any bytes behind its head without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(5), (tail, sequence) => {
        const scan = scanRecords(Buffer.concat([new Uint8Array(HEAD_BYTES), tail]), sequence);
        assert.deepEqual(scan.records, []);
        assert.ok(tail.length === 0 || scan.torn || scan.damage !== undefined);
      }),
    );
  });
});
