import { useMemo, useState } from 'preact/hooks';
import type { MethodResult } from '../../rpc/schema/methods.ts';
import { bytes, clockTime, duration, grouped, shortened } from '../format.ts';
import { type Arrival, ratesByPeer } from '../live/arrivals.ts';
import { reportedEdges } from '../live/reported-edges.ts';
import { useArrivals } from '../live/use-arrivals.ts';
import { useCall } from '../live/use-call.ts';
import { Failure } from '../parts/failure.tsx';
import { MessageTrace, PeerDetails } from '../parts/gossip-details.tsx';
import { GossipGraph } from '../parts/gossip-graph.tsx';
import { Panel } from '../parts/panel.tsx';
import { type Column, Table } from '../parts/table.tsx';

const RATE_WINDOW_MS = 5_000;
const SHOWN = 60;

type TopicTraffic = MethodResult<'gossip_stats'>['topics'][number];

const TRAFFIC_COLUMNS: readonly Column<TopicTraffic>[] = [
  { title: 'Topic', namesRow: true, cell: ({ topic }) => topic },
  { title: 'Carrier', cell: ({ carrier }) => <CarrierName carrier={carrier} /> },
  { title: 'Sent', numeric: true, cell: ({ sentMessages }) => grouped(sentMessages) },
  { title: 'Received', numeric: true, cell: ({ receivedMessages }) => grouped(receivedMessages) },
  { title: 'Bytes in', numeric: true, cell: ({ receivedBytes }) => bytes(receivedBytes) },
  {
    title: 'Double',
    numeric: true,
    cell: ({ duplicates }) => grouped(duplicates),
    attributes: ({ duplicates }) => ({ 'data-zero': duplicates === 0 }),
  },
  {
    title: 'Rejected',
    numeric: true,
    cell: ({ rejected }) => grouped(rejected),
    attributes: ({ rejected }) => ({ 'data-zero': rejected === 0 }),
  },
];

/** Who this node is connected to, and what comes in from whom, on which of the two carriers. */
export function GossipView() {
  const [topic, setTopic] = useState<string>();
  const [paused, setPaused] = useState(false);
  const [peerId, setPeerId] = useState<string>();
  const [messageId, setMessageId] = useState<string>();
  const { data: info } = useCall('admin_nodeInfo', {});
  const { data: peers, error } = useCall('admin_peers', { limit: 500 }, { everyMs: 2_000 });
  const { data: topology } = useCall('gossip_topology', { ask: true }, { everyMs: 2_000 });
  const { data: state } = useCall('ibft_dumpConsensusState', {}, { everyMs: 2_000 });
  const { arrivals, fresh, skipped } = useArrivals(topic, paused);
  const rates = useMemo(
    () => ratesByPeer(arrivals, Date.parse(arrivals[0]?.at ?? '') || 0, RATE_WINDOW_MS),
    [arrivals],
  );
  const topics = useMemo(
    () => [...new Set(topology?.edges.flatMap(({ meshes }) => meshes))].sort(),
    [topology],
  );
  const reported = useMemo(() => reportedEdges(topology?.reports ?? []), [topology]);
  const messageColumns: readonly Column<Arrival>[] = [
    { title: 'Time', width: 'w-age', cell: ({ at }) => clockTime(at) },
    { title: 'Topic', cell: (one) => one.topic },
    { title: 'Carrier', cell: ({ carrier }) => <CarrierName carrier={carrier} /> },
    { title: 'From', cell: ({ from }) => <code>{shortened(from, 0, 6)}</code> },
    { title: 'Size', numeric: true, cell: (one) => bytes(one.bytes) },
    {
      title: 'Verdict',
      cell: ({ verdict }) => verdict,
      attributes: ({ verdict, reason, latencyMs }) => ({
        'data-verdict': verdict,
        title: reason ?? duration(latencyMs),
      }),
    },
    {
      title: 'Id',
      cell: (one) => (
        <button type="button" class="link" onClick={() => setMessageId(one.messageId)}>
          <code>{shortened(one.messageId, 6, 4)}</code>
        </button>
      ),
    },
  ];
  return (
    <>
      <div class="heading">
        <h1>Gossip</h1>
        <span class="dim">as {info?.name ?? 'this node'} sees it</span>
        <div class="heading-actions">
          <label>
            <span class="dim">Topic </span>
            <select
              value={topic ?? ''}
              onChange={({ currentTarget }) => setTopic(currentTarget.value || undefined)}
            >
              <option value="">all</option>
              {topics.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <button type="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
            {paused ? 'Go on' : 'Pause'}
          </button>
        </div>
      </div>
      {error !== undefined && <Failure error={error} />}
      <div class="columns wide-graph">
        <Panel title="Neighbours" note={<GraphKey />} class="graph-panel">
          <GossipGraph
            selfName={info?.name ?? '…'}
            peers={peers?.items ?? []}
            meshes={topology?.edges ?? []}
            reported={reported}
            validators={state?.validators ?? []}
            rates={rates}
            fresh={fresh}
            selected={peerId}
            onSelect={setPeerId}
          />
        </Panel>
        {messageId !== undefined ? (
          <MessageTrace messageId={messageId} onClose={() => setMessageId(undefined)} />
        ) : (
          <PeerDetails
            peer={peers?.items.find((peer) => peer.peerId === peerId)}
            rate={rates.get(peerId ?? '')}
          />
        )}
      </div>
      <Panel
        title="Messages"
        note={paused ? 'paused' : skipped > 0 ? `newest first, ${grouped(skipped)} left out` : 'newest first'}
      >
        <div class="scroll message-box">
          <Table
            columns={messageColumns}
            rows={arrivals.slice(0, SHOWN)}
            keyOf={(one) => `${one.messageId} ${one.from} ${one.carrier} ${one.counter} ${one.at}`}
            empty="Nothing has come in yet."
          />
        </div>
      </Panel>
      <Traffic />
    </>
  );
}

function CarrierName({ carrier }: { carrier: 'push' | 'relay' }) {
  return (
    <span class="carrier" data-carrier={carrier}>
      <i aria-hidden="true" />
      {carrier}
    </span>
  );
}

function GraphKey() {
  return (
    <span class="graph-key">
      <CarrierName carrier="push" />
      <CarrierName carrier="relay" />
      <span class="carrier" data-carrier="reported" title="solid if both ends say so, dotted if one does">
        <i aria-hidden="true" />
        reported by peers
      </span>
      <span>✕ validator away</span>
    </span>
  );
}

/** What went to and fro since the node started, by topic and carrier. */
function Traffic() {
  const { data } = useCall('gossip_stats', {}, { everyMs: 2_000 });
  const topics = data?.topics.filter(
    ({ sentMessages, receivedMessages }) => sentMessages + receivedMessages > 0,
  );
  return (
    <Panel title="Traffic since the start">
      <div class="scroll message-box">
        <Table
          columns={TRAFFIC_COLUMNS}
          rows={topics}
          keyOf={({ topic, carrier }) => `${topic} ${carrier}`}
        />
      </div>
    </Panel>
  );
}
