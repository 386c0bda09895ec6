import { SUBTREES } from '../../types/names.ts';
import type { Handlers } from '../dispatcher.ts';
import { dumpOf } from '../dump.ts';
import { rpcError } from '../errors.ts';
import { pageOf } from '../paging.ts';
import type { TraceView } from '../ports/chain.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { debugMethods } from '../schema/debug.ts';
import { missingBlock, notInBlock, selectBlock, selectHeight } from '../selectors.ts';
import { addressText, hash0x, rfc3339 } from '../text-forms.ts';
import { receiptView } from '../transaction-views.ts';

function notReplayable(height: number, lowestHeight: number | undefined): Error {
  return rpcError('PRUNED', `the state below block ${height} is not kept any more`, {
    data: { height, lowestHeight },
    hint:
      lowestHeight === undefined
        ? 'this node has committed no block since it started: wait for the next one'
        : `the lowest height that can be executed again is ${lowestHeight}`,
  });
}

function accessesView({ items, total }: TraceView['operations'][number]['reads']) {
  return { total, items: items.map(({ subtree, path, bytes }) => ({ subtree, path, bytes: bytes ?? null })) };
}

export function debugHandlers(ports: RpcPorts): Handlers<typeof debugMethods> {
  const { chain } = ports;
  /** @throws NodeError BLOCK_NOT_FOUND */
  const blockAt = async (height: number) => {
    await selectHeight(chain, { height });
    const hash = height === 0 ? chain.genesisHash : (await chain.header(height))?.hash;
    if (hash === undefined) throw missingBlock(chain, height);
    return { height, hash: hash0x(hash) };
  };
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

    debug_diffState: async ({ height, roots }) => {
      const block = await blockAt(height);
      const own = chain.rootsAt(height);
      if (own === undefined) throw notReplayable(height + 1, chain.lowestReplayable());
      const subtrees = SUBTREES.map((subtree) => ({
        subtree,
        same: own[subtree] === roots[subtree],
        own: hash0x(own[subtree]),
        other: hash0x(roots[subtree]),
      }));
      return {
        ...dumpOf(ports, 'debug_diffState'),
        block,
        ok: subtrees.every(({ same }) => same),
        subtrees,
      };
    },

    debug_getStateLeaves: async ({ subtree, height = chain.head().height, limit, cursor }) => {
      const block = await blockAt(height);
      const leaves = chain.leavesAt(height, subtree, cursor ?? '', limit);
      if (leaves === undefined) throw notReplayable(height + 1, chain.lowestReplayable());
      const items = leaves.slice(0, limit);
      return {
        ...dumpOf(ports, 'debug_getStateLeaves'),
        block,
        items: items.map(({ path, valueHash }) => ({ path, valueHash: hash0x(valueHash) })),
        nextCursor: leaves.length > limit ? (items.at(-1)?.path ?? null) : null,
      };
    },

    debug_traceTransaction: async ({ txId }) => {
      const place = await chain.findTransaction(txId);
      if (place === undefined) throw notInBlock(txId);
      const { height, ledger, index } = place;
      const trace = chain.trace(place);
      if (trace === undefined) throw notReplayable(height, chain.lowestReplayable());
      const receipt = receiptView(trace.receipt);
      const outcomeOf = (operation: number) =>
        receipt.failedOperation === null
          ? 'done'
          : operation === receipt.failedOperation
            ? 'failed'
            : 'undone';
      return {
        ...dumpOf(ports, 'debug_traceTransaction'),
        txId: hash0x(txId),
        block: { height, ledger, index },
        ok: trace.isSame,
        receipt,
        baseGas: trace.baseGas,
        operations: trace.operations.map(({ operation, name, gas, reads, writes }) => ({
          operation,
          name,
          outcome: outcomeOf(operation),
          gas,
          reads: accessesView(reads),
          writes: accessesView(writes),
        })),
      };
    },

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
