import { Readable, Writable } from 'node:stream';
import type { CliProcess } from '../../src/cli/context.ts';
import { runProgram } from '../../src/cli/program.ts';

function collect(): { stream: Writable; text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream, text: () => chunks.join('') };
}

/** What a command sees of a process without a terminal, by default without input too, and what it wrote there. */
export function quietProcess(env: NodeJS.ProcessEnv = {}, input = '') {
  const [stdout, stderr] = [collect(), collect()];
  const cliProcess: CliProcess = {
    stdin: Readable.from(input === '' ? [] : [input]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    env,
  };
  return { cliProcess, written: () => ({ stdout: stdout.text(), stderr: stderr.text() }) };
}

/** Runs one command line inside this process, which is three times as cheap as a process of its own. */
export async function runInProcess(args: readonly string[], env: NodeJS.ProcessEnv = {}, input = '') {
  const { cliProcess, written } = quietProcess(env, input);
  const code = await runProgram(args, cliProcess);
  return { code, ...written() };
}
