import type * as z from 'zod';

/**
 * What a caller needs to be allowed to do. `read` asks, `write` sends transactions, `debug` looks inside the node,
 * `admin` changes it.
 */
export const SCOPES = ['read', 'write', 'debug', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/**
 * One method of the interface: the single source of its validation, its document and its client types. `params` is an
 * object whose keys stand in positional order. Its input is what travels; its output is what the handler gets (hashes
 * and addresses in their in-memory form).
 */
export interface MethodSpec<Params extends z.ZodObject = z.ZodObject, Result extends z.ZodType = z.ZodType> {
  readonly scope: Scope;
  /** One sentence for `rpc.discover` and the help. */
  readonly summary: string;
  /** The call may last as long as its caller allows; such calls have a bound of their own. */
  readonly waits?: true;
  readonly params: Params;
  readonly result: Result;
}

/** Declares a method with its exact types. */
export function method<Params extends z.ZodObject, Result extends z.ZodType>(
  spec: MethodSpec<Params, Result>,
): MethodSpec<Params, Result> {
  return spec;
}
