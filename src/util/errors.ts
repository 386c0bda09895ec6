/**
 * The one base class of every error that this node raises on purpose. `code` is stable and greppable, `data` names
 * what was wrong, `hint` says in one sentence what the reader can do. Anything else that is thrown is a bug.
 */
export class NodeError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly data: Readonly<Record<string, unknown>>;
  readonly hint: string | undefined;

  constructor(
    code: Code,
    message: string,
    options: { data?: Record<string, unknown>; hint?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'NodeError';
    this.code = code;
    this.data = options.data ?? {};
    this.hint = options.hint;
  }
}

/** The `code` of a NodeError (or of a Node.js system error), otherwise undefined. */
export function errorCode(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}

/** One line about any thrown value, for logs. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
