import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where the packages of Linux distributions put it. */
const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

function chromiumProgram(): string | undefined {
  return [process.env.CHROMIUM ?? '', ...PROGRAMS].find((path) => path !== '' && existsSync(path));
}

/**
 * A suite that needs Chromium (`CHROMIUM` names another than the usual ones). Without it the suite is left out, and says
 * so; where CI=true it runs anyway, so that what is missing is a failure.
 */
export function describeInBrowser(title: string, suite: (this: Mocha.Suite) => void): void {
  if (chromiumProgram() !== undefined || process.env.CI === 'true') describe(title, suite);
  else process.stderr.write(`${title}: left out, there is no Chromium\n`);
}

export async function launchBrowser(): Promise<Browser> {
  const executablePath = chromiumProgram();
  if (executablePath === undefined) throw new Error('no Chromium: apt-get install chromium');
  // Its own sandbox needs rights that root in a container does not have.
  return await chromium.launch({ executablePath, args: ['--no-sandbox'] });
}
