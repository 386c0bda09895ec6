import { signStepBatch } from '../../client/step-batch.ts';
import type { Receipt, TransactionSender } from '../../client/transaction-sender.ts';
import type { KeyPair } from '../../crypto/ed25519.ts';
import { encodeOperation } from '../../types/operations/catalog.ts';
import { DOCKLOCK } from '../../types/operations/docklock.ts';
import type { ChainTip, Step } from '../../types/step-receipt.ts';
import { LIMITS } from '../../util/limits.ts';
import { ensureLease } from './node-lease.ts';

/** Reports the steps of one container in signed batches, each chained to the one before. */
export class StepReporter {
  readonly #sender: TransactionSender;
  readonly #node: KeyPair;
  readonly #unsent: Step[] = [];
  #tip: ChainTip;
  /** After a report that may or may not have arrived. */
  #isUncertain = false;
  #reporting: Promise<Receipt | undefined> = Promise.resolve(undefined);

  /** `tip`: where the chain of the container stands. */
  constructor(sender: TransactionSender, node: KeyPair, tip: ChainTip) {
    this.#sender = sender;
    this.#node = node;
    this.#tip = tip;
  }

  /** Sends steps after all that were given before; the receipt is that of the last batch. What fails stays unsent. */
  report(steps: readonly Step[]): Promise<Receipt | undefined> {
    this.#unsent.push(...steps);
    this.#reporting = this.#reporting
      .catch(() => undefined)
      .then(async (last) => (await this.#flush()) ?? last);
    return this.#reporting;
  }

  async #flush(): Promise<Receipt | undefined> {
    let receipt: Receipt | undefined;
    if (this.#isUncertain) await this.#dropArrived();
    while (this.#unsent.length > 0) {
      await ensureLease(this.#sender, this.#node);
      const steps = this.#unsent.slice(0, LIMITS.maxStepsPerBatch);
      const { batch, end } = signStepBatch(this.#node, this.#sender.chain.genesisHash, this.#tip, steps);
      this.#isUncertain = true;
      receipt = await this.#sender.send('docklock', [encodeOperation(DOCKLOCK.operations.StepBatch, batch)]);
      this.#isUncertain = false;
      this.#unsent.splice(0, steps.length);
      this.#tip = end;
    }
    return receipt;
  }

  /** Steps that the chain has after all are not sent again. */
  async #dropArrived(): Promise<void> {
    const { app, replica } = this.#tip;
    const { container } = await this.#sender.client.call('docklock_getContainer', {
      app: `0x${app}`,
      replica,
    });
    const arrived = container.sequence - this.#tip.sequence;
    if (arrived > 0) {
      this.#unsent.splice(0, arrived);
      const { state, sequence, tip } = container;
      this.#tip = { ...this.#tip, state, sequence, tip: tip.slice(2) };
    }
    this.#isUncertain = false;
  }
}
