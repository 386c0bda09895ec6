import { readFile } from 'node:fs/promises';

/** The password in a file; a line end at its end does not belong to it. */
export async function readPasswordFile(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
}
