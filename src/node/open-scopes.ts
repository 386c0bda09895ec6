import type { Scope } from '../rpc/schema/method.ts';
import { OPEN_SCOPES } from '../rpc/server.ts';
import type { NodeOptions } from './options.ts';

/** What needs no token: by default everything but `admin` on loopback, and only reading where others can connect. */
export function openScopes(rpcHost: string, rpcApi: NodeOptions['rpcApi']): readonly Scope[] {
  const isLoopback = rpcHost === 'localhost' || rpcHost === '::1' || /^127(?:\.\d{1,3}){3}$/.test(rpcHost);
  return rpcApi ?? (isLoopback ? OPEN_SCOPES : ['read']);
}
