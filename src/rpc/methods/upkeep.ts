import type { Handlers } from '../dispatcher.ts';
import { dumpOf } from '../dump.ts';
import { pageOf } from '../paging.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { SnapshotFactsView } from '../ports/upkeep.ts';
import type { upkeepMethods } from '../schema/upkeep.ts';
import { hash0x, rfc3339 } from '../text-forms.ts';

export function upkeepHandlers(ports: RpcPorts): Handlers<typeof upkeepMethods> {
  const { upkeep } = ports;
  return {
    admin_shutdown: () => {
      upkeep.shutdown();
      return { stopping: true };
    },

    admin_startProfile: async ({ forMs }) => {
      const { file, endsAtMs } = await upkeep.startProfile(forMs);
      return { file, endsAt: rfc3339(endsAtMs) };
    },

    admin_stopProfile: () => upkeep.stopProfile(),

    admin_writeHeapSnapshot: () => upkeep.writeHeapSnapshot(),

    admin_exportChain: ({ fromHeight, toHeight }, { signal }) =>
      upkeep.exportChain(
        {
          ...(fromHeight === undefined ? {} : { fromHeight }),
          ...(toHeight === undefined ? {} : { toHeight }),
        },
        signal,
      ),

    debug_dbStats: async () => {
      const { kinds, freeDiskBytes, ...stats } = await upkeep.databaseStats();
      return {
        ...dumpOf(ports, 'debug_dbStats'),
        kinds: [...kinds],
        ...stats,
        freeDiskBytes: freeDiskBytes ?? null,
      };
    },

    state_snapshotList: async (page) =>
      pageOf(await upkeep.snapshots(), page, ({ file, bytes, writtenAtMs }) => ({
        file,
        bytes,
        writtenAt: rfc3339(writtenAtMs),
      })),

    state_snapshotCreate: async () => {
      const { file, bytes, ...facts } = await upkeep.createSnapshot();
      return { file, bytes, ...factsView(facts) };
    },

    state_snapshotVerify: async ({ file }) => {
      const check = await upkeep.verifySnapshot(file);
      return check.valid ? { valid: true, ...factsView(check) } : check;
    },
  };
}

function factsView({ height, blockHash, stateRoot, leaves }: SnapshotFactsView) {
  return { height, blockHash: hash0x(blockHash), stateRoot: hash0x(stateRoot), leaves };
}
