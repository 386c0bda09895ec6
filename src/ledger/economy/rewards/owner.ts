import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { ECONOMY } from '../../../types/operations/economy.ts';
import type { OwnerAccount, OwnerHold } from '../../../types/operations/economy-rewards.ts';
import { type Address, AddressType } from '../../../types/ssz-bytes.ts';
import { Bool, U32 } from '../../../types/ssz-numbers.ts';
import { OPERATION_GAS, signatureGas } from '../../gas-table.ts';
import type { OperationHandler, StateReader, StateWriter } from '../../seam.ts';
import { Table } from '../../state/table.ts';
import { requireApproval } from '../approvals.ts';
import { fail } from '../failure.ts';

/** Who the owner of the network is to the chain: an account that its authority names, and a flag of the treasury's. */
const OwnerRecordType = new ContainerType({
  /** Empty until the authority names one; a chain may have no owner. */
  account: new ListCompositeType(AddressType, 1),
  held: Bool,
  /** The last month whose salary was settled, counted from genesis. */
  month: U32,
});
export type OwnerRecord = ValueOf<typeof OwnerRecordType>;
const owner = new Table('owner', OwnerRecordType);

const NOBODY: OwnerRecord = { account: [], held: false, month: 0 };

export function readOwner(economy: StateReader): OwnerRecord {
  return owner.get(economy) ?? NOBODY;
}

export function writeOwner(economy: StateWriter, record: OwnerRecord): void {
  owner.set(economy, record);
}

/** The account that the owner's share is for, or undefined: then it is the treasury's. */
export function ownerAccount(economy: StateReader): Address | undefined {
  return readOwner(economy).account[0];
}

export const ownerAccountHandler: OperationHandler<OwnerAccount> = {
  name: 'OwnerAccount',
  spec: ECONOMY.operations.OwnerAccount,
  gas: OPERATION_GAS.economy.OwnerAccount,
  extraGas: ({ approvals }) => signatureGas(approvals),
  execute(operation, context) {
    const { account } = operation;
    requireApproval(context, 'owner', ECONOMY.operations.OwnerAccount, operation);
    const record = readOwner(context.own);
    if (record.account[0] === account) fail('OWNER_ACCOUNT_SAME', 'the owner has this account');
    writeOwner(context.own, { ...record, account: [account] });
    context.emit(ECONOMY.events.OwnerAccountChanged, { account });
  },
};

export const ownerHoldHandler: OperationHandler<OwnerHold> = {
  name: 'OwnerHold',
  spec: ECONOMY.operations.OwnerHold,
  gas: OPERATION_GAS.economy.OwnerHold,
  extraGas: ({ approvals }) => signatureGas(approvals),
  execute(operation, context) {
    const { held, basis } = operation;
    requireApproval(context, 'treasury', ECONOMY.operations.OwnerHold, operation);
    const record = readOwner(context.own);
    if (record.held === held) fail('OWNER_HOLD_SAME', `the owner’s pay is ${held ? '' : 'not '}held back`);
    writeOwner(context.own, { ...record, held });
    context.emit(ECONOMY.events.OwnerHoldChanged, { held, basis });
  },
};
