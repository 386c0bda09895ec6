import type { Logger } from '../util/logger.ts';

/** Steps that are undone in reverse order, each even if another fails. */
export class Teardown {
  readonly #steps: { name: string; run: () => Promise<void> | void }[] = [];

  add(name: string, run: () => Promise<void> | void): void {
    this.#steps.push({ name, run });
  }

  async run(logger: Logger): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop())
      try {
        await step.run();
      } catch (error) {
        logger.error({ step: step.name, err: error }, 'a part of the node did not stop cleanly');
      }
  }
}
