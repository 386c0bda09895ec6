import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { sha256 } from '../crypto/hash.ts';
import { RateBudget } from '../network/rate-budget.ts';
import { fromHex, utf8 } from '../util/bytes.ts';
import { LIMITS } from '../util/limits.ts';
import { LruCache } from '../util/lru-cache.ts';
import { rpcError } from './errors.ts';
import { SCOPES, type Scope } from './schema/method.ts';

/** A token as the node knows it: not the text that its holder shows, but the hash of it. */
export interface AccessToken {
  readonly name: string;
  /** SHA-256 of the token's text, hex. */
  readonly sha256: string;
  readonly scopes: readonly Scope[];
}

/** Who sent a request: what it may do, and how much of it. */
export interface Caller {
  readonly scopes: ReadonlySet<Scope>;
  /** Pays for so many calls: 0, or the milliseconds after which it may ask again. */
  take(calls: number): number;
}

export interface CallersOptions {
  /** What a caller without a token may do. */
  readonly openScopes: readonly Scope[];
  /** The tokens that count now. */
  readonly tokens: () => readonly AccessToken[];
  /** Of each token, and of each address without one; no bound if undefined. */
  readonly callsPerSecond: number | undefined;
  readonly monotonicMs: () => number;
}

/** Tells callers apart by token, address, and the socket that only the owner of the node can open. */
export class Callers {
  readonly #options: CallersOptions;
  readonly #openScopes: ReadonlySet<Scope>;
  readonly #budgets = new LruCache<string, RateBudget>(LIMITS.maxRpcBudgets);
  readonly #trusted = new WeakSet<Socket>();

  constructor(options: CallersOptions) {
    this.#options = options;
    this.#openScopes = new Set(options.openScopes);
  }

  /** From here on whoever speaks over this connection may do everything, without bound. */
  trust(socket: Socket): void {
    this.#trusted.add(socket);
  }

  isTrusted({ socket }: Pick<IncomingMessage, 'socket'>): boolean {
    return this.#trusted.has(socket);
  }

  /** @throws NodeError UNAUTHENTICATED for a token that is none; to show none is no error */
  identify(request: Pick<IncomingMessage, 'socket' | 'headers'>): Caller {
    if (this.isTrusted(request)) return { scopes: new Set(SCOPES), take: () => 0 };
    const { authorization } = request.headers;
    if (authorization === undefined)
      return this.#caller(`address ${request.socket.remoteAddress}`, this.#openScopes);
    const token = this.#tokenOf(authorization);
    if (token === undefined)
      throw rpcError('UNAUTHENTICATED', 'this node knows no such token', {
        hint: 'send Authorization: Bearer with a token of `metanode node token create`, or without it for the open scopes',
      });
    return this.#caller(`token ${token.name}`, new Set([...this.#openScopes, ...token.scopes]));
  }

  #caller(key: string, scopes: ReadonlySet<Scope>): Caller {
    return { scopes, take: (calls) => this.#take(key, calls) };
  }

  #take(key: string, calls: number): number {
    const { callsPerSecond, monotonicMs } = this.#options;
    if (callsPerSecond === undefined) return 0;
    const nowMs = monotonicMs();
    const budget = this.#budgets.get(key) ?? new RateBudget(callsPerSecond, nowMs);
    this.#budgets.set(key, budget);
    // Who is refused pays nothing: only what was answered counts.
    const waitMs = budget.spend(0, nowMs);
    if (waitMs === 0) budget.spend(calls, nowMs);
    return waitMs;
  }

  #tokenOf(authorization: string): AccessToken | undefined {
    const shown = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (shown === undefined) return undefined;
    // Hashes are of one length whatever was sent, and all are compared: the time of it tells nothing.
    const hash = sha256(utf8(shown));
    let found: AccessToken | undefined;
    for (const token of this.#options.tokens())
      if (timingSafeEqual(hash, fromHex(token.sha256))) found = token;
    return found;
  }
}
