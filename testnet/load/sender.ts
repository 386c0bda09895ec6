import { setTimeout as sleep } from 'node:timers/promises';
import { toHex } from '../../src/util/bytes.ts';
import { errorCode } from '../../src/util/errors.ts';
import { LIMITS } from '../../src/util/limits.ts';
import type { NodeRpc } from '../rpc.ts';
import { nonceKey, type PreparedTransaction } from './plan.ts';
import type { Tracker } from './tracker.ts';

const RETRIES = 20;
/** Of what a busy chain refuses: it takes a part of what comes. */
const BUSY_RETRIES = 120;
const RETRY_MS = 500;
/** Refusals that say nothing about the transaction: it is sent again. */
const TRANSIENT: ReadonlySet<string> = new Set([
  'NOT_REACHABLE',
  'RATE_LIMITED',
  'POOL_FULL',
  'TOO_MANY_PENDING',
  'SHUTTING_DOWN',
  'SYNCING',
]);

/** The same while more is sent than the chain takes: an earlier nonce may have been refused for that. */
const BUSY: ReadonlySet<string> = new Set(['CHAIN_BUSY', 'NONCE_GAP']);

/** What the load itself says of a transaction whose sender has one before it that was refused for good. */
const AFTER_REFUSED = 'AFTER_REFUSED';

/** Refusals that say that some transaction has the nonce: those that follow have what they need. */
const NONCE_IS_TAKEN: ReadonlySet<string> = new Set([
  'NONCE_TOO_LOW',
  'REPLACEMENT_UNDERPRICED',
  'REPLACEMENT_LIMIT',
]);

/** How often a transaction is sent again that was refused for this reason. */
function retriesAfter(reason: string): number {
  if (BUSY.has(reason)) return BUSY_RETRIES;
  return TRANSIENT.has(reason) ? RETRIES : 0;
}

/** Hands transactions to nodes, each sender's to one of them, and notes what was sent and refused. */
export class LoadSender {
  readonly #nodes: readonly NodeRpc[];
  readonly #tracker: Tracker;
  readonly #signal: AbortSignal | undefined;
  /** Whose transactions on which ledger have a gap that nothing fills any more, by {@link nonceKey}. */
  readonly #broken = new Set<string>();
  #sent = 0;

  /** After `signal` nothing is sent a second time. */
  constructor(nodes: readonly NodeRpc[], tracker: Tracker, signal: AbortSignal | undefined) {
    this.#nodes = nodes;
    this.#tracker = tracker;
    this.#signal = signal;
  }

  get sent(): number {
    return this.#sent;
  }

  nodeOf({ sender }: PreparedTransaction): NodeRpc {
    return this.#nodes[Number.parseInt(sender.slice(0, 8), 16) % this.#nodes.length] as NodeRpc;
  }

  /**
   * Sends a batch, again and to other nodes while nodes do not answer or have no room. What follows a transaction that
   * was refused for good is not sent: no block could hold it.
   */
  async send(node: NodeRpc, batch: readonly PreparedTransaction[]): Promise<void> {
    let rest = this.#sendable(batch);
    for (const transaction of rest) this.#tracker.onSent(transaction, node.name, performance.now());
    this.#sent += rest.length;
    for (let attempt = 0; rest.length > 0; attempt++) {
      const target = this.#nodes[(this.#nodes.indexOf(node) + attempt) % this.#nodes.length] as NodeRpc;
      const refusals = await this.#sendOnce(target, rest);
      const again: PreparedTransaction[] = [];
      for (const [index, reason] of refusals.entries()) {
        const transaction = rest[index] as PreparedTransaction;
        if (reason === undefined || reason === 'ALREADY_KNOWN') continue;
        if (attempt < retriesAfter(reason) && this.#signal?.aborted !== true) again.push(transaction);
        else this.#onRefused(transaction, reason);
      }
      rest = this.#sendable(again);
      if (rest.length > 0) await sleep(RETRY_MS);
    }
  }

  #sendable(batch: readonly PreparedTransaction[]): PreparedTransaction[] {
    return batch.filter((transaction) => {
      if (!this.#broken.has(keyOf(transaction))) return true;
      this.#tracker.onRefused(transaction, AFTER_REFUSED);
      return false;
    });
  }

  #onRefused(transaction: PreparedTransaction, reason: string): void {
    this.#tracker.onRefused(transaction, reason);
    // Who did not answer, or had no room for long, may have the transaction from an earlier attempt.
    if (!TRANSIENT.has(reason) && !NONCE_IS_TAKEN.has(reason)) this.#broken.add(keyOf(transaction));
  }

  /** The reason of the refusal of each transaction, undefined where it was accepted. */
  async #sendOnce(node: NodeRpc, batch: readonly PreparedTransaction[]): Promise<(string | undefined)[]> {
    const refusals: (string | undefined)[] = [];
    for (let start = 0; start < batch.length; start += LIMITS.maxPageItems) {
      const part = batch.slice(start, start + LIMITS.maxPageItems);
      try {
        const transactions = part.map(({ bytes }) => `0x${toHex(bytes)}`);
        const { items } = await node.call('tx_sendMany', { transactions });
        refusals.push(...items.map(({ error }) => error?.data.reason));
      } catch (error) {
        refusals.push(...part.map(() => errorCode(error) ?? 'NOT_REACHABLE'));
      }
    }
    return refusals;
  }
}

function keyOf({ sender, ledger }: PreparedTransaction): string {
  return nonceKey(sender, ledger);
}
