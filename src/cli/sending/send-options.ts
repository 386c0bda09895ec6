import { type Command, InvalidArgumentError, Option } from 'commander';
import { coins, duration, formatCoins } from '../parse.ts';

const DEFAULT_MAX_FEE = 1_000_000n;

/** `--max-fee` of every transaction that a command sends. */
export function maxFeeOption(): Option {
  // The default as text too: the help cannot show a bigint.
  return new Option('--max-fee <flx>', 'most that may be charged per transaction, in FLX')
    .argParser(coins)
    .default(DEFAULT_MAX_FEE, formatCoins(DEFAULT_MAX_FEE));
}

/** Adds the options of a command that signs and sends a transaction. */
export function withSendOptions(command: Command): Command {
  return command
    .requiredOption('--from <key>', 'name of the key in <data-dir>/keys, or a key file')
    .option('--password-file <file>', 'password of the key file')
    .option('--insecure-keys', 'accept a key file in the clear')
    .option('--nonce <nonce>', 'nonce, if not the next one', nonce)
    .addOption(maxFeeOption())
    .option('--timeout <duration>', 'longest wait for the receipt', duration, 30_000)
    .option('--no-wait', 'return as soon as the node has it')
    .option('--dry-run', 'only say what it would do');
}

/** A whole number of any size. */
export function nonce(text: string): bigint {
  if (!/^\d{1,20}$/.test(text)) throw new InvalidArgumentError('expected a whole number');
  return BigInt(text);
}
