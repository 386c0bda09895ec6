import assert from 'node:assert/strict';
import type { PeerBook } from '../../../../src/network/peers/peer-book.ts';
import type { PeerTable } from '../../../../src/network/peers/peer-table.ts';
import { Reach } from '../../../../src/network/peers/reach.ts';

describe('a validator that has just begun', () => {
  const names = (count: number) => Array.from({ length: count }, (_, i) => `validator-${i}`);

  function reachOf(validators: number, self: string | undefined) {
    let nowMs = 1000;
    const reach = new Reach({
      book: { validators: names(validators), recordsOf: () => [] } as unknown as PeerBook,
      peers: { all: [], connectedValidators: new Set() } as unknown as PeerTable,
      self: () => self,
      isReportedConnected: () => false,
      clock: { wallMs: () => nowMs, monotonicMs: () => nowMs },
    });
    const at = (ms: number) => {
      nowMs = 1000 + ms;
      return reach.isMeetingOthers;
    };
    return { at };
  }

  it('is given some seconds to meet the others, in a set where not all are met at once', () => {
    const { at } = reachOf(21, 'validator-3');
    assert.deepEqual([at(0), at(19_999), at(20_000), at(3_600_000)], [true, true, false, false]);
  });

  it('is given none in a small set, nor is an observer', () => {
    assert.equal(reachOf(4, 'validator-3').at(0), false);
    assert.equal(reachOf(21, undefined).at(0), false);
  });
});
