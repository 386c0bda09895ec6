import type { Command } from 'commander';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { usageError } from '../../exit-code.ts';
import { renderTable } from '../../output.ts';
import { formatCoins } from '../../parse.ts';
import { sendNamed } from '../../sending/send-named.ts';
import { withSendOptions } from '../../sending/send-options.ts';
import type { SendOptions } from '../../sending/send-transaction.ts';

/** The PoE index, what it brings, and mining pools. */
export function registerPoe(economy: Command, cliProcess: CliProcess): void {
  economy
    .command('poe')
    .description('the PoE index of the network, of who operates nodes, or of an app, and the epoch')
    .option('--address <address>', 'of this operator, with its weight as a miner')
    .option('--app <app>', 'of this app')
    .action(action(cliProcess, poe));
  const pool = economy.command('pool').description('mining pools: their operator gets a part of the shares');
  const sending = (name: string, description: string) =>
    withSendOptions(pool.command(name).description(description));
  sending('join <pool>', 'join a pool from the running epoch on; whoever joins itself opens one')
    .requiredOption('--fee <percent>', 'what the pool may take of each share, at most 5', percentAsPpm)
    .action(
      action(cliProcess, async (context, options: SendOptions & { fee: number }, address: string) => {
        await sendNamed(context, options, 'economy', 'PoolJoin', { pool: address, feePpm: options.fee });
      }),
    );
  sending('leave <pool>', 'leave a pool at the end of the running epoch').action(
    action(cliProcess, async (context, options: SendOptions, address: string) => {
      await sendNamed(context, options, 'economy', 'PoolLeave', { pool: address });
    }),
  );
}

const PPM_DIGITS = 4;

/** `2.5` percent as 25 000 parts per million. */
function percentAsPpm(text: string): number {
  const match = /^(\d{1,3})(?:\.(\d{1,4}))?$/.exec(text);
  if (match === null) throw usageError(`${text}: expected a percentage with at most four decimals`);
  return Number(`${match[1]}${(match[2] ?? '').padEnd(PPM_DIGITS, '0')}`);
}

async function poe(context: CliContext, options: { address?: string; app?: string }): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('poe_getIndex', options);
  const { subject, phi, gamma, weight, pool, running, epoch, lastEpoch } = answer;
  const millionths = (amount: string) => formatCoins(BigInt(amount));
  const rows = [
    [subject === 'network' ? 'Φ of the last epoch' : 'Φ, mean of epochs', millionths(phi)],
    ['Γ', millionths(gamma)],
    ...(weight === null ? [] : [['weight as a miner', String(weight)]]),
    ...(pool === null ? [] : [['pool', `${pool.address}, ${pool.feePpm} ppm`]]),
    ['Φ of this epoch so far', millionths(running.phi)],
    ['work of this epoch', `${formatCoins(BigInt(running.work))} NEX`],
  ];
  const ends = `epoch ${epoch.index} ends at ${epoch.endsAt} and brings at most ${formatCoins(BigInt(epoch.nexCap))} NEX`;
  const last =
    lastEpoch === null
      ? ''
      : `\nepoch ${lastEpoch.epoch} brought ${formatCoins(BigInt(lastEpoch.nexMinted))} NEX to ${lastEpoch.workers} operators and ${formatCoins(BigInt(lastEpoch.flxMinted))} FLX to the reserve`;
  context.output.result(answer, `${renderTable([subject, ''], rows)}\n${ends}${last}`);
}
