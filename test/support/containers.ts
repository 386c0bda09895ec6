import { spawnSync } from 'node:child_process';

/**
 * A suite that runs containers. On a machine without what they need it is left out, and says so; where CI=true it runs
 * anyway, so that what is missing is a failure.
 */
export function describeContainers(title: string, suite: (this: Mocha.Suite) => void): void {
  const missing = missingForContainers();
  if (missing.length === 0 || process.env.CI === 'true') describe(title, suite);
  else process.stderr.write(`${title}: left out, there is no ${missing.join(', no ')}\n`);
}

/** What containers need and this machine has not. */
export function missingForContainers(): string[] {
  const env = { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
  const has = (program: string) => spawnSync(program, ['--help'], { env }).error === undefined;
  return [
    ...(process.geteuid?.() === 0 ? [] : ['right of root']),
    ...(has('runc') ? [] : ['runc']),
    ...(has('busybox') ? [] : ['busybox-static']),
  ];
}
