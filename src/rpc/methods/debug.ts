import type { Handlers } from '../dispatcher.ts';
import { dumpOf } from '../dump.ts';
import { rpcError } from '../errors.ts';
import { pageOf } from '../paging.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { debugMethods } from '../schema/debug.ts';
import { selectBlock } from '../selectors.ts';
import { addressText, hash0x, rfc3339 } from '../text-forms.ts';

function notReplayable(height: number, lowestHeight: number | undefined): Error {
  return rpcError('PRUNED', `the state below block ${height} is not kept any more`, {
    data: { height, lowestHeight },
    hint:
      lowestHeight === undefined
        ? 'this node has committed no block since it started: wait for the next one'
        : `the lowest height that can be executed again is ${lowestHeight}`,
  });
}

export function debugHandlers(ports: RpcPorts): Handlers<typeof debugMethods> {
  const { chain } = ports;
  return {
    debug_eventLoop: async ({ forMs }, { signal }) => {
      const { watchedMs, utilization, lagMs } = await ports.node.watchEventLoop(forMs, signal);
      return { ...dumpOf(ports, 'debug_eventLoop'), watchedMs, utilization, lagMs: lagMs ?? null };
    },

    debug_getBadBlocks: (page) => ({
      ...dumpOf(ports, 'debug_getBadBlocks'),
      ...pageOf(chain.badBlocks(), page, (bad) => ({
        height: bad.height,
        hash: hash0x(bad.hash),
        proposer: addressText(bad.proposer),
        reason: bad.reason,
        transactions: bad.transactions,
        bytes: bad.bytes,
        times: bad.times,
        firstAt: rfc3339(bad.firstAtMs),
        lastAt: rfc3339(bad.lastAtMs),
      })),
    }),

    debug_replayBlock: async (selector) => {
      const { height } = await selectBlock(chain, selector);
      const replay = chain.replay(height);
      if (replay === undefined) throw notReplayable(height, chain.lowestReplayable());
      const fault = 'fault' in replay ? replay.fault : null;
      return {
        ...dumpOf(ports, 'debug_replayBlock'),
        block: { height, hash: hash0x(replay.hash) },
        ok: fault === null,
        fault,
        stateRoot: 'fault' in replay ? null : hash0x(replay.stateRoot),
        receiptsRoot: 'fault' in replay ? null : hash0x(replay.receiptsRoot),
      };
    },
  };
}
