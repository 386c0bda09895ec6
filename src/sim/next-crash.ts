/** Where on the way of a message or of a block a process may end. */
export const CRASH_STEPS = [
  'before-write',
  'before-sync',
  'before-send',
  'half-sent',
  'before-count',
  'before-commit',
  'after-commit',
] as const;
type CrashStep = (typeof CRASH_STEPS)[number];

/** A crash of one node that waits for its step, if one does; the last that was armed counts. */
export class NextCrash {
  #armed: { readonly step: CrashStep; readonly onCrash: () => void } | undefined;

  /** `onCrash` has to crash the node; it is called once, when the step comes. */
  arm(step: CrashStep, onCrash: () => void): void {
    this.#armed = { step, onCrash };
  }

  disarm(): void {
    this.#armed = undefined;
  }

  isArmedAt(step: CrashStep): boolean {
    return this.#armed?.step === step;
  }

  /** The step comes: whether the node crashes at it, which has then happened. */
  strikesAt(step: CrashStep): boolean {
    const armed = this.#armed;
    if (armed?.step !== step) return false;
    this.#armed = undefined;
    armed.onCrash();
    return true;
  }
}
