import type { TokenName } from '../../types/names.ts';
import {
  type CoinIssue,
  type CoinRedeem,
  ECONOMY,
  type Faucet,
  type Transfer,
} from '../../types/operations/economy.ts';
import { SafeU64 } from '../../types/ssz-numbers.ts';
import { OPERATION_GAS, signatureGas } from '../gas-table.ts';
import type { OperationHandler } from '../seam.ts';
import { Table } from '../state/table.ts';
import { balanceAccount } from './account.ts';
import { requireApproval } from './approvals.ts';
import { issueFromReserve, moveInTransaction, requirePositive, returnToReserve } from './books.ts';
import { fail } from './failure.ts';
import { journal } from './journal.ts';

/** AUR moves only between banks, by BankTransfer. */
export const transferHandler: OperationHandler<Transfer> = {
  name: 'Transfer',
  spec: ECONOMY.operations.Transfer,
  gas: OPERATION_GAS.economy.Transfer,
  execute({ to, token, amount, reference }, context) {
    requirePositive(amount);
    if (token === 'AUR') fail('TOKEN_NOT_ALLOWED', 'AUR moves between banks only, by BankTransfer');
    if (to === context.sender) fail('SAME_ACCOUNT', 'sender and receiver are the same');
    const from = context.sender;
    moveInTransaction(context.own, {
      debit: balanceAccount(from),
      credit: balanceAccount(to),
      token,
      amount,
    });
    context.emit(ECONOMY.events.Transferred, { from, to, token, amount, reference });
  },
};

/** GEN is fixed, and AUR comes only from AurMint against gold. */
function requireReserveToken(token: TokenName): void {
  if (token !== 'NEX' && token !== 'FLX') fail('TOKEN_NOT_ALLOWED', `${token} has no reserve to issue from`);
}

export const coinIssueHandler: OperationHandler<CoinIssue> = {
  name: 'CoinIssue',
  spec: ECONOMY.operations.CoinIssue,
  gas: OPERATION_GAS.economy.CoinIssue,
  extraGas: ({ approvals }) => signatureGas(approvals),
  execute(operation, context) {
    const { token, to, amount, basis } = operation;
    requirePositive(amount);
    requireReserveToken(token);
    requireApproval(context, 'treasury', ECONOMY.operations.CoinIssue, operation);
    issueFromReserve(context.own, token, balanceAccount(to), amount);
    journal.base(token, amount, basis);
    context.emit(ECONOMY.events.CoinIssued, { to, token, amount, basis });
  },
};

export const coinRedeemHandler: OperationHandler<CoinRedeem> = {
  name: 'CoinRedeem',
  spec: ECONOMY.operations.CoinRedeem,
  gas: OPERATION_GAS.economy.CoinRedeem,
  execute({ token, amount }, context) {
    requirePositive(amount);
    requireReserveToken(token);
    returnToReserve(context.own, token, balanceAccount(context.sender), amount);
    context.emit(ECONOMY.events.CoinRedeemed, { from: context.sender, token, amount });
  },
};

/** Rule time of the last payment to an address. */
const faucetPayments = new Table('faucet', SafeU64);

/** Pays out of the FLX reserve, so testnet coins count as issued like all others. */
export const faucetHandler: OperationHandler<Faucet> = {
  name: 'Faucet',
  spec: ECONOMY.operations.Faucet,
  gas: OPERATION_GAS.economy.Faucet,
  free: true,
  execute({ to }, context) {
    const { own, timeMs, genesis, parameters } = context;
    if (!genesis.testnet) fail('FAUCET_CLOSED', 'only a testnet has a faucet');
    const amount = parameters.faucetAmount;
    requirePositive(amount);
    const lastMs = faucetPayments.get(own, to);
    if (lastMs !== undefined && timeMs < lastMs + parameters.faucetIntervalMs)
      fail('FAUCET_TOO_SOON', `the address was paid ${timeMs - lastMs} ms ago`);
    issueFromReserve(own, 'FLX', balanceAccount(to), amount);
    faucetPayments.set(own, timeMs, to);
    context.emit(ECONOMY.events.FaucetPaid, { to, amount });
  },
};
