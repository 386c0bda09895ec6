import type { Chain } from '../../chain/chain.ts';
import { anchors } from '../../ledger/bpci/anchors.ts';
import { clientHeader, clients } from '../../ledger/bpci/clients.ts';
import { members, votes } from '../../ledger/bpci/membership.ts';
import { channels } from '../../ledger/bpci/messages.ts';
import { participationOf } from '../../ledger/bpci/participation.ts';
import type { AnchorView, BpciPort } from '../../rpc/ports/bpci.ts';
import { entriesOf, oncePerBlock } from './state-listing.ts';

function byPlace(a: AnchorView, b: AnchorView): number {
  if (a.height !== b.height) return a.height - b.height;
  return `${a.target}/${a.by}` < `${b.target}/${b.by}` ? -1 : 1;
}

/** What the RPC reads of the bpci ledger at the head. */
export function bpciPort(chain: Pick<Chain, 'state' | 'history' | 'head'>): BpciPort {
  const { state, history } = chain;
  const bpci = state.reader('bpci');
  const allMembers = oncePerBlock(chain, () =>
    entriesOf(state, 'bpci', members).map(({ key, record: { status, consensusKey, vrfKey, bond } }) => {
      const id = key[0] as string;
      const about = votes.get(bpci, id) ?? [];
      const valid = about.filter(({ expiresAtMs }) => expiresAtMs >= chain.head.timeMs);
      return { id, status, consensusKey, vrfKey, bond, votes: valid };
    }),
  );
  const allAnchors = oncePerBlock(chain, () =>
    entriesOf(state, 'bpci', anchors)
      .map(({ record }) => record)
      .sort(byPlace),
  );
  const allClients = oncePerBlock(chain, () =>
    entriesOf(state, 'bpci', clients).map(({ key, record: { genesisHash } }) => ({
      id: key[0] as string,
      genesisHash,
    })),
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
