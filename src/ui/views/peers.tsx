import { useEffect, useState } from 'preact/hooks';
import type { MethodResult } from '../../rpc/schema/methods.ts';
import { age, clockTime, shortened } from '../format.ts';
import { useNode } from '../live/node.ts';
import { useCall } from '../live/use-call.ts';
import { useNow } from '../live/use-now.ts';
import { Failure } from '../parts/failure.tsx';
import { Fields } from '../parts/fields.tsx';
import { Name } from '../parts/names.tsx';
import { Empty, Panel } from '../parts/panel.tsx';
import { type Column, Table } from '../parts/table.tsx';

const HISTORY = 100;

type Peer = MethodResult<'admin_peers'>['items'][number];
type PeerEvent = MethodResult<'admin_peerHistory'>['items'][number];

const EVENT_COLUMNS: readonly Column<PeerEvent>[] = [
  { title: 'At', width: 'w-age', cell: ({ at }) => clockTime(at) },
  {
    title: 'What',
    width: 'w-charge',
    cell: ({ kind }) => kind,
    attributes: ({ kind }) => (kind === 'connected' ? {} : { class: 'bad' }),
  },
  {
    title: 'Peer',
    width: 'w-status',
    cell: ({ peerId }) => <code title={peerId}>{shortened(peerId, 0, 6)}</code>,
  },
  {
    title: 'Reason',
    cell: ({ reason }) => reason ?? '–',
    attributes: ({ reason }) => ({ title: reason ?? undefined }),
  },
];

/** Who is connected, who came and went and why, and how this node is reached. */
export function PeersView() {
  const now = useNow(1_000);
  const { data: peers, error } = useCall('admin_peers', { limit: 500 }, { everyMs: 1_500 });
  const columns: readonly Column<Peer>[] = [
    { title: 'Peer', width: 'w-name', cell: ({ peerId }) => <Name text={peerId} what="peer id" /> },
    { title: 'Role', width: 'w-status', cell: ({ role }) => role ?? '–' },
    {
      title: 'Validator',
      width: 'w-name',
      cell: ({ validator }) => (validator === null ? '–' : <Name text={validator} what="validator" />),
    },
    { title: 'Height', width: 'w-height', numeric: true, cell: ({ height }) => height ?? '–' },
    { title: 'Direction', width: 'w-status', cell: ({ direction }) => direction },
    { title: 'Push', width: 'w-round', cell: ({ push }) => (push ? 'yes' : 'no') },
    {
      title: 'Address',
      cell: ({ address }) => <code>{address.replace(/\/p2p\/.*$/, '')}</code>,
      attributes: ({ address }) => ({ title: address }),
    },
    {
      title: 'For',
      width: 'w-age',
      numeric: true,
      cell: ({ connectedAt }) => age(now - Date.parse(connectedAt)),
    },
  ];
  return (
    <>
      <h1>Peers</h1>
      {error !== undefined && <Failure error={error} />}
      <Panel title="Connected" note={peers && String(peers.total ?? peers.items.length)}>
        <div class="scroll peer-box">
          <Table columns={columns} rows={peers?.items} keyOf={({ peerId }) => peerId} />
        </div>
      </Panel>
      <div class="columns">
        <Identity />
        <History />
      </div>
    </>
  );
}

function Identity() {
  const { data: identity } = useCall('net_identity', {}, { everyMs: 10_000 });
  const { data: reach } = useCall('net_reachability', {}, { everyMs: 5_000 });
  return (
    <Panel title="This node to others" note={reach?.verdict}>
      <div class="scroll pool-box">
        {identity === undefined || reach === undefined ? (
          <Empty>asking the node …</Empty>
        ) : (
          <Fields
            of={{
              'peer id': <Name text={identity.peerId} what="peer id" />,
              agent: identity.agent,
              announced: <Lines of={identity.announcedAddresses} />,
              listens: <Lines of={identity.listenAddresses} />,
              inbound:
                reach.lastInboundAt === null
                  ? 'nobody has dialled this node yet'
                  : `${reach.inboundPeers} peers dialled this node, the last at ${clockTime(reach.lastInboundAt)}`,
              protocols: <Lines of={identity.protocols} />,
            }}
          />
        )}
      </div>
    </Panel>
  );
}

function Lines({ of }: { of: readonly string[] }) {
  return (
    <ul class="lines">
      {of.map((line) => (
        <li key={line}>
          <code title={line}>{line}</code>
        </li>
      ))}
    </ul>
  );
}

function History() {
  const { socket } = useNode();
  const [events, setEvents] = useState(0);
  useEffect(() => socket.subscribe('peers', { onData: () => setEvents((count) => count + 1) }), [socket]);
  // The number of events is no parameter of the method: a limit that moves by one asks again with each of them.
  const { data } = useCall('admin_peerHistory', { limit: HISTORY + (events % 2) }, { keep: true });
  return (
    <Panel title="Who came and went" note="newest first">
      <div class="scroll pool-box">
        <Table
          columns={EVENT_COLUMNS}
          rows={data?.items}
          keyOf={({ at, peerId, kind }) => `${at} ${peerId} ${kind}`}
          empty="Nobody yet."
        />
      </div>
    </Panel>
  );
}
