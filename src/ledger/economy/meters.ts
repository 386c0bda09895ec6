import type { LedgerName, TokenName } from '../../types/names.ts';
import { ECONOMY, type MeterDeposit, type MeterWithdraw } from '../../types/operations/economy.ts';
import { ECONOMY_SYSTEM_RECEIPTS } from '../../types/operations/economy-receipts.ts';
import { encode } from '../../types/ssz.ts';
import { OPERATION_GAS } from '../gas-table.ts';
import type { OperationHandler, SettlementReceipt, StateWriter } from '../seam.ts';
import { balanceAccount, meterAccount } from './account.ts';
import { amountOf, move, moveInTransaction, requirePositive } from './books.ts';
import { endBlockQueue, type QueuedRequest } from './end-block-queue.ts';
import { fail } from './failure.ts';

const ZERO_HASH = '00'.repeat(32);

/**
 * Economy operations are charged in FLX to the balance itself, so there is no such meter. AUR stands in bank accounts
 * only; a fee in AUR comes out of the account of the bank that pays.
 */
export function isMeterAllowed(ledger: LedgerName, token: TokenName): boolean {
  return token !== 'AUR' && !(ledger === 'economy' && token === 'FLX');
}

function requireMeter(ledger: LedgerName, token: TokenName): void {
  if (token === 'AUR') fail('TOKEN_NOT_ALLOWED', 'AUR stands in bank accounts only');
  if (!isMeterAllowed(ledger, token))
    fail('LEDGER_NOT_ALLOWED', 'economy charges FLX to the balance, not to a meter');
}

/**
 * Sections of the same block read meters as of its beginning, so a deposit counts from the next block on without
 * further ado.
 */
export const meterDepositHandler: OperationHandler<MeterDeposit> = {
  name: 'MeterDeposit',
  spec: ECONOMY.operations.MeterDeposit,
  gas: OPERATION_GAS.economy.MeterDeposit,
  execute({ payer, ledger, token, amount }, context) {
    requirePositive(amount);
    requireMeter(ledger, token);
    const from = context.sender;
    moveInTransaction(context.own, {
      debit: balanceAccount(from),
      credit: meterAccount(ledger, payer),
      token,
      amount,
    });
    context.emit(ECONOMY.events.MeterDeposited, { from, payer, ledger, token, amount });
  },
};

export const meterWithdrawHandler: OperationHandler<MeterWithdraw> = {
  name: 'MeterWithdraw',
  spec: ECONOMY.operations.MeterWithdraw,
  gas: OPERATION_GAS.economy.MeterWithdraw,
  execute({ ledger, token, amount }, context) {
    requirePositive(amount);
    requireMeter(ledger, token);
    const payer = context.sender;
    if (amountOf(context.own, meterAccount(ledger, payer), token) === 0n)
      fail('METER_EMPTY', `no ${token} in the sender’s meter on ${ledger}`);
    const request = {
      action: 'meter-withdraw',
      requester: payer,
      ledger,
      ref: ZERO_HASH,
      token,
      amount,
    } as const;
    const position = endBlockQueue.push(context.own, request);
    context.emit(ECONOMY.events.MeterWithdrawQueued, { payer, ledger, token, amount, position });
  },
};

/** EndBlock, after the charges of the block: pays out the smaller of asked and left. */
export function executeMeterWithdraw(
  state: StateWriter,
  position: number,
  { requester: payer, ledger, token, amount: asked }: QueuedRequest,
): SettlementReceipt {
  const meter = meterAccount(ledger, payer);
  const left = amountOf(state, meter, token);
  const amount = asked < left ? asked : left;
  if (amount > 0n) move(state, { debit: meter, credit: balanceAccount(payer), token, amount });
  const spec = ECONOMY_SYSTEM_RECEIPTS.MeterWithdrawOutcome;
  return { kind: spec.kind, data: encode(spec.type, { position, payer, ledger, token, amount }) };
}
