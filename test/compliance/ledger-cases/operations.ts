import assert from 'node:assert/strict';
import { accountPath, balanceAccount, FEE_HOLD, FEE_POOL } from '../../../src/ledger/economy/account.ts';
import { LEDGER_RULES } from '../../../src/ledger/ledgers.ts';
import { buildSection } from '../../../src/ledger/section.ts';
import type { LedgerName } from '../../../src/types/names.ts';
import { CATALOGS, statusName } from '../../../src/types/operations/catalogs.ts';
import { COMMON_STATUSES } from '../../../src/types/status.ts';
import { toHex } from '../../../src/util/bytes.ts';
import { FIXTURES, fullSection, preparedChain, transactionsOf } from '../../support/compliance/world.ts';

const NOTHING = Uint8Array.of();

/** Every kind of operation succeeds, and leaves nothing behind when it fails. */
export function operationCases(ledger: LedgerName): void {
  const fixture = FIXTURES[ledger];
  describe('operations', () => {
    it('has a case for every kind of its catalog', () => {
      const chain = preparedChain();
      assert.equal(fixture.ledger, ledger);
      assert.deepEqual(Object.keys(fixture.cases).sort(), Object.keys(CATALOGS[ledger].operations).sort());
      for (const [name, { succeeding, failing }] of Object.entries(fixture.cases))
        for (const { operation } of [succeeding(chain), failing(chain)])
          assert.equal(operation.kind, CATALOGS[ledger].operations[name]?.kind, name);
    });

    it('executes one of every kind in one section', () => {
      const chain = preparedChain();
      const { receipts } = chain.block(fullSection(chain, ledger));
      const statuses = receipts.map(({ status }) => statusName(ledger, status));
      assert.deepEqual(
        Object.fromEntries(Object.keys(fixture.cases).map((name, i) => [name, statuses[i]])),
        Object.fromEntries(Object.keys(fixture.cases).map((name) => [name, 'OK'])),
      );
    });

    for (const [name, { failing }] of Object.entries(fixture.cases))
      it(`leaves of a failed ${name} a nonce, a fee and a receipt`, () => {
        const chain = preparedChain();
        const plan = failing(chain);
        const { address } = plan.sender;
        const [transaction] = transactionsOf(chain, ledger, [plan]);
        assert.ok(transaction);
        const begun = chain.begin();
        const { result } = buildSection(begun, ledger, [transaction]);
        const [receipt] = result.receipts;
        assert.ok(receipt);
        assert.equal(statusName(ledger, receipt.status), plan.status);
        const { maxFee } = transaction.value.body;
        const fee = BigInt(receipt.gas) * begun.context.parameters.gasPrice;
        assert.ok(fee > 0n && fee <= maxFee, String(fee));
        assert.deepEqual(receipt.charges, [{ token: 'FLX', amount: fee }]);
        assert.ok(receipt.events.length <= 1);
        assert.deepEqual(result.outbox, []);

        const allowed = [
          `nonce/${address}`,
          ...([balanceAccount(address), FEE_HOLD, FEE_POOL] as const).map((account) =>
            accountPath(account, 'FLX'),
          ),
        ];
        const [before, after] = [begun.view.reader(ledger), result.view.reader(ledger)];
        const changed = result.view
          .pathsChangedSince(begun.view, ledger)
          .filter((path) => toHex(before.get(path) ?? NOTHING) !== toHex(after.get(path) ?? NOTHING));
        assert.ok(changed.includes(`nonce/${address}`));
        for (const path of changed) assert.ok(allowed.includes(path), path);
        result.discard();
        begun.discard();

        const [poor] = transactionsOf(chain, ledger, [plan], { maxFee: fee - 1n });
        assert.ok(poor);
        const handler = LEDGER_RULES.modules[ledger]?.handlers.find((one) => one.name === name);
        if (handler?.free === true) assert.equal(chain.faultOf(ledger, [poor]).code, 'FREE_OPERATION_FAILED');
        else {
          const [capped] = chain.block([poor]).receipts;
          assert.equal(capped?.status, COMMON_STATUSES.OUT_OF_GAS);
          assert.deepEqual(capped.charges, [{ token: 'FLX', amount: fee - 1n }]);
        }
      });
  });
}
