import type { Chain } from '../../chain/chain.ts';
import { apps } from '../../ledger/docklock/apps.ts';
import { images } from '../../ledger/docklock/images.ts';
import { containers } from '../../ledger/state/container-records.ts';
import type { Table } from '../../ledger/state/table.ts';
import type { DocklockPort, RuntimeView } from '../../rpc/ports/docklock.ts';
import { findRunc } from '../../runtime/runc.ts';
import { errorCode, errorMessage } from '../../util/errors.ts';
import { entriesOf } from './state-listing.ts';

/** What the RPC reads of docklock at the head, and of the runtimes of this machine. */
export function docklockPort({ state }: Chain): DocklockPort {
  const docklock = state.reader('docklock');
  const entries = <Record>(table: Table<Record>) => entriesOf(state, 'docklock', table);
  return {
    image: (digest) => {
      const record = images.get(docklock, digest);
      return record && { digest, ...record };
    },
    images: () => entries(images).map(({ key, record }) => ({ digest: key[0] as string, ...record })),
    app: (app) => {
      const record = apps.get(docklock, app);
      return record && { app, ...record };
    },
    apps: () => entries(apps).map(({ key, record }) => ({ app: key[0] as string, ...record })),
    container: (app, replica) => {
      const record = containers.get(docklock, app, replica);
      return record && { app, replica, ...record };
    },
    containers: () =>
      entries(containers).map(({ key, record }) => ({
        app: key[0] as string,
        replica: Number(key[1]),
        ...record,
      })),
    runtimes: async () => [await probeRunc()],
  };
}

async function probeRunc(): Promise<RuntimeView> {
  try {
    const { name, version } = await findRunc();
    return { name, version, fault: undefined };
  } catch (error) {
    const fault = { code: errorCode(error) ?? 'RUNTIME_FAILED', message: errorMessage(error) };
    return { name: 'runc', version: undefined, fault };
  }
}
