import { type Command, Option } from 'commander';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { usageError } from '../../exit-code.ts';
import type { KeyAccess } from '../../key-directory.ts';
import { renderTable } from '../../output.ts';
import { registerKeysRotate } from './keys-rotate.ts';

const KEY_TYPES = ['account', 'validator', 'node'] as const;
interface NewOptions extends KeyAccess {
  type: (typeof KEY_TYPES)[number];
}

const SIGN_HINT = 'the signature is over these bytes alone; transactions are signed by `tx send`';

export function registerKeys(program: Command, cliProcess: CliProcess): void {
  const keys = program.command('keys').description('make and use key files in <data-dir>/keys');
  const withPassword = (command: Command) =>
    command
      .option('--password-file <file>', 'password of the key file (asked for at a terminal otherwise)')
      .option('--insecure-keys', 'key files in the clear (test networks only)');
  const making = (command: Command) =>
    withPassword(command).addOption(
      new Option('--type <type>', 'what it is for').choices(KEY_TYPES).default('account'),
    );

  making(keys.command('new <name>').description('make a key')).action(action(cliProcess, newKey));
  keys.command('list').description('list the key files').action(action(cliProcess, listKeys));
  making(
    keys
      .command('import <name>')
      .description('make a key file from 32 secret bytes as hex on standard input'),
  ).action(action(cliProcess, importKey));
  withPassword(keys.command('export <name>').description('print the secret bytes as hex')).action(
    action(cliProcess, exportKey),
  );
  withPassword(
    keys
      .command('sign <name> <hex>')
      .description('sign bytes given as 0x… hex')
      .addHelpText('after', SIGN_HINT),
  ).action(action(cliProcess, signBytes));
  keys
    .command('verify <public-key> <hex> <signature>')
    .description('check a signature over bytes given as 0x… hex; exit code 1 if it is wrong')
    .action(action(cliProcess, verifyBytes));
  withPassword(
    keys
      .command('change-password <name>')
      .description('encrypt a key file under another password; a node that runs needs it at its next start'),
  )
    .option('--new-password-file <file>', 'the new password (asked for at a terminal otherwise)')
    .action(action(cliProcess, changePassword));
  registerKeysRotate(keys, cliProcess);
}

async function directoryOf(context: CliContext) {
  const { KeyDirectory } = await import('../../key-directory.ts');
  return new KeyDirectory(context);
}

async function newKey(context: CliContext, options: NewOptions, name: string): Promise<void> {
  const { generateKeyPair } = await import('../../../crypto/ed25519.ts');
  await store(context, options, name, generateKeyPair().seed);
}

async function importKey(context: CliContext, options: NewOptions, name: string): Promise<void> {
  let text = '';
  for await (const chunk of context.process.stdin) text += String(chunk);
  await store(context, options, name, bytesOf(text.trim(), 32));
}

async function store(
  context: CliContext,
  options: NewOptions,
  name: string,
  seed: Uint8Array,
): Promise<void> {
  const key = await (await directoryOf(context)).save(name, options.type, seed, options);
  context.output.result(
    { name, type: options.type, publicKey: `0x${key.publicKey}`, address: key.address, path: key.path },
    [`${key.address || `0x${key.publicKey}`}`, `key file ${key.path}`].join('\n'),
  );
}

async function listKeys(context: CliContext): Promise<void> {
  const entries = await (await directoryOf(context)).list();
  const rows = entries.map(({ name, type, address, publicKey, encrypted }) => [
    name,
    type,
    address || `0x${publicKey}`,
    encrypted ? 'encrypted' : 'in the clear',
  ]);
  context.output.result({ items: entries }, renderTable(['name', 'type', 'address', 'file'], rows));
}

async function changePassword(
  context: CliContext,
  options: KeyAccess & { newPasswordFile?: string },
  name: string,
): Promise<void> {
  const path = await (await directoryOf(context)).changePassword(name, options, options.newPasswordFile);
  context.output.result({ name, path }, `key file ${path} has its new password`);
}

async function exportKey(context: CliContext, options: KeyAccess, name: string): Promise<void> {
  const { toHex } = await import('../../../util/bytes.ts');
  const { seed } = await (await directoryOf(context)).load(name, options);
  context.output.result({ name, seed: `0x${toHex(seed)}` }, `0x${toHex(seed)}`);
}

async function signBytes(context: CliContext, options: KeyAccess, name: string, hex: string): Promise<void> {
  const { keyPairFromSeed } = await import('../../../crypto/ed25519.ts');
  const { seed, publicKey } = await (await directoryOf(context)).load(name, options);
  const signature = `0x${keyPairFromSeed(seed).sign(bytesOf(hex))}`;
  context.output.result({ publicKey: `0x${publicKey}`, signature }, signature);
}

async function verifyBytes(
  context: CliContext,
  _options: unknown,
  publicKey: string,
  hex: string,
  signature: string,
): Promise<void> {
  const { verifySignature } = await import('../../../crypto/ed25519.ts');
  const { toHex } = await import('../../../util/bytes.ts');
  const { NodeError } = await import('../../../util/errors.ts');
  const valid = verifySignature(toHex(bytesOf(publicKey, 32)), bytesOf(hex), toHex(bytesOf(signature, 64)));
  if (!valid) throw new NodeError('BAD_SIGNATURE', 'the signature is not the key’s for these bytes');
  context.output.result({ valid }, 'valid');
}

/** Bytes of `0x…` hex (the prefix may be missing). */
function bytesOf(text: string, length?: number): Uint8Array {
  const hex = text.replace(/^0x/, '').toLowerCase();
  if (!/^([0-9a-f]{2})*$/.test(hex) || (length !== undefined && hex.length !== 2 * length))
    throw usageError(
      `expected ${length === undefined ? '' : `${length} bytes of `}hex, not ${text.slice(0, 80)}`,
    );
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}
