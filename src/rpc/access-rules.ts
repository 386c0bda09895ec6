import type { IncomingHttpHeaders } from 'node:http';
import type { NodeError } from '../util/errors.ts';
import { type RpcErrorCode, rpcError } from './errors.ts';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** The host of a Host header in lower case and without its port, or undefined if it is none. */
function hostNameOf(header: string | undefined): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:/@[\]]+)(?::\d{1,5})?$/i.exec(header ?? '');
  return match?.[1]?.toLowerCase();
}

/**
 * Which names a request may call this node by. A page of any web site can make a browser send requests to loopback;
 * the Host header unmasks a foreign name that was pointed here (DNS rebinding), the Origin header a foreign page.
 */
export class AccessRules {
  readonly #names: ReadonlySet<string>;
  readonly #any: boolean;
  readonly #origins: ReadonlySet<string>;

  /** `origins`: pages of other origins (`https://wallet.example`) that may call and read; `*` is every page. */
  constructor(host: string, allowlist: readonly string[], origins: readonly string[] = []) {
    this.#origins = new Set(origins.map((origin) => origin.toLowerCase()));
    const ownName = host.includes(':') ? `[${host}]` : host;
    this.#names = new Set([...LOOPBACK_NAMES, ownName, ...allowlist].map((name) => name.toLowerCase()));
    this.#any = allowlist.includes('*');
  }

  /** Why a request with these headers is refused, or undefined. */
  refusalOf(headers: IncomingHttpHeaders): NodeError<RpcErrorCode> | undefined {
    if (this.#any) return undefined;
    const host = hostNameOf(headers.host);
    if (host === undefined || !this.#names.has(host))
      return rpcError('HOST_NOT_ALLOWED', `this node does not answer to the host ${quoted(headers.host)}`, {
        hint: `start the node with --rpc-host-allowlist ${host ?? '<name>'}`,
      });
    if (headers.origin === undefined || this.#isAllowedOrigin(headers.origin)) return undefined;
    return rpcError('ORIGIN_NOT_ALLOWED', `pages of ${quoted(headers.origin)} may not call this node`, {
      hint: 'start the node with --rpc-cors and that origin',
    });
  }

  /** Whether pages of this origin may read answers. */
  isCrossOrigin(origin: string): boolean {
    return this.#origins.has('*') || this.#origins.has(origin.toLowerCase());
  }

  #isAllowedOrigin(origin: string): boolean {
    if (this.isCrossOrigin(origin)) return true;
    const host = hostNameOf(/^https?:\/\/([^/]+)$/i.exec(origin)?.[1]);
    return host !== undefined && this.#names.has(host);
  }
}

function quoted(header: string | undefined): string {
  return JSON.stringify((header ?? '').slice(0, 100));
}
