import type { Chain } from '../../chain/chain.ts';
import { anchors } from '../../ledger/bpci/anchors.ts';
import { clientHeader, clients } from '../../ledger/bpci/clients.ts';
import { members, votes } from '../../ledger/bpci/membership.ts';
import { channels } from '../../ledger/bpci/messages.ts';
import { participationOf } from '../../ledger/bpci/participation.ts';
import type { AnchorView, BpciPort } from '../../rpc/ports/bpci.ts';

/** The last part of a path. */
function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function byPlace(a: AnchorView, b: AnchorView): number {
  if (a.height !== b.height) return a.height - b.height;
  return `${a.target}/${a.by}` < `${b.target}/${b.by}` ? -1 : 1;
}

/** What the RPC reads of the bpci ledger at the head. */
export function bpciPort(chain: Pick<Chain, 'state' | 'history' | 'head'>): BpciPort {
  const { state, history } = chain;
  const bpci = state.reader('bpci');
  return {
    members: () =>
      [...state.scan('bpci', members.path(''))]
        .map(({ path, value }) => {
          const id = lastPart(path);
          const { status, consensusKey, vrfKey, bond } = members.decode(value);
          const valid = (votes.get(bpci, id) ?? []).filter(
            ({ expiresAtMs }) => expiresAtMs >= chain.head.timeMs,
          );
          return { id, status, consensusKey, vrfKey, bond, votes: valid };
        })
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
    participation: (validator) => participationOf(bpci, validator),
    anchors: (height) =>
      [...state.scan('bpci', height === undefined ? anchors.path('') : anchors.path(height, ''))]
        .map(({ value }) => anchors.decode(value))
        .sort(byPlace),
    client: (id) => {
      const client = clients.get(bpci, id);
      if (client === undefined) return undefined;
      const { heights, conflict, ...rest } = client;
      const headers = heights.map(({ height }) => ({ height, ...clientHeader(bpci, id, height) }));
      return { id, ...rest, headers, conflict: conflict[0] };
    },
    clients: (genesisHash) =>
      [...state.scan('bpci', clients.path(''))]
        .filter(({ value }) => genesisHash === undefined || clients.decode(value).genesisHash === genesisHash)
        .map(({ path }) => lastPart(path))
        .sort(),
    channel: (source, service) => channels.get(bpci, source, service),
    validatorChanges: async (after, before) => {
      const changes = await history.store.loadValidatorChanges();
      return changes.map(({ height }) => height).filter((height) => height > after && height < before);
    },
  };
}
