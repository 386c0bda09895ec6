import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Demand,
  maxPerRegion,
  type PlacementNode,
  planPlacements,
} from '../../src/ledger/cluster/placement.ts';
import { type Movable, planRebalance } from '../../src/ledger/cluster/rebalance.ts';
import { dominantSharePpm, isWithin } from '../../src/ledger/cluster/resources.ts';
import { hashNumber } from '../support/blocks.ts';

const REGIONS = ['eu', 'us', 'asia'] as const;
const TIME_MS = 1_000_000;
const amount = (max: number) =>
  fc.record({
    cpuMilli: fc.integer({ min: 1, max }),
    memoryMib: fc.integer({ min: 0, max }),
    diskMib: fc.integer({ min: 0, max }),
  });
const node = fc.record({
  region: fc.constantFrom(...REGIONS),
  weight: fc.integer({ min: 1, max: 5 }),
  capacity: amount(100),
  maxReplicas: fc.integer({ min: 0, max: 6 }),
});
const demand = fc.record({
  request: amount(30),
  regions: fc.uniqueArray(fc.constantFrom<string>(...REGIONS), { maxLength: 2 }),
  priorityPpm: fc.integer({ min: 1, max: 5 }),
  queuedAtMs: fc.integer({ min: TIME_MS - 3, max: TIME_MS }),
  settled: fc.array(fc.constantFrom(undefined, undefined, 'eu', 'us'), { minLength: 1, maxLength: 7 }),
});
const world = fc.record({
  nodes: fc.array(node, { maxLength: 8 }),
  demands: fc.array(demand, { maxLength: 8 }),
  max: fc.integer({ min: 0, max: 20 }),
});
type World = typeof world extends fc.Arbitrary<infer W> ? W : never;

const NOTHING = { cpuMilli: 0, memoryMib: 0, diskMib: 0 };
const nodesOf = ({ nodes }: World): PlacementNode[] =>
  nodes.map((value, index) => ({ ...value, id: hashNumber(index), used: NOTHING, replicas: 0 }));
const demandsOf = ({ demands }: World): Demand[] =>
  demands.map((value, index) => ({ ...value, workload: hashNumber(1_000 + index) }));

describe('Placement', () => {
  it('never exceeds a node, a region, an affinity or the bound, and places no replica twice', () => {
    fc.assert(
      fc.property(world, (given) => {
        const nodes = nodesOf(given);
        const demands = demandsOf(given);
        const placed = planPlacements(nodes, demands, TIME_MS, given.max);
        assert.ok(placed.length <= given.max);
        assert.equal(
          new Set(placed.map(({ workload, replica }) => `${workload}/${replica}`)).size,
          placed.length,
        );
        for (const { capacity, used, replicas, maxReplicas, id } of nodes) {
          assert.ok(isWithin(used, capacity));
          assert.ok(replicas <= maxReplicas);
          assert.equal(placed.filter(({ to }) => to === id).length, replicas);
        }
        for (const { workload, regions, settled } of demands) {
          const regionOf = (id: string) => nodes.find((one) => one.id === id)?.region as string;
          const mine = placed.filter((placement) => placement.workload === workload);
          for (const { replica, to } of mine) {
            assert.equal(settled[replica], undefined, 'what stands well stays');
            if (regions.length > 0) assert.ok(regions.includes(regionOf(to)));
            const inRegion =
              mine.filter((other) => regionOf(other.to) === regionOf(to)).length +
              settled.filter((region) => region === regionOf(to)).length;
            assert.ok(inRegion <= maxPerRegion(settled.length));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('does not depend on the order in which nodes and demands are given', () => {
    fc.assert(
      fc.property(world, fc.infiniteStream(fc.nat(1_000)), (given, keys) => {
        const shuffled = <T>(list: readonly T[]): T[] =>
          list
            .map((value) => ({ value, key: keys.next().value as number }))
            .sort((x, y) => x.key - y.key)
            .map(({ value }) => value);
        const plain = planPlacements(nodesOf(given), demandsOf(given), TIME_MS, given.max);
        const mixed = planPlacements(
          shuffled(nodesOf(given)),
          shuffled(demandsOf(given)),
          TIME_MS,
          given.max,
        );
        assert.deepEqual(mixed, plain);
      }),
      { numRuns: 200 },
    );
  });

  it('leaves a replica without a place only if no node could take it, unless the bound was reached', () => {
    fc.assert(
      fc.property(world, (given) => {
        const nodes = nodesOf(given);
        const demands = demandsOf(given);
        const placed = planPlacements(nodes, demands, TIME_MS, 10_000);
        for (const { workload, request, regions, settled } of demands) {
          const mine = placed.filter((placement) => placement.workload === workload);
          if (settled.filter((region) => region === undefined).length === mine.length) continue;
          for (const { capacity, used, region, id, replicas, maxReplicas } of nodes) {
            const inRegion =
              settled.filter((settledIn) => settledIn === region).length +
              mine.filter(({ to }) => nodes.find((one) => one.id === to)?.region === region).length;
            const free = {
              cpuMilli: capacity.cpuMilli - used.cpuMilli,
              memoryMib: capacity.memoryMib - used.memoryMib,
              diskMib: capacity.diskMib - used.diskMib,
            };
            const takes =
              isWithin(request, free) &&
              replicas < maxReplicas &&
              (regions.length === 0 || regions.includes(region)) &&
              inRegion < maxPerRegion(settled.length);
            assert.ok(!takes, `node ${id} could take a replica of ${workload}`);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('serves the urgent first: priority, then the larger share, then who waits longer', () => {
    const room = (): PlacementNode[] => [
      {
        id: hashNumber(1),
        region: 'eu',
        weight: 1,
        capacity: { cpuMilli: 10, memoryMib: 10, diskMib: 10 },
        used: NOTHING,
        replicas: 0,
        maxReplicas: 1,
      },
    ];
    const base: Demand = {
      workload: hashNumber(9),
      request: { cpuMilli: 5, memoryMib: 1, diskMib: 1 },
      regions: [],
      priorityPpm: 10,
      queuedAtMs: TIME_MS - 9,
      settled: [undefined],
    };
    const winner = (other: Partial<Demand>) =>
      planPlacements(room(), [base, { ...base, workload: hashNumber(8), ...other }], TIME_MS, 5)[0]?.workload;
    assert.equal(winner({ priorityPpm: 11 }), hashNumber(8));
    assert.equal(winner({ queuedAtMs: TIME_MS - 10 }), hashNumber(8));
    assert.equal(winner({ request: { cpuMilli: 6, memoryMib: 1, diskMib: 1 } }), hashNumber(8));
    assert.equal(winner({ request: { cpuMilli: 4, memoryMib: 1, diskMib: 1 } }), hashNumber(9));
    assert.equal(
      winner({ priorityPpm: 100, queuedAtMs: TIME_MS }),
      hashNumber(9),
      'equally urgent, waits longer',
    );
  });
});

describe('Rebalancing', () => {
  it('never makes the greatest load greater, and moves no more than asked', () => {
    fc.assert(
      fc.property(world, fc.integer({ min: 0, max: 8 }), (given, maxMoves) => {
        const nodes = nodesOf(given);
        const fresh = demandsOf(given).map((value) => ({
          ...value,
          settled: value.settled.map(() => undefined),
        }));
        const placed = planPlacements(nodes, fresh, TIME_MS, 100);
        const greatest = () =>
          Math.max(0, ...nodes.map(({ used, capacity }) => dominantSharePpm(used, capacity)));
        const before = greatest();
        const regionOf = (workload: string, replica: number) => {
          const to = placed.find((one) => one.workload === workload && one.replica === replica)?.to;
          return nodes.find(({ id }) => id === to)?.region;
        };
        const replicasOn = (id: string): Movable[] =>
          placed
            .filter(({ to }) => to === id)
            .map(({ workload, replica }) => {
              const found = fresh.find((one) => one.workload === workload) as Demand;
              const settled = found.settled.map((_, index) => regionOf(workload, index));
              return { replica, demand: { ...found, settled } };
            });
        const moves = planRebalance(nodes, replicasOn, maxMoves);
        assert.ok(moves.length <= maxMoves);
        assert.ok(greatest() <= before);
        for (const { used, capacity } of nodes) assert.ok(isWithin(used, capacity));
      }),
      { numRuns: 200 },
    );
  });
});
