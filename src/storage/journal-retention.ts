import type { JournalRecord } from '../types/journal.ts';

/**
 * What of one height's records still binds the validator, when the rest must give way because the journal is full.
 * A validator never goes back to an earlier round, so the records of its highest round bind it, and those of the
 * round of its last Commit: they hold the prepared certificate and the prepared block that every later RoundChange
 * must carry (QBFT: the highest prepared round wins). Mined sections have no rounds, and all of them bind.
 */
export function bindingRecords(records: readonly JournalRecord[]): JournalRecord[] {
  let highestRound = 0;
  let preparedRound = -1;
  const blocks = new Map<string, Uint8Array>();
  for (const { step, round, blockHash, block } of records) {
    if (step === 'section') continue;
    highestRound = Math.max(highestRound, round);
    if (step === 'commit') preparedRound = Math.max(preparedRound, round);
    if (block.length > 0) blocks.set(blockHash, block);
  }
  const kept: JournalRecord[] = [];
  for (const record of records) {
    const isBinding =
      record.step === 'section' || record.round === highestRound || record.round === preparedRound;
    if (!isBinding) continue;
    // A block stands only in the first record that names it, and that one may be among those left out.
    const block = blocks.get(record.blockHash);
    blocks.delete(record.blockHash);
    kept.push({ ...record, block: block ?? new Uint8Array(0) });
  }
  return kept;
}
