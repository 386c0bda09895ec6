import { writeFile } from 'node:fs/promises';
import type { Client } from '../client/client.ts';
import type { CliContext } from './context.ts';
import { toJsonText } from './output.ts';

/** Asks the node and prints the answer as JSON, which is the readable form of a single object, too. */
export async function show(context: CliContext, ask: (client: Client) => Promise<unknown>): Promise<void> {
  const { clientOf } = await import('./rpc.ts');
  const answer = await ask(await clientOf(context));
  context.output.result(answer, toJsonText(answer));
}

/** Prints JSON, or writes it to the file of `--out` and prints `written` instead. */
export async function printOrWrite(
  { output }: CliContext,
  json: unknown,
  file: string | undefined,
  written: (file: string) => { readonly value: unknown; readonly text: string },
): Promise<void> {
  if (file === undefined) {
    output.result(json, toJsonText(json));
    return;
  }
  await writeFile(file, `${toJsonText(json)}\n`);
  const { value, text } = written(file);
  output.result(value, text);
}

/** What is said of a proof in a file. */
export function proofWritten(txId: string, file: string) {
  const check = `metanode verify ${file} --genesis genesis.json`;
  return { value: { txId, file }, text: `proof in ${file}; check it with: ${check}` };
}
