import { createReadStream, unwatchFile, watchFile } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { CliContext } from '../../src/cli/context.ts';
import { TestnetDirectory } from '../directory.ts';
import { chosenNodes } from './chosen-nodes.ts';
import { supervisorOf } from './supervisor-of.ts';

export interface LogsOptions {
  node?: string[];
  grep?: string;
  follow?: boolean;
}

/** Prints the logs of nodes, and with `follow` what comes until Ctrl-C. */
export async function logs(context: CliContext, path: string, options: LogsOptions): Promise<void> {
  const directory = new TestnetDirectory(path);
  const supervisor = await supervisorOf(directory);
  const names = chosenNodes(supervisor, options.node ?? []);
  const prefix = (name: string) => (names.length > 1 ? `${name.padEnd(4)} ` : '');
  const ends = new Map<string, number>();
  const print = async (name: string) => {
    const file = directory.logPath(name);
    const from = ends.get(name) ?? 0;
    const size = (await stat(file).catch(() => undefined))?.size ?? 0;
    if (size <= from) return;
    ends.set(name, size);
    for await (const line of createInterface({
      input: createReadStream(file, { start: from, end: size - 1 }),
    }))
      if (options.grep === undefined || line.includes(options.grep))
        context.process.stdout.write(`${prefix(name)}${line}\n`);
  };
  for (const name of names) await print(name);
  if (options.follow !== true) return;
  for (const name of names) watchFile(directory.logPath(name), { interval: 500 }, () => void print(name));
  await new Promise((resolve) => process.once('SIGINT', resolve));
  for (const name of names) unwatchFile(directory.logPath(name));
}
