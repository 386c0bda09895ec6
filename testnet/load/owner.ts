import { addressOf } from '../../src/types/address.ts';
import { encodeOperation } from '../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../src/types/operations/economy.ts';
import { SCHEME_ED25519 } from '../../src/types/transaction.ts';
import { utf8 } from '../../src/util/bytes.ts';
import { approve, freshHash, plan } from './planning.ts';
import type { OperationScenario, PlanContext, PlannedTransaction } from './scenario.ts';

const { OwnerAccount, OwnerHold } = ECONOMY.operations;

/** Approved by that many of the three keys of the authority `owner`. */
function changeAccount(context: PlanContext, expected: string, approvals: number): PlannedTransaction {
  const sender = context.rotate(context.lane.payers);
  const keys = context.authorities.owner.slice(0, approvals);
  const account = addressOf(SCHEME_ED25519, utf8(freshHash(context, 'owner')));
  const by = { sender, ledger: 'economy', authority: 'owner' } as const;
  return plan(
    sender,
    expected,
    OwnerAccount,
    approve(context, by, keys, OwnerAccount, { account, approvals: [] }),
  );
}

/**
 * What the authorities decide of the owner's pay. There is one owner, and several lanes and runs speak of it: the account
 * is another one every time, and a hold is lifted in the transaction that begins it.
 */
export const ownerScenarios: readonly OperationScenario[] = [
  {
    operation: 'OwnerAccount',
    weight: 1,
    succeed: (context) => changeAccount(context, 'OK', 2),
    fail: (context) => changeAccount(context, 'APPROVALS_TOO_FEW', 1),
  },
  {
    operation: 'OwnerHold',
    weight: 1,
    succeed(context) {
      const sender = context.rotate(context.lane.payers);
      const by = { sender, ledger: 'economy', authority: 'treasury' } as const;
      const keys = context.authorities.treasury.slice(0, 2);
      const basis = freshHash(context, 'hold');
      const operations = [true, false].map((held) =>
        encodeOperation(OwnerHold, approve(context, by, keys, OwnerHold, { held, basis, approvals: [] })),
      );
      return { sender, expected: 'OK', operations };
    },
    fail(context) {
      const sender = context.rotate(context.lane.payers);
      const by = { sender, ledger: 'economy', authority: 'treasury' } as const;
      const keys = context.authorities.treasury.slice(0, 2);
      const value = { held: false, basis: freshHash(context, 'no hold'), approvals: [] };
      return plan(sender, 'OWNER_HOLD_SAME', OwnerHold, approve(context, by, keys, OwnerHold, value));
    },
  },
];
