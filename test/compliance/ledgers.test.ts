import assert from 'node:assert/strict';
import { accountPath, balanceAccount } from '../../src/ledger/economy/account.ts';
import { LEDGER_RULES } from '../../src/ledger/ledgers.ts';
import { InvariantViolation } from '../../src/ledger/seam.ts';
import { LEDGERS, type LedgerName, SUBTREES } from '../../src/types/names.ts';
import { encode } from '../../src/types/ssz.ts';
import { U128 } from '../../src/types/ssz-numbers.ts';
import { readSystemReceipt, SYSTEM_RECEIPTS } from '../../src/types/system-receipt.ts';
import { LIMITS } from '../../src/util/limits.ts';
import { assertConserved } from '../support/compliance/checks.ts';
import { withPlanted } from '../support/compliance/planted.ts';
import {
  FIXTURES,
  fullSection,
  otherLedger,
  preparedChain,
  successes,
  transactionsOf,
} from '../support/compliance/world.ts';
import { boundCases } from './ledger-cases/bounds.ts';
import { executionCases } from './ledger-cases/execution.ts';
import { moduleCases } from './ledger-cases/module.ts';
import { operationCases } from './ledger-cases/operations.ts';
import { proofCases } from './ledger-cases/proofs.ts';

/** One suite for all ledgers. What it has to know of one stands in its fixture (support/compliance). */
for (const ledger of LEDGERS)
  describe(`the ${ledger} ledger, like every ledger,`, () => {
    moduleCases(ledger);
    operationCases(ledger);
    executionCases(ledger);
    boundCases(ledger);
    proofCases(ledger);
  });

describe('the five ledgers together', () => {
  it('deliver messages over several blocks, by height, ledger and index', () => {
    const rules = LEDGERS.reduce(
      (planted, ledger) =>
        withPlanted(
          ledger,
          (_operation, { send }) => {
            for (let i = 0; i < LIMITS.maxOutboxPerSection; i++)
              send({ to: otherLedger(ledger), kind: 999, data: Uint8Array.of(i & 255, i >> 8) });
          },
          planted,
        ),
      LEDGER_RULES,
    );
    const chain = preparedChain(rules);
    const transactions = LEDGERS.flatMap((ledger) =>
      transactionsOf(chain, ledger, successes(chain, ledger).slice(0, 1)),
    );
    const { sections } = chain.block(transactions);
    const expected = LEDGERS.flatMap((ledger) => sections[ledger]?.outbox.map(({ from }) => from) ?? []);
    assert.equal(expected.length, LEDGERS.length * LIMITS.maxOutboxPerSection);
    const delivered: { position: number; from: LedgerName }[] = [];
    for (const count of [2_048, 2_048, 1_024, 0]) {
      const { systemReceipts } = chain.block();
      const now = systemReceipts.flatMap(
        (receipt) => readSystemReceipt(SYSTEM_RECEIPTS.OutboxBounced, receipt) ?? [],
      );
      assert.equal(now.length, count);
      delivered.push(...now);
    }
    assert.deepEqual(
      delivered.map(({ from }) => from),
      expected,
    );
    const positions = delivered.map(({ position }) => position);
    assert.deepEqual(
      positions,
      [...positions].sort((a, b) => a - b),
    );
  });

  it('are stopped when coins come out of nothing, and the sum of all leaves shows it', () => {
    const rules = withPlanted('economy', (_operation, { own, sender }, original) => {
      original();
      const path = accountPath(balanceAccount(sender), 'NEX');
      own.set(path, encode(U128, 1n + U128.deserialize(own.get(path) ?? encode(U128, 0n))));
    });
    const planted = preparedChain(rules);
    assert.throws(() => planted.block(fullSection(planted, 'economy')), InvariantViolation);
    const chain = preparedChain();
    assertConserved(chain);
    const view = chain.state.extend();
    view.writer('economy').set(accountPath(balanceAccount('ab'.repeat(32)), 'NEX'), encode(U128, 1n));
    chain.state.commit(view);
    assert.throws(() => assertConserved(chain), { code: 'ERR_ASSERTION' });
  });

  it('stand on six sub-trees', () => {
    assert.deepEqual([...Object.keys(FIXTURES), 'system'].sort(), [...SUBTREES].sort());
  });
});
