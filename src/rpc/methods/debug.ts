import type { Handlers } from '../dispatcher.ts';
import { dumpOf } from '../dump.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { debugMethods } from '../schema/debug.ts';

export function debugHandlers(ports: RpcPorts): Handlers<typeof debugMethods> {
  return {
    debug_eventLoop: async ({ forMs }, { signal }) => {
      const { watchedMs, utilization, lagMs } = await ports.node.watchEventLoop(forMs, signal);
      return { ...dumpOf(ports, 'debug_eventLoop'), watchedMs, utilization, lagMs: lagMs ?? null };
    },
  };
}
