import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { coins, duration } from './parse.ts';

const DEFAULT_MAX_FEE = 1_000_000n;

/** Adds the options of a command that signs and sends a transaction. */
export function withSendOptions(command: Command): Command {
  return command
    .requiredOption('--from <key>', 'name of the key in <data-dir>/keys, or a key file')
    .option('--password-file <file>', 'password of the key file')
    .option('--insecure-keys', 'accept a key file in the clear')
    .option('--nonce <nonce>', 'nonce, if not the next one', nonce)
    .option('--max-fee <flx>', 'most that may be charged, in FLX', coins, DEFAULT_MAX_FEE)
    .option('--timeout <duration>', 'longest wait for the receipt', duration, 30_000)
    .option('--no-wait', 'return as soon as the node has it')
    .option('--dry-run', 'only say what it would do');
}

function nonce(text: string): bigint {
  if (!/^\d{1,20}$/.test(text)) throw new InvalidArgumentError('expected a whole number');
  return BigInt(text);
}
