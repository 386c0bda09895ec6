import assert from 'node:assert/strict';
import { intrinsicCost } from '../../../src/ledger/account.ts';
import type { TransactionCost } from '../../../src/ledger/cost.ts';
import { buildSection, executeSection } from '../../../src/ledger/section.ts';
import type { Parameters } from '../../../src/types/genesis.ts';
import type { LedgerName } from '../../../src/types/names.ts';
import type { KindSpec } from '../../../src/types/operations/catalog.ts';
import { CATALOGS, statusName } from '../../../src/types/operations/catalogs.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { withPlanted } from '../../support/compliance/planted.ts';
import {
  FIXTURES,
  fullSection,
  otherLedger,
  preparedChain,
  successes,
  transactionsOf,
} from '../../support/compliance/world.ts';
import type { LedgerChain } from '../../support/ledger-chain.ts';

const PLANTED = Uint8Array.of(1);

/** S with other bounds, as another genesis would give them. */
function begunWith(chain: LedgerChain, bounds: Partial<Parameters>) {
  const begun = chain.begin();
  const parameters = { ...begun.context.parameters, ...bounds };
  return { ...begun, context: { ...begun.context, parameters } };
}

/** Nothing that a section does can grow beyond its bound. */
export function boundCases(ledger: LedgerName): void {
  const fixture = FIXTURES[ledger];
  describe('bounds', () => {
    const sum = (costs: readonly TransactionCost[]) => costs.reduce((total, { gas }) => total + gas, 0);

    it('make a section that is over one of them invalid before anything of it is executed', () => {
      let executions = 0;
      const counting = preparedChain(
        withPlanted(ledger, (_operation, _context, original) => {
          executions += 1;
          original();
        }),
      );
      const transactions = fullSection(counting, ledger);
      const last = transactions.at(-1);
      assert.ok(last);
      const costs = transactions.map(
        (one) => intrinsicCost(one, counting.genesis.parameters) as TransactionCost,
      );
      const bytes = transactions.reduce((total, one) => total + one.bytes.length, 0);
      const exact = {
        maxSectionGas: sum(costs),
        maxSectionBytes: bytes,
        maxSectionOperations: transactions.length,
      };
      const fits = begunWith(counting, exact);
      const outcome = executeSection(fits, ledger, transactions);
      assert.ok(outcome.valid);
      outcome.result.discard();
      fits.discard();
      for (const name of Object.keys(exact) as (keyof typeof exact)[]) {
        const begun = begunWith(counting, { ...exact, [name]: exact[name] - 1 });
        executions = 0;
        const refused = executeSection(begun, ledger, transactions);
        assert.ok(!refused.valid, name);
        assert.deepEqual(
          [refused.fault.code, refused.fault.txId, executions],
          ['SECTION_TOO_LARGE', last.id, 0],
          name,
        );
        const { result } = buildSection(begun, ledger, transactions);
        assert.deepEqual(
          result.transactions.map(({ id }) => id),
          transactions.slice(0, -1).map(({ id }) => id),
          `the miner stops before it is over ${name}`,
        );
        result.discard();
        begun.discard();
      }
    });

    it('refuse a transaction that fits in no section, and a section of too many', () => {
      const chain = preparedChain();
      const [plan] = successes(chain, ledger);
      assert.ok(plan);
      const [transaction] = transactionsOf(chain, ledger, [plan]);
      assert.ok(transaction);
      const cost = intrinsicCost(transaction, chain.genesis.parameters) as TransactionCost;
      for (const bounds of [
        { maxSectionGas: cost.gas - 1 },
        { maxSectionBytes: transaction.bytes.length - 1 },
        { maxSectionOperations: 0 },
      ]) {
        const begun = begunWith(chain, bounds);
        const outcome = executeSection(begun, ledger, [transaction]);
        assert.ok(!outcome.valid);
        assert.equal(outcome.fault.code, 'TRANSACTION_TOO_EXPENSIVE');
        begun.discard();
      }
      const many = Array.from({ length: LIMITS.maxTransactionsPerSection + 1 }, () => transaction);
      const begun = begunWith(chain, { maxSectionGas: 10 ** 12, maxSectionBytes: 10 ** 9 });
      const outcome = executeSection(begun, ledger, many);
      assert.ok(!outcome.valid);
      assert.deepEqual(
        [outcome.fault.code, outcome.fault.index],
        ['SECTION_TOO_LARGE', LIMITS.maxTransactionsPerSection],
      );
      begun.discard();
    });

    it('fail an operation that tells or sends more than a transaction may, without effect', () => {
      const [event] = Object.values(CATALOGS[ledger].events) as KindSpec<unknown>[];
      assert.ok(event);
      const excesses = {
        TOO_MANY_EVENTS: withPlanted(ledger, (_operation, { own, emit }) => {
          own.set('planted', PLANTED);
          for (let i = 0; i <= LIMITS.maxEventsPerReceipt; i++) emit(event, event.type.defaultValue());
        }),
        OUTBOX_FULL: withPlanted(ledger, (_operation, { own, send }) => {
          own.set('planted', PLANTED);
          for (let i = 0; i <= LIMITS.maxOutboxPerSection; i++)
            send({ to: otherLedger(ledger), kind: 999, data: PLANTED });
        }),
      };
      for (const [status, rules] of Object.entries(excesses)) {
        const planted = preparedChain(rules);
        const plans = successes(planted, ledger).slice(0, 1);
        const { receipts, sections } = planted.block(transactionsOf(planted, ledger, plans));
        assert.equal(statusName(ledger, receipts[0]?.status as number), status);
        assert.deepEqual(receipts[0]?.events, []);
        assert.deepEqual(sections[ledger]?.outbox, []);
        assert.equal(planted.state.reader(ledger).get('planted'), undefined);
      }
    });

    if (fixture.backlog !== undefined)
      it('carry work over to the next block, first in, first out', () => {
        const chain = preparedChain();
        const { bound, fill, done } = fixture.backlog as NonNullable<typeof fixture.backlog>;
        fill(chain, bound + 3);
        const numbers = Array.from({ length: bound + 3 }, (_, i) => i);
        assert.deepEqual(done(chain.block(), chain), numbers.slice(0, bound));
        assert.deepEqual(done(chain.block(), chain), numbers.slice(bound));
        assert.deepEqual(done(chain.block(), chain), []);
      });
  });
}
