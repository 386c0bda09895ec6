import assert from 'node:assert/strict';
import fc from 'fast-check';
import { totalOf } from '../../../src/ledger/economy/books.ts';
import { InvariantViolation, type StateWriter } from '../../../src/ledger/seam.ts';
import { StaleStateError } from '../../../src/ledger/state/layer.ts';
import { LEDGERS, type LedgerName, TOKENS, type TokenName } from '../../../src/types/names.ts';
import {
  assertConserved,
  assertOrderIndependent,
  assertWritesOnlyItsOwn,
} from '../../support/compliance/checks.ts';
import { withPlanted } from '../../support/compliance/planted.ts';
import {
  failures,
  fullSection,
  otherLedger,
  preparedChain,
  successes,
  transactionsOf,
} from '../../support/compliance/world.ts';
import type { LedgerChain } from '../../support/ledger-chain.ts';

const PLANTED = Uint8Array.of(1);

/** A section reads the others as of S, writes its own sub-tree, conserves value, and is a function of its input. */
export function executionCases(ledger: LedgerName): void {
  describe('isolation', () => {
    it('writes its own sub-tree only, and nothing of what the others read', () => {
      const chain = preparedChain();
      assertWritesOnlyItsOwn(chain, ledger, fullSection(chain, ledger));
    });

    for (const target of [otherLedger(ledger), 'system'] as const)
      it(`cannot write ${target} through what it reads`, () => {
        const rules = withPlanted(ledger, (_operation, context, original) => {
          original();
          (context.at(target) as StateWriter).set('planted', PLANTED);
        });
        const planted = preparedChain(rules);
        assert.throws(
          () => assertWritesOnlyItsOwn(planted, ledger, fullSection(planted, ledger)),
          InvariantViolation,
        );
      });

    it('is found out when it reads what another section is writing', () => {
      let writing: StateWriter | undefined;
      const leaking = withPlanted(otherLedger(ledger), (_operation, { own }, original) => {
        original();
        own.set('seen', PLANTED);
        writing = own;
      });
      const spying = withPlanted(
        ledger,
        (_operation, { own }, original) => {
          original();
          own.set('copied', peek(writing) ?? Uint8Array.of(0));
        },
        leaking,
      );
      const planted = preparedChain(spying);
      const transactions = Object.fromEntries(
        [ledger, otherLedger(ledger)].map((name) => [name, fullSection(planted, name)]),
      );
      assert.throws(() => assertOrderIndependent(planted, transactions, LEDGERS.toReversed()), {
        code: 'ERR_ASSERTION',
      });
    });
  });

  describe('determinism', () => {
    it('comes to one state, receipts and outbox in serial, shuffled and parallel execution', () => {
      const chain = preparedChain();
      const plans = [...successes(chain, ledger), ...failures(chain, ledger)];
      const indexes = plans.map((_, i) => i);
      fc.assert(
        fc.property(
          fc.shuffledSubarray(indexes, { minLength: 1 }),
          fc.subarray(LEDGERS.filter((name) => name !== ledger)),
          fc.shuffledSubarray([...LEDGERS], { minLength: LEDGERS.length }),
          (chosen, others, order) => {
            const own = chosen.map((i) => plans[i] as (typeof plans)[number]);
            const transactions = Object.fromEntries([
              ...others.map((name) => [name, fullSection(chain, name)]),
              [ledger, transactionsOf(chain, ledger, own)],
            ]);
            assertOrderIndependent(chain, transactions, order);
          },
        ),
        { numRuns: 8 },
      );
    });

    it('is found out when it remembers something beside the state', () => {
      let executions = 0;
      const rules = withPlanted(ledger, (_operation, context, original) => {
        original();
        executions += 1;
        context.own.set('executions', Uint8Array.of(executions & 255));
      });
      const planted = preparedChain(rules);
      const transactions = { [ledger]: fullSection(planted, ledger) };
      assert.throws(() => assertOrderIndependent(planted, transactions, LEDGERS), {
        code: 'ERR_ASSERTION',
      });
    });
  });

  describe('value', () => {
    it('is conserved by every block, what is on its way included, and every charge is settled', () => {
      const chain = preparedChain();
      assertConserved(chain);
      for (const plans of [successes(chain, ledger), failures(chain, ledger), []]) {
        const before = new Map(TOKENS.map((token) => [token, feesOf(chain, token)]));
        const { receipts } = chain.block(transactionsOf(chain, ledger, plans));
        assert.equal(receipts.length, plans.length);
        assertConserved(chain);
        for (const token of TOKENS) {
          const charged = receipts
            .flatMap(({ charges }) => charges)
            .reduce((sum, charge) => (charge.token === token ? sum + charge.amount : sum), 0n);
          assert.equal(feesOf(chain, token) - (before.get(token) ?? 0n), charged, token);
        }
      }
    });
  });
}

/** What a section that is still being made has written; nothing of one that was given back. */
function peek(writing: StateWriter | undefined): Uint8Array | undefined {
  try {
    return writing?.get('seen');
  } catch (error) {
    if (error instanceof StaleStateError) return undefined;
    throw error;
  }
}

function feesOf(chain: LedgerChain, token: TokenName): bigint {
  return totalOf(chain.state.reader('economy'), 'fees', token);
}
