import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type ElectedMiners, electMiners, type MinerCandidate } from '../../src/mining/election.ts';
import { LEDGERS } from '../../src/types/names.ts';
import { ELECTED_RANKS } from '../../src/types/section.ts';
import { hashNumber } from '../support/blocks.ts';
import { ElectionCounts, hashedDraw, modelElection } from '../support/election-model.ts';

const hex32 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));
const weights = fc.bigInt({ min: 64n, max: 255n });
const candidates = (min: number, max: number): fc.Arbitrary<MinerCandidate[]> =>
  fc.uniqueArray(fc.record({ id: hex32, weight: weights }), {
    minLength: min,
    maxLength: max,
    selector: ({ id }) => id,
  });
const heights = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

const lists = (elected: ElectedMiners) => LEDGERS.map((ledger) => elected[ledger]);
const inRank = (elected: ElectedMiners, rank: number) =>
  lists(elected).map((miners) => miners[rank] as string);

/** Of how many heights the shares are counted; the long run is METANODE_ELECTION_HEIGHTS=100000. */
const HEIGHTS = Number(process.env.METANODE_ELECTION_HEIGHTS ?? 1_000);
/** Of the difference between two counted shares. */
const TOLERATED_SIGMAS = 5;

describe('The election of miners', () => {
  it('gives five ledgers five different miners in each rank, and no ledger anyone twice', () => {
    fc.assert(
      fc.property(hex32, heights, candidates(5, 24), (beacon, height, all) => {
        const elected = electMiners(beacon, height, all);
        for (const miners of lists(elected)) {
          assert.equal(miners.length, ELECTED_RANKS);
          assert.equal(new Set(miners).size, ELECTED_RANKS);
        }
        for (let rank = 0; rank < ELECTED_RANKS; rank++)
          assert.equal(new Set(inRank(elected, rank)).size, LEDGERS.length);
      }),
      { numRuns: 400 },
    );
  });

  it('takes nobody again in a rank before all were taken, where there are fewer than five', () => {
    fc.assert(
      fc.property(hex32, heights, candidates(1, 5), (beacon, height, all) => {
        const elected = electMiners(beacon, height, all);
        const ranks = Math.min(ELECTED_RANKS, all.length);
        for (const miners of lists(elected)) assert.equal(new Set(miners).size, ranks);
        for (let rank = 0; rank < ranks; rank++) {
          const taken = inRank(elected, rank);
          for (let first = 0; first < taken.length; first += all.length) {
            const turn = taken.slice(first, first + all.length);
            assert.equal(new Set(turn).size, turn.length);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('does not depend on the order of the candidates', () => {
    const shuffled = candidates(1, 21).chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(hex32, heights, shuffled, (beacon, height, [all, others]) => {
        assert.deepEqual(electMiners(beacon, height, others), electMiners(beacon, height, all));
      }),
    );
  });

  it('depends on beacon and height', () => {
    fc.assert(
      fc.property(hex32, hex32, heights, candidates(21, 21), (beacon, other, height, all) => {
        fc.pre(beacon !== other && height < Number.MAX_SAFE_INTEGER);
        const elected = electMiners(beacon, height, all);
        assert.notDeepEqual(electMiners(other, height, all), elected);
        assert.notDeepEqual(electMiners(beacon, height + 1, all), elected);
      }),
    );
  });

  it('compares weights as integers of any size: a factor that no floating-point number holds changes nothing', () => {
    const factor = 3n ** 700n;
    fc.assert(
      fc.property(hex32, heights, candidates(1, 12), (beacon, height, all) => {
        const scaled = all.map(({ id, weight }) => ({ id, weight: weight * factor }));
        assert.deepEqual(electMiners(beacon, height, scaled), electMiners(beacon, height, all));
      }),
    );
  });

  it('is the one that a model in floating point finds from the same draws', () => {
    fc.assert(
      fc.property(hex32, heights, candidates(1, 21), (beacon, height, all) => {
        const model = all.map(({ id, weight }) => ({ id, weight: Number(weight) }));
        assert.deepEqual(
          lists(electMiners(beacon, height, all)),
          modelElection(model, hashedDraw(beacon, height)),
        );
      }),
      { numRuns: 400 },
    );
  });

  const weightings: Readonly<Record<string, (number: number) => number>> = {
    'equal weights': () => 64,
    'weights from 64 to 255': (number) => Math.floor(64 + (191 * (number - 1)) / 20),
  };
  for (const [name, weight] of Object.entries(weightings))
    it(`gives ${name} the shares of an independent simulation over ${HEIGHTS} heights`, function () {
      this.timeout(600_000 + HEIGHTS * 50);
      const numbers = Array.from({ length: 21 }, (_, i) => i + 1);
      const all = numbers.map((number) => ({ id: hashNumber(number), weight: BigInt(weight(number)) }));
      const model = numbers.map((number) => ({ id: hashNumber(number), weight: weight(number) }));
      const beacon = 'e1'.repeat(32);
      const counted = new ElectionCounts(HEIGHTS, (height) => lists(electMiners(beacon, height + 1, all)));
      const random = uniform(2_026);
      const simulated = new ElectionCounts(HEIGHTS, () => modelElection(model, random));
      let worst = 0;
      for (const { id } of all)
        for (let rank = 0; rank < ELECTED_RANKS; rank++)
          for (const ledger of LEDGERS.keys()) {
            const [a, b] = [counted.share(ledger, rank, id), simulated.share(ledger, rank, id)];
            const mean = (a + b) / 2;
            const sigma = Math.sqrt((2 * mean * (1 - mean)) / HEIGHTS);
            worst = Math.max(worst, Math.abs(a - b) / sigma);
          }
      assert.ok(worst < TOLERATED_SIGMAS, `a share differs by ${worst.toFixed(2)} sigma`);
      if (HEIGHTS > 1_000) report(name, all, counted, simulated, worst);
    });
});

/** Uniform in (0, 1], of its own making: mulberry32 with a seed. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return (((word ^ (word >>> 14)) >>> 0) + 1) / 2 ** 32;
  };
}

function report(
  name: string,
  all: readonly MinerCandidate[],
  counted: ElectionCounts,
  simulated: ElectionCounts,
  worst: number,
): void {
  const differences = all.map(({ id }) =>
    Math.abs(counted.shareOfAll(0, id) / simulated.shareOfAll(0, id) - 1),
  );
  const [first, last] = [all[0], all.at(-1)].map((one) => counted.shareOfAll(0, one?.id ?? '').toFixed(5));
  process.stdout.write(
    `      ${name}: shares of rank 0 from ${first} to ${last}, at most ` +
      `${(100 * Math.max(...differences)).toFixed(2)} % beside the simulation; worst of all places ${worst.toFixed(2)} sigma\n`,
  );
}
