import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { isBic, isLei, isUetr } from '../../types/bank-identifiers.ts';
import { ECONOMY, type EconomyStatus } from '../../types/operations/economy.ts';
import type { BankRegister, BankTransfer } from '../../types/operations/economy-gold.ts';
import { type Address, AddressType, Hash32, Text } from '../../types/ssz-bytes.ts';
import { U8 } from '../../types/ssz-numbers.ts';
import { OPERATION_GAS, signatureGas } from '../gas-table.ts';
import type { OperationContext, OperationHandler, StateReader, StateWriter } from '../seam.ts';
import { Table } from '../state/table.ts';
import { balanceAccount } from './account.ts';
import { requireApproval } from './approvals.ts';
import { chargeCrossBorder } from './billing/cross-border.ts';
import { moveInTransaction, requirePositive } from './books.ts';
import { isSuspended } from './coverage.ts';
import { fail } from './failure.ts';

const BankType = new ContainerType({ bic: Text(11), tier: U8, account: AddressType, licenseHash: Hash32 });
export type Bank = ValueOf<typeof BankType>;

const banks = new Table('bank', BankType);
const leiOfBic = new Table('bank-bic', Text(20));
const leiOfAccount = new Table('bank-account', Text(20));
/** UETRs of all transfers ever made, each with the transaction that used it. */
const usedUetrs = new Table('uetr', Hash32);

/** Tiers 1 and 2 hold reserves and mint, tier 3 only passes AUR on. */
const MAX_TIER = 3;
export const MAX_MINTING_TIER = 2;

export function readBank(state: StateReader, lei: string): Bank | undefined {
  return banks.get(state, lei);
}

/** LEI of the bank that an account belongs to. */
export function bankOfAccount(state: StateReader, account: Address): string | undefined {
  return leiOfAccount.get(state, account);
}

/** The bank of this LEI, whose account must be the sender. */
export function requireOwnBank(context: OperationContext, lei: string): Bank {
  const bank = readBank(context.own, lei);
  if (bank === undefined) fail('BANK_UNKNOWN', `no bank ${lei}`);
  if (bank.account !== context.sender) fail('NOT_BANK_ACCOUNT', `the sender is not the account of ${lei}`);
  return bank;
}

/** ISO 9362: a BIC of eight characters means the head office, as does the branch code XXX. */
function fullBic(bic: string): string {
  return bic.length === 8 ? `${bic}XXX` : bic;
}

export type NewBank = Bank & { lei: string };

/** Why a bank cannot be registered. */
export function findBankFault(state: StateReader, bank: NewBank): EconomyStatus | undefined {
  if (!isLei(bank.lei)) return 'INVALID_LEI';
  if (!isBic(bank.bic)) return 'INVALID_BIC';
  if (bank.tier < 1 || bank.tier > MAX_TIER) return 'INVALID_TIER';
  if (banks.has(state, bank.lei)) return 'LEI_TAKEN';
  if (leiOfBic.has(state, fullBic(bank.bic))) return 'BIC_TAKEN';
  if (leiOfAccount.has(state, bank.account)) return 'ACCOUNT_TAKEN';
  return undefined;
}

export function addBank(state: StateWriter, { lei, bic, tier, account, licenseHash }: NewBank): void {
  banks.set(state, { bic, tier, account, licenseHash }, lei);
  leiOfBic.set(state, lei, fullBic(bic));
  leiOfAccount.set(state, lei, account);
}

export const bankRegisterHandler: OperationHandler<BankRegister> = {
  name: 'BankRegister',
  spec: ECONOMY.operations.BankRegister,
  gas: OPERATION_GAS.economy.BankRegister,
  extraGas: ({ approvals }) => signatureGas(approvals),
  execute(operation, context) {
    const { lei, bic, tier, account, licenseHash } = operation;
    const bank = { lei, bic, tier, account, licenseHash };
    const fault = findBankFault(context.own, bank);
    if (fault !== undefined) fail(fault, `bank ${lei}`);
    requireApproval(context, 'bank-approval', ECONOMY.operations.BankRegister, operation);
    addBank(context.own, bank);
    context.emit(ECONOMY.events.BankRegistered, bank);
  },
};

export const bankTransferHandler: OperationHandler<BankTransfer> = {
  name: 'BankTransfer',
  spec: ECONOMY.operations.BankTransfer,
  gas: OPERATION_GAS.economy.BankTransfer,
  execute({ uetr, debtorBank, creditorBank, amount, referenceHash }, context) {
    requirePositive(amount);
    if (!isUetr(uetr)) fail('INVALID_UETR', 'a UETR is a UUID version 4 in lowercase');
    if (usedUetrs.has(context.own, uetr)) fail('UETR_USED', `${uetr} was used before`);
    if (debtorBank === creditorBank) fail('SAME_ACCOUNT', 'debtor and creditor are the same bank');
    const debtor = requireOwnBank(context, debtorBank);
    const creditor = readBank(context.own, creditorBank);
    if (creditor === undefined) fail('BANK_UNKNOWN', `no bank ${creditorBank}`);
    if (isSuspended(context.own, context.timeMs, debtorBank))
      fail('BANK_SUSPENDED', `${debtorBank} has been under-covered for too long`);
    const { account: from } = debtor;
    const { account: to } = creditor;
    moveInTransaction(context.own, {
      debit: balanceAccount(from),
      credit: balanceAccount(to),
      token: 'AUR',
      amount,
    });
    usedUetrs.set(context.own, context.txId, uetr);
    context.emit(ECONOMY.events.BankTransferred, {
      uetr,
      debtorBank,
      creditorBank,
      from,
      to,
      amount,
      referenceHash,
    });
    chargeCrossBorder(context, { uetr, debtorBank, debtor, creditor, amount });
  },
};
