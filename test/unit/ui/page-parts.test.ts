import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PROOF_CHECKS } from '../../../src/client/verify-proof.ts';
import { openRpcDocument } from '../../../src/rpc/openrpc.ts';
import { age, bytes, duration, grouped, shortened, units } from '../../../src/ui/format.ts';
import { ageClasses } from '../../../src/ui/live/ages.ts';
import { type Arrival, newArrivals, ratesByPeer, sampled } from '../../../src/ui/live/arrivals.ts';
import { appended, BoundedMap, quantile } from '../../../src/ui/live/bounded.ts';
import { FinalityMeter } from '../../../src/ui/live/finality.ts';
import { GRAPH, layOut } from '../../../src/ui/live/graph-layout.ts';
import { type Block, MAX_HEADS, mergedHeads, rangeWithReceipts } from '../../../src/ui/live/head-feed.ts';
import { CHECK_MEANINGS, checkStates, flippedByte } from '../../../src/ui/live/proof-checks.ts';
import { reportedEdges } from '../../../src/ui/live/reported-edges.ts';
import { curlOf, describedMethods, schemaSentence } from '../../../src/ui/live/rpc-catalogue.ts';
import { decidedCell, runningCell } from '../../../src/ui/live/vote-grid.ts';
import { hashOf, parseRoute, type Route, routeOfSearch } from '../../../src/ui/route.ts';

const TX_ID = `0x${'ab'.repeat(32)}`;
const NO_ROUNDS = { get: () => undefined };

/** As much of a block as the page looks at. */
function block(height: number, txCount = 0, lastRound = 0): Block {
  const section = { ledger: 'economy', txCount, rank: 0, proofBytes: 5 };
  return {
    height,
    hash: `0x${height}`,
    header: { timeMs: height * 1_000, proposer: 'meta1' },
    sections: [section],
    txCount,
    lastCertificate: height === 1 ? null : { height: height - 1, round: lastRound },
  } as unknown as Block;
}

function arrival(n: number, from = 'a', carrier: Arrival['carrier'] = 'push'): Arrival {
  const at = new Date(n * 100).toISOString();
  return { messageId: `0x${n}`, from, carrier, at, counter: 0 } as Arrival;
}

describe('the edges that peers report', () => {
  it('are drawn once, whoever reports them, and as mutual when both ends do', () => {
    const peer = (peerId: string) => ({ peerId, validator: null });
    const reports = [
      { by: peer('b'), to: [peer('a'), peer('c')] },
      { by: peer('a'), to: [peer('b')] },
    ];
    assert.deepEqual(reportedEdges(reports), [
      { ends: ['a', 'b'], isMutual: true },
      { ends: ['b', 'c'], isMutual: false },
    ]);
  });
});

describe('the addresses of the views', () => {
  it('lead back to the view that they were made of', () => {
    const routes: Route[] = [
      { view: 'gossip' },
      { view: 'ledgers', ledger: undefined },
      { view: 'ledgers', ledger: 'bpci' },
      { view: 'block', height: 12 },
      { view: 'transaction', txId: TX_ID },
      { view: 'console', method: 'rpc.discover' },
    ];
    for (const route of routes) assert.deepEqual(parseRoute(hashOf(route)), route);
  });

  it('never lead anywhere else than to a view, whatever they say', () => {
    for (const hash of ['', '#', '#/nowhere', '#/block/x', '#/transaction/0x12', '#/../..'])
      assert.deepEqual(parseRoute(hash), { view: 'overview' });
    assert.deepEqual(parseRoute('#/console/<script>'), { view: 'console', method: undefined });
    fc.assert(fc.property(fc.string(), (hash) => typeof parseRoute(hash).view === 'string'));
  });

  it('are found by height and by transaction id', () => {
    assert.deepEqual(routeOfSearch(' 77 '), { view: 'block', height: 77 });
    assert.deepEqual(routeOfSearch(TX_ID.slice(2).toUpperCase()), { view: 'transaction', txId: TX_ID });
    assert.equal(routeOfSearch('economy'), undefined);
  });
});

describe('numbers and names on the page', () => {
  it('are short and exact', () => {
    assert.deepEqual([999, 1_004, 12_340, 61_000, 3_660_000].map(duration), [
      '999 ms',
      '1.00 s',
      '12.3 s',
      '1 min 01 s',
      '1 h 01 min',
    ]);
    assert.deepEqual([-5, 59_999, 60_000, 90_000_000].map(age), ['0 s', '59 s', '1 min', '1 d']);
    assert.deepEqual([1_023, 2_048, 3 * 1_048_576].map(bytes), ['1023 B', '2.0 KiB', '3.0 MiB']);
    assert.equal(grouped(1_234_567), '1\u202f234\u202f567');
    assert.deepEqual(['0', '1', '1500000', '2000000'].map(units), ['0', '0.000001', '1.5', '2']);
    assert.equal(shortened('0123456789abcdefgh', 4, 3), '0123…fgh');
    assert.equal(shortened('0123', 4, 3), '0123');
  });

  it('fall into classes of age', () => {
    const times = [500, 2_000, 70_000].map((ms) => new Date(100_000 - ms).toISOString());
    assert.deepEqual(
      ageClasses(times, 100_000).map(({ count }) => count),
      [1, 1, 0, 0, 0, 1],
    );
  });
});

describe('what the page remembers', () => {
  it('is bounded, and forgets the oldest', () => {
    let list: readonly number[] = [];
    const map = new BoundedMap<number, number>(3);
    for (let i = 0; i < 10; i++) {
      list = appended(list, i, 4);
      map.set(i, i);
    }
    assert.deepEqual(list, [6, 7, 8, 9]);
    assert.deepEqual([...map.values()], [7, 8, 9]);
    assert.equal(map.take(8), 8);
    assert.equal(map.has(8), false);
  });

  it('has quantiles by nearest rank', () => {
    assert.equal(quantile([], 0.5), undefined);
    assert.equal(quantile([3, 1, 2], 0.5), 2);
    assert.equal(quantile([3, 1, 2, 4], 0.95), 4);
  });

  it('keeps blocks in order, each once, and learns their rounds from the next', () => {
    let heads = mergedHeads([], [block(2), block(1)], NO_ROUNDS);
    heads = mergedHeads(heads, [block(2), block(3, 0, 2)], {
      get: (height) => (height === 3 ? 5 : undefined),
    });
    assert.deepEqual(
      heads.map(({ height, round }) => [height, round]),
      [
        [1, 0],
        [2, 2],
        [3, 5],
      ],
    );
    const many = Array.from({ length: MAX_HEADS + 10 }, (_, i) => block(i + 1));
    assert.equal(mergedHeads([], many, NO_ROUNDS).length, MAX_HEADS);
    assert.equal(mergedHeads([], many, NO_ROUNDS).at(-1)?.height, MAX_HEADS + 10);
  });

  it('knows the last blocks that have receipts of a ledger', () => {
    const heads = mergedHeads(
      [],
      [block(1, 3), block(2, 0), block(3, 2), block(4, 90), block(5, 0)],
      NO_ROUNDS,
    );
    assert.deepEqual(rangeWithReceipts(heads, 'economy', 80), { fromHeight: 4, toHeight: 4 });
    assert.deepEqual(rangeWithReceipts(heads, undefined, 92), { fromHeight: 3, toHeight: 4 });
    assert.equal(rangeWithReceipts(heads, 'bpi', 80), undefined);
  });

  it('measures from admission to receipt, and only what it saw come in', () => {
    let nowMs = 0;
    const meter = new FinalityMeter(() => nowMs);
    meter.onPending('a');
    nowMs = 400;
    meter.onReceipts(['a', 'stranger']);
    assert.deepEqual(meter.finality.value, { count: 1, p50: 400, p95: 400 });
  });
});

describe('the messages in the gossip view', () => {
  it('are each taken up once', () => {
    const news = [arrival(3), arrival(2)];
    assert.deepEqual(newArrivals(news, []), news);
    assert.deepEqual(newArrivals(news, [arrival(2), arrival(1)]), [arrival(3)]);
  });

  it('count by peer and carrier within the window', () => {
    const arrivals = [arrival(100), arrival(99, 'a', 'relay'), arrival(98, 'b'), arrival(1, 'b')];
    const rates = ratesByPeer(arrivals, 10_000, 5_000);
    assert.deepEqual(rates.get('a'), { push: 0.2, relay: 0.2 });
    assert.deepEqual(rates.get('b'), { push: 0.2, relay: 0 });
  });

  it('are drawn up to a bound, spread over all of them', () => {
    assert.deepEqual(sampled([1, 2, 3], 5), [1, 2, 3]);
    assert.deepEqual(sampled([0, 1, 2, 3, 4, 5], 3), [0, 2, 4]);
  });

  it('run between places that lie apart within the area, the same for the same peers', () => {
    const ids = ['self', ...Array.from({ length: 20 }, (_, i) => `p${i}`)];
    const edges = ids.slice(1).map((id) => ['self', id] as const);
    const places = layOut(ids, edges);
    assert.deepEqual([...places.values()], [...layOut(ids, edges).values()]);
    const all = [...places.values()];
    for (const { x, y } of all) assert.ok(x >= 0 && x <= GRAPH.width && y >= 0 && y <= GRAPH.height);
    for (const [i, a] of all.entries())
      for (const b of all.slice(i + 1)) assert.ok(Math.hypot(a.x - b.x, a.y - b.y) > 20, `${a.id} ${b.id}`);
    assert.deepEqual(layOut(['self'], []).get('self'), {
      id: 'self',
      x: GRAPH.width / 2,
      y: GRAPH.height / 2,
    });
  });
});

describe('the marks of the consensus grid', () => {
  it('show the furthest that a validator came', () => {
    const one = { committed: false, prepared: false, claimedRound: null } as Parameters<
      typeof runningCell
    >[0];
    assert.equal(runningCell(one, 0), 'waiting');
    assert.equal(runningCell({ ...one, claimedRound: 0 }, 0), 'waiting');
    assert.equal(runningCell({ ...one, claimedRound: 2 }, 1), 'round-change');
    assert.equal(runningCell({ ...one, prepared: true }, 1), 'prepared');
    assert.equal(runningCell({ ...one, prepared: true, committed: true }, 1), 'committed');
    assert.equal(decidedCell('a', undefined), 'unknown');
    assert.deepEqual(
      ['a', 'b'].map((id) => decidedCell(id, new Set(['a']))),
      ['sealed', 'unsealed'],
    );
  });
});

describe('the checks of a proof as the page shows them', () => {
  it('are those of the verifier, in its order', () => {
    assert.deepEqual(Object.keys(CHECK_MEANINGS), [...PROOF_CHECKS]);
  });

  it('end with the first that failed', () => {
    assert.ok(checkStates(undefined).every(({ state }) => state === 'passed'));
    const states = checkStates('VERSION').map(({ state }) => state);
    assert.deepEqual(states.slice(0, 3), ['passed', 'failed', 'not-reached']);
  });

  it('are tried with exactly one bit that differs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), (data) => {
        const hex = `0x${Buffer.from(data).toString('hex')}`;
        const other = Buffer.from(flippedByte(hex).slice(2), 'hex');
        assert.equal(other.length, data.length);
        assert.equal(other.filter((byte, i) => byte !== data[i]).length, 1);
      }),
    );
  });
});

describe('the catalogue of the RPC console', () => {
  it('knows every method with its scope, its params and its example', () => {
    const document = openRpcDocument();
    const methods = describedMethods(document.methods);
    assert.equal(methods.length, document.methods.length);
    assert.ok(methods.every(({ scope, summary }) => scope !== '' && summary !== ''));
    for (const { params } of methods)
      for (const { schema } of params) assert.notEqual(schemaSentence(schema), 'anything');
    const proof = methods.find(({ name }) => name === 'chain_getTransactionProof');
    assert.match(String(proof?.example.txId), /^0x[0-9a-f]{64}$/);
  });

  it('says what a parameter may be', () => {
    assert.equal(schemaSentence({ enum: ['a', 'b'] }), 'one of a, b');
    assert.equal(
      schemaSentence({ type: 'integer', minimum: 1, maximum: 500, default: 50 }),
      'integer from 1 to 500, 50 if left out',
    );
  });

  it('writes calls that a shell takes as they are', () => {
    assert.equal(
      curlOf('http://h/', 'net_version', { text: "it's" }),
      `curl -s http://h/ -H 'content-type: application/json' -d '{"jsonrpc":"2.0","id":1,"method":"net_version","params":{"text":"it'\\''s"}}'`,
    );
  });
});
