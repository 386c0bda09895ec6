import { type Command, Option } from 'commander';
import { LEDGERS, type LedgerName, type TokenName } from '../../../types/names.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { usageError } from '../../exit-code.ts';
import { renderTable } from '../../output.ts';
import { coins, formatCoins, listOf, token } from '../../parse.ts';
import { sendNamed } from '../../sending/send-named.ts';
import { withSendOptions } from '../../sending/send-options.ts';
import type { SendOptions } from '../../sending/send-transaction.ts';
import { registerBill } from './economy-bill.ts';
import { registerPoe } from './economy-poe.ts';
import { registerRewards } from './economy-rewards.ts';

type CoinOptions = SendOptions & { coin: TokenName };
type LedgerOptions = CoinOptions & { ledger: LedgerName };

const ledgerOption = () =>
  new Option('--ledger <ledger>', 'ledger that it is for').choices(LEDGERS).default('bpi');
const coinOption = (fallback: TokenName) =>
  new Option('--coin <coin>', 'GEN, NEX, FLX or AUR').argParser(token).default(fallback);

/** Operations with a command of their own; all others go through `tx send`. */
export function registerEconomy(program: Command, cliProcess: CliProcess): void {
  const economy = program.command('economy').description('coins: balances, transfers, locks, meters');
  economy
    .command('balance <address>')
    .description('what an address can spend')
    .action(action(cliProcess, balance));
  economy
    .command('supply')
    .description('how much of each token exists; exit code 6 if it does not add up')
    .action(action(cliProcess, supply));
  registerRewards(economy, cliProcess);
  registerBill(economy, cliProcess);
  registerPoe(economy, cliProcess);
  const sending = (name: string, description: string) =>
    withSendOptions(economy.command(name).description(description));

  sending('transfer <to> <amount>', 'send coins')
    .addOption(coinOption('FLX'))
    .option('--reference <text>', 'remark of at most 64 bytes', '')
    .action(
      action(
        cliProcess,
        async (context, options: CoinOptions & { reference: string }, to: string, amount: string) => {
          const { reference } = options;
          await sendNamed(context, options, 'economy', 'Transfer', {
            to,
            token: options.coin,
            amount: micro(amount),
            reference,
          });
        },
      ),
    );
  sending('faucet <to>', 'testnet coins for an address, once an hour').action(
    action(cliProcess, async (context, options: SendOptions, to: string) => {
      await sendNamed(context, options, 'economy', 'Faucet', { to });
    }),
  );
  sending('lock <ref> <amount>', 'reserve coins for another ledger under a reference of 32 bytes')
    .addOption(coinOption('NEX'))
    .addOption(ledgerOption())
    .option('--purpose <purpose>', 'what for', 'general')
    .action(
      action(
        cliProcess,
        async (context, options: LedgerOptions & { purpose: string }, ref: string, amount: string) => {
          const { ledger, purpose } = options;
          await sendNamed(context, options, 'economy', 'Lock', {
            ledger,
            purpose,
            ref,
            token: options.coin,
            amount: micro(amount),
          });
        },
      ),
    );
  sending('unlock <ref>', 'take back what was locked and not spent')
    .addOption(ledgerOption())
    .action(
      action(cliProcess, async (context, options: SendOptions & { ledger: LedgerName }, ref: string) => {
        await sendNamed(context, options, 'economy', 'Unlock', { ledger: options.ledger, ref });
      }),
    );
  sending('deposit <payer> <amount>', 'fill the meter that pays a payer’s fees on a ledger')
    .addOption(coinOption('FLX'))
    .addOption(ledgerOption())
    .action(
      action(cliProcess, async (context, options: LedgerOptions, payer: string, amount: string) => {
        const { ledger } = options;
        await sendNamed(context, options, 'economy', 'MeterDeposit', {
          payer,
          ledger,
          token: options.coin,
          amount: micro(amount),
        });
      }),
    );
  sending('withdraw <amount>', 'take coins out of the own meter')
    .addOption(coinOption('FLX'))
    .addOption(ledgerOption())
    .action(
      action(cliProcess, async (context, options: LedgerOptions, amount: string) => {
        await sendNamed(context, options, 'economy', 'MeterWithdraw', {
          ledger: options.ledger,
          token: options.coin,
          amount: micro(amount),
        });
      }),
    );
  sending('issue <to> <amount>', 'new NEX or FLX out of the reserve, approved by the treasury')
    .addOption(coinOption('NEX'))
    .requiredOption('--basis <hash>', 'hash of the document that justifies it')
    .requiredOption('--approver <key-file>', 'key file of the treasury; may be repeated', listOf)
    .action(action(cliProcess, issue));
  sending('redeem <amount>', 'give NEX or FLX back to the reserve')
    .addOption(coinOption('NEX'))
    .action(
      action(cliProcess, async (context, options: CoinOptions, amount: string) => {
        await sendNamed(context, options, 'economy', 'CoinRedeem', {
          token: options.coin,
          amount: micro(amount),
        });
      }),
    );
}

/** Coins as people write them, as the decimal micro-units that JSON carries. */
function micro(amount: string): string {
  try {
    return coins(amount).toString();
  } catch (error) {
    throw usageError(`${amount}: ${(error as Error).message}`);
  }
}

async function issue(
  context: CliContext,
  options: CoinOptions & { basis: string; approver: string[] },
  to: string,
  amount: string,
): Promise<void> {
  const { addressFromText } = await import('../../../types/address.ts');
  const { ECONOMY } = await import('../../../types/operations/economy.ts');
  const { sendApproved } = await import('../../sending/send-transaction.ts');
  const by = { ledger: 'economy', authority: 'treasury', keys: options.approver } as const;
  await sendApproved(context, options, by, ECONOMY.operations.CoinIssue, {
    token: options.coin,
    to: addressFromText(to),
    amount: BigInt(micro(amount)),
    basis: options.basis.replace(/^0x/, ''),
    approvals: [],
  });
}

async function balance(context: CliContext, _options: unknown, address: string): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('economy_getBalance', { address });
  const rows = answer.balances.map(({ token: name, amount }) => [name, formatCoins(BigInt(amount))]);
  context.output.result(answer, `${renderTable(['token', 'amount'], rows)}\nat height ${answer.height}`);
}

async function supply(context: CliContext): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const { NodeError } = await import('../../../util/errors.ts');
  const answer = await (await clientOf(context)).call('economy_getSupply');
  const rows = answer.tokens.map((row) => [
    row.token,
    ...[row.issued, row.minted, row.redeemed, row.supply, row.held].map((amount) =>
      formatCoins(BigInt(amount)),
    ),
    row.ok ? 'ok' : 'DIFFERS',
  ]);
  const parts = answer.tokens.map((row) => [
    row.token,
    ...[row.burned, row.treasury, row.locked, row.vesting].map((amount) => formatCoins(BigInt(amount))),
  ]);
  const text = [
    renderTable(['token', 'issued', 'minted', 'redeemed', 'supply', 'held', ''], rows),
    '',
    renderTable(['token', 'fees burned', 'treasury', 'locked', 'vesting'], parts),
    `at height ${answer.height}; gas costs ${answer.gas.price} micro-FLX`,
  ];
  context.output.result(answer, text.join('\n'));
  if (!answer.ok) throw new NodeError('NOT_HEALTHY', 'the holdings do not add up to the supply');
}
