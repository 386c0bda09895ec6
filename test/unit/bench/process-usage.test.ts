import assert from 'node:assert/strict';
import { coresBetween, parseUsage } from '../../../scripts/bench/process-usage.ts';

describe('what processes use', () => {
  it('reads processor time and memory behind a name that holds spaces and brackets', () => {
    const stat = '4711 (a node) (x)) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 1 0 99 0 0';
    const status = 'Name:\tnode\nVmHWM:\t  900000 kB\nVmRSS:\t  153600 kB\n';
    assert.deepEqual(parseUsage(stat, status), { cpuSeconds: 3, rssMiB: 150 });
  });

  it('counts busy cores from the processor time between two samples', () => {
    const begin = { atMs: 1_000, cpuSeconds: 10, rssMiB: [] };
    assert.equal(coresBetween(begin, { atMs: 11_000, cpuSeconds: 25, rssMiB: [] }), 1.5);
  });
});
