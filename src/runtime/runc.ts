import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { errorMessage } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import { runtimeError } from './errors.ts';

/** The runtime that containers run in: runc, the reference implementation of the OCI runtime specification. */
export interface Runtime {
  readonly name: 'runc';
  readonly path: string;
  readonly version: string;
}

const PACKAGE_HINT = 'install it, on Debian and Ubuntu with: apt-get install runc';
/** From here on `runc run --keep` leaves the cgroup to be read after the end. */
const LEAST_VERSION = [1, 1] as const;
/** Where root's programs stand, also where PATH does not name them. */
const SYSTEM_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin'];

/** The program of this name in PATH or where system programs stand, or undefined. */
export async function findProgram(
  name: string,
  searchPath: string | undefined = process.env.PATH,
): Promise<string | undefined> {
  const directories = (searchPath ?? '').split(delimiter).filter((path) => path !== '');
  for (const directory of [...directories, ...SYSTEM_DIRECTORIES]) {
    const path = join(directory, name);
    const isProgram = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isProgram) return path;
  }
  return undefined;
}

/**
 * The runc of this machine.
 * @throws NodeError RUNTIME_NOT_FOUND, RUNTIME_TOO_OLD, RUNTIME_FAILED
 */
export async function findRunc(find: typeof findProgram = findProgram): Promise<Runtime> {
  const path = await find('runc');
  if (path === undefined)
    throw runtimeError('RUNTIME_NOT_FOUND', 'there is no runc on this machine', {
      data: { package: 'runc' },
      hint: PACKAGE_HINT,
    });
  const text = await runProgram(path, ['--version']);
  const match = /^runc version (\d+)\.(\d+)\S*/m.exec(text);
  const [major, minor] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null)
    throw runtimeError('RUNTIME_FAILED', `${path} does not say its version`, { hint: PACKAGE_HINT });
  const version = match[0].slice('runc version '.length);
  if (major < LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor < LEAST_VERSION[1]))
    throw runtimeError(
      'RUNTIME_TOO_OLD',
      `${path} is version ${version}; ${LEAST_VERSION.join('.')} is needed`,
      {
        data: { version },
        hint: PACKAGE_HINT,
      },
    );
  return { name: 'runc', path, version };
}

/**
 * Runs a program that answers at once and returns what it wrote.
 * @throws NodeError RUNTIME_FAILED with what it wrote to standard error
 */
export function runProgram(path: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: LIMITS.maxRuntimeCallMs, maxBuffer: LIMITS.maxContainerOutputBytes };
    execFile(path, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else
        reject(
          runtimeError('RUNTIME_FAILED', stderr.trim().split('\n').at(-1) || errorMessage(error), {
            data: { command: [path, ...args].join(' ') },
            cause: error,
          }),
        );
    });
  });
}
