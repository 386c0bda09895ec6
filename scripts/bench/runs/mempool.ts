import { toHex } from '../../../src/util/bytes.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { deriveSenders } from '../../../testnet/identities.ts';
import { ceilingPerSecond, ratio } from '../arithmetic.ts';
import { BenchNet } from '../bench-net.ts';
import type { BenchRun } from '../context.ts';
import { signTransfers } from '../load/transfers.ts';

const SENDERS = 400;
/** So late that no block takes anything out of the pool meanwhile. */
const BLOCK_TIME_MS = 60_000;
/** Below the room of the pool, so that nothing is refused for want of it. */
const TRANSACTIONS = Math.floor(LIMITS.maxPoolTransactions * 0.8);
const VALID_FOR_MS = 3_600_000;
const REQUESTS_AT_ONCE = 4;
const LIMIT_MS = 120_000;

/**
 * What one node admits through its RPC: decoding, signature, rules of the pool, and the disk. The pool's room bounds
 * how long that can be measured.
 */
export const mempool: BenchRun = {
  name: 'mempool',
  summary: 'one node admits single transfers through tx_sendMany until its pool is nearly full',
  validators: 1,
  limitMs: LIMIT_MS,
  measure: async (context) => {
    const net = await BenchNet.create(context, {
      validators: 1,
      senders: SENDERS,
      blockTimeMs: BLOCK_TIME_MS,
      emptyBlocksMs: BLOCK_TIME_MS,
    });
    await net.boot();
    const { chainId, genesisHash } = await net.first.call('net_status');
    const chain = { chainId, genesisHash: genesisHash.slice(2) };
    const texts = signTransfers(chain, {
      senders: deriveSenders(net.seed, SENDERS),
      count: TRANSACTIONS,
      operations: 1,
      validUntilMs: Date.now() + VALID_FOR_MS,
    }).map(({ bytes }) => `0x${toHex(bytes)}`);
    const refusals = new Map<string, number>();
    let next = 0;
    const sendOnAndOn = async () => {
      while (next < texts.length) {
        const transactions = texts.slice(next, next + LIMITS.maxPageItems);
        next += transactions.length;
        const { items } = await net.first.call('tx_sendMany', { transactions });
        for (const { error } of items)
          if (error !== null) refusals.set(error.data.reason, (refusals.get(error.data.reason) ?? 0) + 1);
      }
    };
    const begin = net.usage();
    await net.supervisor.guard(Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, sendOnAndOn)));
    const end = net.usage();
    let refused = 0;
    for (const [reason, count] of refusals) {
      context.note(`${count} refused: ${reason}`);
      refused += count;
    }
    const admitted = TRANSACTIONS - refused;
    const cpuSeconds = end.cpuSeconds - begin.cpuSeconds;
    return {
      validators: 1,
      transactionsPerSecond: (admitted * 1000) / (end.atMs - begin.atMs),
      admitted,
      refused,
      cpuSecondsPer1000Operations: ratio(cpuSeconds * 1000, admitted),
      nodeShareOfCeiling: ratio(admitted / cpuSeconds, ceilingPerSecond(context.verificationsPerSecond, 1)),
      rssMiB: Math.max(...end.rssMiB),
    };
  },
};
