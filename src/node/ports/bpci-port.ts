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

/** Made once per block, however often it is asked for. */
function oncePerBlock<T>(chain: Pick<Chain, 'head'>, make: () => T): () => T {
  let made: { readonly height: number; readonly value: T } | undefined;
  return () => {
    const { height } = chain.head;
    if (made?.height !== height) made = { height, value: make() };
    return made.value;
  };
}

/** What the RPC reads of the bpci ledger at the head. */
export function bpciPort(chain: Pick<Chain, 'state' | 'history' | 'head'>): BpciPort {
  const { state, history } = chain;
  const bpci = state.reader('bpci');
  const allMembers = oncePerBlock(chain, () =>
    [...state.scan('bpci', members.path(''))]
      .map(({ path, value }) => {
        const id = lastPart(path);
        const { status, consensusKey, vrfKey, bond } = members.decode(value);
        const about = votes.get(bpci, id) ?? [];
        const valid = about.filter(({ expiresAtMs }) => expiresAtMs >= chain.head.timeMs);
        return { id, status, consensusKey, vrfKey, bond, votes: valid };
      })
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  );
  const allAnchors = oncePerBlock(chain, () =>
    [...state.scan('bpci', anchors.path(''))].map(({ value }) => anchors.decode(value)).sort(byPlace),
  );
  const allClients = oncePerBlock(chain, () =>
    [...state.scan('bpci', clients.path(''))]
      .map(({ path, value }) => ({ id: lastPart(path), genesisHash: clients.decode(value).genesisHash }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  );
  return {
    members: allMembers,
    participation: (validator) => participationOf(bpci, validator),
    anchors: (height) => allAnchors().filter((anchor) => height === undefined || anchor.height === height),
    client: (id) => {
      const client = clients.get(bpci, id);
      if (client === undefined) return undefined;
      const { heights, conflict, ...rest } = client;
      const headers = heights.map(({ height }) => ({ height, ...clientHeader(bpci, id, height) }));
      return { id, ...rest, headers, conflict: conflict[0] };
    },
    clients: (genesisHash) =>
      allClients()
        .filter((client) => genesisHash === undefined || client.genesisHash === genesisHash)
        .map(({ id }) => id),
    channel: (source, service) => channels.get(bpci, source, service),
    validatorChanges: async (after, before) => {
      const changes = await history.store.loadValidatorChanges();
      return changes.map(({ height }) => height).filter((height) => height > after && height < before);
    },
  };
}
