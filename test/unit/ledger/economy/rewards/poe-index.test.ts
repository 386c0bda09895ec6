import assert from 'node:assert/strict';
import fc from 'fast-check';
import { gammaMicro, phiMicro } from '../../../../../src/ledger/economy/rewards/poe-index.ts';

function usage(
  cpuMs: bigint,
  memoryMbS: bigint,
  storageMicroGbDay: bigint,
  egressBytes: bigint,
  receipts: bigint,
) {
  return { cpuMs, memoryMbS, storageMicroGbDay, egressBytes, receipts };
}

describe('The PoE index', () => {
  it('meets the golden vectors of Φ and Γ', () => {
    const vectors = [
      [usage(1_000n, 500n, 1_000_000n, 10_000_000n, 100n), 925_000n, 480_519n],
      [usage(0n, 0n, 0n, 0n, 0n), 0n, 0n],
      [usage(10_000n, 100n, 100_000n, 1_000_000n, 10n), 3_565_000n, 780_941n],
    ] as const;
    for (const [used, phi, gamma] of vectors) {
      assert.equal(phiMicro(used), phi);
      assert.equal(gammaMicro(phi), gamma);
    }
  });

  it('rounds once, so components too small to count alone count together', () => {
    // Storage counts 0.45 or 0.6 millionths here, egress 0.51: together 0.96 or 1.11.
    assert.equal(phiMicro(usage(0n, 0n, 3n, 34n, 0n)), 0n);
    assert.equal(phiMicro(usage(0n, 0n, 4n, 34n, 0n)), 1n);
  });

  it('never reaches one and never falls when more is used', () => {
    const amount = fc.bigInt({ min: 0n, max: 10n ** 24n });
    fc.assert(
      fc.property(fc.tuple(amount, amount, amount, amount, amount), amount, (values, more) => {
        const [cpu, memory, storage, egress, receipts] = values;
        const gamma = gammaMicro(phiMicro(usage(cpu, memory, storage, egress, receipts)));
        assert.ok(gamma < 1_000_000n);
        assert.ok(gammaMicro(phiMicro(usage(cpu + more, memory, storage, egress, receipts))) >= gamma);
      }),
    );
  });

  it('refuses negative usage', () => {
    assert.throws(() => phiMicro(usage(-1n, 0n, 0n, 0n, 0n)), RangeError);
    assert.throws(() => gammaMicro(-1n), RangeError);
  });
});
