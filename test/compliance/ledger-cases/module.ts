import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LEDGER_RULES } from '../../../src/ledger/ledgers.ts';
import type { LedgerModule } from '../../../src/ledger/seam.ts';
import { DEFAULT_PARAMETERS } from '../../../src/types/genesis.ts';
import { LEDGERS, type LedgerName } from '../../../src/types/names.ts';
import { CATALOGS, statusName } from '../../../src/types/operations/catalogs.ts';
import { COMMON_STATUSES } from '../../../src/types/status.ts';
import { preparedChain, SENDER } from '../../support/compliance/world.ts';

/** The module of a ledger and its catalog say the same, and any bytes get an answer. */
export function moduleCases(ledger: LedgerName): void {
  const catalog = CATALOGS[ledger];
  const module = LEDGER_RULES.modules[ledger] as LedgerModule;
  describe('module', () => {
    it('is registered under its own name and handles exactly the operations of its catalog', () => {
      assert.equal(module.name, ledger);
      const handled = module.handlers.map(({ name: operation, spec }) => [operation, spec.kind]);
      const listed = Object.entries(catalog.operations).map(([operation, spec]) => [operation, spec.kind]);
      assert.deepEqual(handled.sort(), listed.sort());
      assert.equal(new Set(handled.map(([, kind]) => kind)).size, handled.length, 'no kind twice');
    });

    it('numbers its statuses in its own thousand and its events without repetition', () => {
      const codes = Object.values(catalog.statuses);
      assert.equal(new Set(codes).size, codes.length);
      const thousand = 1000 * (LEDGERS.indexOf(ledger) + 1);
      for (const code of codes) assert.ok(code >= thousand && code < thousand + 1000, String(code));
      const events = Object.values(catalog.events).map((spec) => spec.kind);
      assert.equal(new Set(events).size, events.length);
    });

    it('asks gas for every operation, and one of each kind fits in a section', () => {
      for (const handler of module.handlers) {
        assert.ok(Number.isSafeInteger(handler.gas) && handler.gas > 0, handler.name);
        assert.ok(handler.gas < DEFAULT_PARAMETERS.maxSectionGas / 4, handler.name);
      }
    });

    it('gives a malformed body of any of its operations a failed receipt that changes nothing else', () => {
      const chain = preparedChain();
      for (const { name: operation, spec } of module.handlers) {
        const receipt = chain.run(SENDER, ledger, [
          { kind: spec.kind, data: new Uint8Array(1_000).fill(255) },
        ]);
        assert.equal(receipt.status, COMMON_STATUSES.MALFORMED_OPERATION, operation);
        assert.deepEqual(receipt.events, []);
      }
    });

    it('answers any bytes in any operation with a receipt of a known status', () => {
      const chain = preparedChain();
      const kinds = fc.constantFrom(...module.handlers.map(({ spec }) => spec.kind));
      fc.assert(
        fc.property(kinds, fc.uint8Array({ maxLength: 400 }), (kind, data) => {
          const receipt = chain.run(SENDER, ledger, [{ kind, data }], { maxFee: 1_000_000n });
          assert.doesNotMatch(statusName(ledger, receipt.status), /^STATUS_/);
        }),
        { numRuns: 50 },
      );
    });

    it('answers the default body of each operation with a receipt', () => {
      const chain = preparedChain();
      for (const { spec, name: operation } of module.handlers) {
        const data = spec.type.serialize(spec.type.defaultValue());
        const receipt = chain.run(SENDER, ledger, [{ kind: spec.kind, data }], { maxFee: 1_000_000n });
        assert.doesNotMatch(statusName(ledger, receipt.status), /^STATUS_/, operation);
        assert.match(receipt.proofCommitment, /^[0-9a-f]{64}$/);
      }
    });
  });
}
