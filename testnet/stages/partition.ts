import { adminOf } from '../admin.ts';
import type { Supervisor } from '../supervisor.ts';

/**
 * Has the nodes that run in each group talk only to their own: no node has a connection across. A node forgets it when
 * it ends; no groups heal it everywhere.
 */
export async function partition(
  supervisor: Supervisor,
  groups: readonly (readonly string[])[],
): Promise<void> {
  await Promise.all(
    supervisor.running.map(async ({ name }) => {
      const strangers = groups.filter((group) => !group.includes(name)).flat();
      const peerIds = groups.length === 0 ? [] : strangers.map((other) => supervisor.node(other).peerId);
      await (await adminOf(supervisor, name)).call('admin_partition', { peerIds });
    }),
  );
}
