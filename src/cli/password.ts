import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { readPasswordFile } from '../node/password-file.ts';
import type { CliProcess } from './context.ts';
import { usageError } from './exit-code.ts';

/** The password from the file, or else asked for at the terminal without showing it. */
export async function obtainPassword(
  cliProcess: CliProcess,
  passwordFile: string | undefined,
  prompt: string,
): Promise<string> {
  if (passwordFile !== undefined) return await readPasswordFile(passwordFile);
  if (cliProcess.stdout.isTTY !== true)
    throw usageError('a password is needed', 'give it with --password-file <file>');
  cliProcess.stderr.write(prompt);
  const hidden = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: cliProcess.stdin, output: hidden, terminal: true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    cliProcess.stderr.write('\n');
  }
}
