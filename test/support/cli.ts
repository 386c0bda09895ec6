import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The bundle that `npm run build` makes. */
export const PROGRAM = fileURLToPath(new URL('../../dist/metanode.js', import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A started `metanode`, as a user would have it in a terminal. */
export function spawnCli(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const result = new Promise<CliResult>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, result, output: () => stdout };
}

/** Runs `metanode` to its end. */
export async function runCli(
  args: readonly string[],
  input = '',
  env: NodeJS.ProcessEnv = {},
): Promise<CliResult> {
  const { child, result } = spawnCli(args, env);
  child.stdin.end(input);
  return await result;
}
