import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where metanode keeps its data unless told otherwise: $XDG_DATA_HOME/metanode, by default ~/.local/share/metanode. */
export function dataHome(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment.XDG_DATA_HOME;
  return join(base !== undefined && base !== '' ? base : join(homedir(), '.local', 'share'), 'metanode');
}

/** The directory of the testnet called `name`. */
export function testnetHome(name: string, environment: NodeJS.ProcessEnv = process.env): string {
  return join(dataHome(environment), 'testnets', name);
}
