import type { MethodResult } from '../../rpc/schema/methods.ts';
import { bytes, clockTime, duration } from '../format.ts';
import type { PeerRate } from '../live/arrivals.ts';
import { useCall } from '../live/use-call.ts';
import { Failure } from './failure.tsx';
import { Fields } from './fields.tsx';
import { Name } from './names.tsx';
import { Empty, Panel } from './panel.tsx';
import { type Column, Table } from './table.tsx';

type Peer = MethodResult<'admin_peers'>['items'][number];
type TopicScore = MethodResult<'gossip_scores'>['peers'][number]['topics'][number];
type TracedArrival = MethodResult<'gossip_message'>['arrivals'][number];

const SCORE_COLUMNS: readonly Column<TopicScore>[] = [
  { title: 'Topic', namesRow: true, cell: ({ topic }) => topic },
  { title: 'Mesh', cell: ({ inMesh, timeInMesh }) => (inMesh ? timeInMesh.toFixed(1) : 'no') },
  { title: 'First', numeric: true, cell: ({ firstDeliveries }) => firstDeliveries.toFixed(1) },
  { title: 'Deficit', numeric: true, cell: (one) => (one.deliveryDeficit + one.meshFailures).toFixed(1) },
  { title: 'Invalid', numeric: true, cell: ({ invalidMessages }) => invalidMessages.toFixed(1) },
];

/** What the node knows of one neighbour, its score by gossipsub included. */
export function PeerDetails({ peer, rate }: { peer: Peer | undefined; rate: PeerRate | undefined }) {
  const peerId = peer?.peerId ?? '';
  const timing = { everyMs: 2_000, off: peer === undefined };
  const { data: scores } = useCall('gossip_scores', { peerId }, timing);
  const { data: queue } = useCall('gossip_queue', {}, timing);
  if (peer === undefined)
    return (
      <Panel title="Peer" class="side-panel">
        <Empty>Choose a peer in the graph.</Empty>
      </Panel>
    );
  const score = scores?.peers[0];
  return (
    <Panel title="Peer" class="side-panel">
      <Fields
        of={{
          id: <Name text={peer.peerId} what="peer id" />,
          validator: peer.validator === null ? 'none' : <Name text={peer.validator} what="validator" />,
          role: peer.role ?? 'not known yet',
          height: peer.height ?? 'unknown',
          connection: `${peer.direction} since ${clockTime(peer.connectedAt)}`,
          'push stream': peer.push ? 'yes' : 'no',
          'comes in': `${(rate?.push ?? 0).toFixed(1)}/s push, ${(rate?.relay ?? 0).toFixed(1)}/s relay`,
          'waits for it': bytes(queue?.peers.find((one) => one.peerId === peerId)?.bytes ?? 0),
          score:
            score === undefined
              ? '–'
              : `${score.total.toFixed(2)}: topics ${score.topicsTotal.toFixed(2)}, address ${score.ipColocation.toFixed(2)}, behaviour ${score.behaviourPenalty.toFixed(2)}`,
        }}
      />
      {score !== undefined && (
        <div class="scroll score-box">
          <Table columns={SCORE_COLUMNS} rows={score.topics} keyOf={({ topic }) => topic} />
        </div>
      )}
    </Panel>
  );
}

/** The way of one message: who brought it first, who again, on which carrier. */
export function MessageTrace({ messageId, onClose }: { messageId: string; onClose: () => void }) {
  const { data, error } = useCall('gossip_message', { messageId }, { everyMs: 2_000 });
  const firstMs = Date.parse(data?.arrivals[0]?.at ?? '');
  const columns: readonly Column<TracedArrival>[] = [
    { title: 'After', cell: ({ at }) => duration(Date.parse(at) - firstMs) },
    { title: 'From', cell: ({ from }) => <code title={from}>…{from.slice(-6)}</code> },
    { title: 'Carrier', cell: ({ carrier }) => carrier },
    {
      title: 'Verdict',
      cell: ({ verdict }) => verdict,
      attributes: ({ verdict }) => ({ 'data-verdict': verdict }),
    },
  ];
  return (
    <Panel
      title="Message"
      class="side-panel"
      note={
        <button type="button" class="link" onClick={onClose}>
          close
        </button>
      }
    >
      <Fields of={{ id: <Name text={messageId} what="message id" />, topic: data?.topic ?? '–' }} />
      {error !== undefined && <Failure error={error} />}
      <div class="scroll score-box">
        <Table
          columns={columns}
          rows={data?.arrivals}
          keyOf={(one) => `${one.from} ${one.carrier} ${one.at} ${one.counter}`}
        />
      </div>
    </Panel>
  );
}
