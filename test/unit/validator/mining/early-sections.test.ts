import assert from 'node:assert/strict';
import { LEDGERS, type LedgerName } from '../../../../src/types/names.ts';
import { emptySection, type SectionMessage } from '../../../../src/types/section.ts';
import { LIMITS } from '../../../../src/util/limits.ts';
import { EarlySections } from '../../../../src/validator/mining/early-sections.ts';

const HASH = 'ab'.repeat(32);

function section(miner: string, ledger: LedgerName, work = 0): SectionMessage {
  const signed = emptySection(ledger, 9, HASH, HASH);
  return { signed: { ...signed, section: { ...signed.section, miner, work } }, transactionIds: [] };
}

describe('Sections that come one height early', () => {
  it('J04 are one for each ledger and validator, the last one, of as many validators as there may be', () => {
    const early = new EarlySections();
    const miners = Array.from({ length: LIMITS.maxValidators }, (_, k) => k.toString(16).padStart(64, '0'));
    for (const work of [1, 2])
      for (const miner of miners) for (const ledger of LEDGERS) early.keep(section(miner, ledger, work), 100);
    const taken = early.take();
    assert.equal(taken.length, LIMITS.maxValidators * LEDGERS.length);
    assert.ok(taken.every(({ signed }) => signed.section.work === 2));
    assert.deepEqual(early.take(), []);
  });

  it('J04 of one validator take so many bytes and no more, and none of the room of another', () => {
    const early = new EarlySections();
    const half = LIMITS.maxEarlySectionBytesPerValidator / 2;
    early.keep(section('a', 'economy'), half);
    early.keep(section('a', 'cluster'), half);
    early.keep(section('a', 'bpi'), 1);
    early.keep(section('a', 'economy', 1), half);
    early.keep(section('b', 'bpi'), 2 * half);
    early.keep(section('c', 'bpi'), 2 * half + 1);
    const kept = early.take().map(({ signed: { section } }) => [section.miner, section.ledger, section.work]);
    assert.deepEqual(kept, [
      ['a', 'economy', 1],
      ['a', 'cluster', 0],
      ['b', 'bpi', 0],
    ]);
  });
});
