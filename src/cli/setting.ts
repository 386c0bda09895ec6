import { NodeError } from '../util/errors.ts';

export type SettingsFileErrorCode =
  | 'CONFIG_UNREADABLE'
  | 'CONFIG_MALFORMED'
  | 'CONFIG_UNKNOWN_KEY'
  | 'CONFIG_BAD_VALUE';

/** What a file says of one option: a truth value, or the text that would stand behind its flag. */
export interface Setting {
  readonly key: string;
  readonly value: string | boolean;
  /** A list was written: only an option that may be repeated can take it. */
  readonly isList: boolean;
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export function settingsError(
  code: SettingsFileErrorCode,
  file: string,
  line: number,
  what: { message: string; hint?: string; data?: Record<string, unknown> },
): NodeError<SettingsFileErrorCode> {
  return new NodeError(code, `${file}:${line}: ${what.message}`, {
    data: { file, line, ...what.data },
    ...(what.hint === undefined ? {} : { hint: what.hint }),
  });
}
