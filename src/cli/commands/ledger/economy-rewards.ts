import type { Command } from 'commander';
import type { Approval } from '../../../types/approval.ts';
import type { AuthorityName } from '../../../types/genesis.ts';
import type { KindSpec } from '../../../types/operations/catalog.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { usageError } from '../../exit-code.ts';
import { renderTable } from '../../output.ts';
import { formatCoins, listOf } from '../../parse.ts';
import { withSendOptions } from '../../sending/send-options.ts';
import type { SendOptions } from '../../sending/send-transaction.ts';

type ApprovedOptions = SendOptions & { approver: string[] };

/** What work earns, and the two acts about the pay of the network's owner. */
export function registerRewards(economy: Command, cliProcess: CliProcess): void {
  economy
    .command('rewards <address>')
    .description('what an address earned as miner, provider, proposer and signer since genesis')
    .action(action(cliProcess, rewards));
  const approved = (name: string, description: string) =>
    withSendOptions(economy.command(name).description(description)).requiredOption(
      '--approver <key-file>',
      'key file of the authority; may be repeated',
      listOf,
    );
  approved('owner-account <address>', 'the account of the owner, approved by its authority').action(
    action(cliProcess, ownerAccount),
  );
  approved('owner-hold <on|off>', 'hold back the pay of the owner, approved by the treasury')
    .requiredOption('--basis <hash>', 'hash of the document that justifies it')
    .action(action(cliProcess, ownerHold));
}

async function rewards(context: CliContext, _options: unknown, address: string): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('economy_getRewards', { address });
  const amounts = (row: readonly string[]) => row.map((amount) => formatCoins(BigInt(amount)));
  const rows = answer.tokens.map(({ token, miner, provider, proposer, signer, earned, locked }) => [
    token,
    ...amounts([miner, provider, proposer, signer, earned, locked]),
  ]);
  const header = ['token', 'miner', 'provider', 'proposer', 'signer', 'earned', 'locked'];
  const text = [renderTable(header, rows)];
  if (answer.owner !== null) {
    const { held, month, tokens } = answer.owner;
    const waiting = tokens.map(({ token, accrued, vesting, escrow }) => [
      token,
      ...amounts([accrued, vesting, escrow]),
    ]);
    text.push(
      '',
      renderTable(['token', 'accrued', 'vesting', 'held back'], waiting),
      `owner of the network, paid until month ${month}${held ? ', its pay is held back' : ''}`,
    );
  }
  context.output.result(answer, `${text.join('\n')}\nat height ${answer.height}`);
}

async function sendApprovedBy<T extends { approvals: Approval[] }>(
  context: CliContext,
  options: ApprovedOptions,
  authority: AuthorityName,
  spec: KindSpec<T>,
  operation: T,
): Promise<void> {
  const { sendApproved } = await import('../../sending/send-transaction.ts');
  const by = { ledger: 'economy', authority, keys: options.approver } as const;
  await sendApproved(context, options, by, spec, operation);
}

async function ownerAccount(context: CliContext, options: ApprovedOptions, address: string): Promise<void> {
  const { addressFromText } = await import('../../../types/address.ts');
  const { ECONOMY } = await import('../../../types/operations/economy.ts');
  const operation = { account: addressFromText(address), approvals: [] };
  await sendApprovedBy(context, options, 'owner', ECONOMY.operations.OwnerAccount, operation);
}

async function ownerHold(
  context: CliContext,
  options: ApprovedOptions & { basis: string },
  flag: string,
): Promise<void> {
  if (flag !== 'on' && flag !== 'off') throw usageError(`${flag}: on or off`);
  const { ECONOMY } = await import('../../../types/operations/economy.ts');
  const operation = { held: flag === 'on', basis: options.basis.replace(/^0x/, ''), approvals: [] };
  await sendApprovedBy(context, options, 'treasury', ECONOMY.operations.OwnerHold, operation);
}
