import type * as z from 'zod';
import type { Hash } from '../types/ssz-bytes.ts';
import type { RpcPorts } from './ports/rpc-ports.ts';
import type * as results from './schema/results.ts';
import { hash0x, rfc3339 } from './text-forms.ts';

export type TransactionStatusView = z.input<typeof results.TransactionStatus>;

/**
 * Where a transaction is. The chain is asked before the pool and the drops: what stands in a block is final, whatever
 * else this node remembers of it.
 */
export async function transactionStatus(ports: RpcPorts, id: Hash): Promise<TransactionStatusView> {
  const txId = hash0x(id);
  const place = await ports.chain.findTransaction(id);
  if (place !== undefined) return { state: 'included', txId, ...place };
  const entry = ports.pool.get(id);
  if (entry !== undefined) return { state: entry.state, txId };
  const drop = await ports.pool.dropped(id);
  if (drop !== undefined) return { state: 'dropped', txId, reason: drop.reason, at: rfc3339(drop.atMs) };
  return { state: 'unknown', txId };
}

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * The status once the transaction is included or dropped, or the last one when the time is over or the caller gone.
 * It looks again at every commit and at every drop of this transaction, and misses nothing in between because it
 * listens before it looks.
 */
export async function waitUntilSettled(
  ports: RpcPorts,
  id: Hash,
  { timeoutMs, signal }: WaitOptions,
): Promise<TransactionStatusView> {
  const ended = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  let changed = false;
  let wake = () => {};
  const onChange = () => {
    changed = true;
    wake();
  };
  const stops = [
    ports.chain.onCommit(onChange),
    ports.pool.onDrop((drop) => {
      if (drop.txId === id) onChange();
    }),
  ];
  ended.addEventListener('abort', onChange);
  try {
    for (;;) {
      changed = false;
      const status = await transactionStatus(ports, id);
      if (status.state === 'included' || status.state === 'dropped' || ended.aborted) return status;
      if (!changed) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    ended.removeEventListener('abort', onChange);
    for (const stop of stops) stop();
  }
}
