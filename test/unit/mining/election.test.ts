import assert from 'node:assert/strict';
import { electedRank, electMiners } from '../../../src/mining/election.ts';
import { LEDGERS } from '../../../src/types/names.ts';
import { hashNumber } from '../../support/blocks.ts';

const BEACON = 'be'.repeat(32);
const ZERO_BEACON = '00'.repeat(32);

/** The elected of candidates 1 to n, by number and ledger; equal weights unless told otherwise. */
function elect(
  n: number,
  {
    beacon = BEACON,
    height = 1_000,
    weight = () => 64,
  }: { beacon?: string; height?: number; weight?: (number: number) => number } = {},
): number[][] {
  const candidates = Array.from({ length: n }, (_, i) => ({
    id: hashNumber(i + 1),
    weight: BigInt(weight(i + 1)),
  }));
  const elected = electMiners(beacon, height, candidates);
  return LEDGERS.map((ledger) => elected[ledger].map((id) => Number(`0x${id}`)));
}

describe('The election of miners', () => {
  it('gives the miners of every rank and ledger that it always gave', () => {
    assert.deepEqual(elect(21), [
      [12, 17, 6, 14],
      [5, 12, 7, 2],
      [15, 7, 5, 21],
      [1, 20, 16, 6],
      [16, 1, 13, 10],
    ]);
    assert.deepEqual(elect(21, { height: 1_001 }), [
      [11, 1, 15, 2],
      [7, 3, 1, 21],
      [14, 15, 17, 8],
      [8, 11, 4, 3],
      [15, 7, 10, 5],
    ]);
    assert.deepEqual(elect(7), [
      [6, 1, 2, 3],
      [5, 7, 6, 2],
      [7, 5, 4, 6],
      [1, 6, 3, 5],
      [2, 4, 1, 7],
    ]);
  });

  it('gives the same for weights and for the greatest height as ever', () => {
    assert.deepEqual(elect(21, { weight: (number) => (number === 21 ? 255 : 64) }), [
      [12, 17, 6, 14],
      [21, 12, 5, 7],
      [15, 21, 7, 5],
      [1, 20, 16, 6],
      [16, 1, 13, 10],
    ]);
    const height = Number.MAX_SAFE_INTEGER;
    const weight = (number: number) => 64 + 9 * (number - 1);
    assert.deepEqual(elect(21, { beacon: ZERO_BEACON, height, weight }), [
      [9, 4, 14, 11],
      [20, 14, 12, 13],
      [21, 19, 4, 14],
      [2, 17, 6, 7],
      [11, 8, 20, 6],
    ]);
  });

  it('gives small sets, where ledgers share their miners, the same as ever', () => {
    assert.deepEqual(elect(1), [[1], [1], [1], [1], [1]]);
    assert.deepEqual(elect(2), [
      [1, 2],
      [2, 1],
      [2, 1],
      [1, 2],
      [1, 2],
    ]);
    assert.deepEqual(elect(3), [
      [1, 2, 3],
      [2, 3, 1],
      [3, 1, 2],
      [1, 3, 2],
      [2, 1, 3],
    ]);
    assert.deepEqual(elect(4), [
      [1, 2, 3, 4],
      [2, 1, 4, 3],
      [4, 3, 2, 1],
      [3, 4, 1, 2],
      [1, 2, 4, 3],
    ]);
    assert.deepEqual(elect(5), [
      [1, 2, 3, 5],
      [5, 1, 2, 4],
      [4, 5, 1, 3],
      [3, 4, 5, 2],
      [2, 3, 4, 1],
    ]);
  });

  it('elects nobody where there is nobody', () => {
    assert.deepEqual(elect(0), [[], [], [], [], []]);
  });

  it('tells the rank of who was elected, and nothing of who was not', () => {
    const ids = [1, 2, 3, 4, 5, 6].map(hashNumber);
    const elected = electMiners(
      BEACON,
      1,
      ids.map((id) => ({ id, weight: 64n })),
    );
    for (const ledger of LEDGERS)
      for (const id of ids) {
        const rank = electedRank(elected, ledger, id);
        if (rank === undefined) assert.ok(!elected[ledger].includes(id));
        else assert.equal(elected[ledger][rank], id);
      }
  });
});
