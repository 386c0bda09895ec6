/** What one check found. A problem keeps a node from working, a warning may. */
export interface Finding {
  readonly check: string;
  readonly level: 'ok' | 'warning' | 'problem';
  readonly detail: string;
  /** What to do about it. */
  readonly hint: string | null;
  /** Does it, where that can do no harm; `--fix` asks for it. */
  readonly fix?: () => Promise<void>;
}

export const fine = (check: string, detail: string): Finding => ({ check, level: 'ok', detail, hint: null });

export const warning = (check: string, detail: string, hint: string | null): Finding => ({
  check,
  level: 'warning',
  detail,
  hint,
});

export const problem = (check: string, detail: string, hint: string | null): Finding => ({
  check,
  level: 'problem',
  detail,
  hint,
});
