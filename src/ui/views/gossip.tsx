import { useMemo, useState } from 'preact/hooks';
import { bytes, clockTime, duration, grouped, shortened } from '../format.ts';
import { ratesByPeer } from '../live/arrivals.ts';
import { useArrivals } from '../live/use-arrivals.ts';
import { useCall } from '../live/use-call.ts';
import { Failure } from '../parts/failure.tsx';
import { MessageTrace, PeerDetails } from '../parts/gossip-details.tsx';
import { GossipGraph } from '../parts/gossip-graph.tsx';
import { Empty, Panel } from '../parts/panel.tsx';

const RATE_WINDOW_MS = 5_000;
const SHOWN = 60;

/** Who this node is connected to, and what comes in from whom, on which of the two carriers. */
export function GossipView() {
  const [topic, setTopic] = useState<string>();
  const [paused, setPaused] = useState(false);
  const [peerId, setPeerId] = useState<string>();
  const [messageId, setMessageId] = useState<string>();
  const { data: info } = useCall('admin_nodeInfo', {});
  const { data: peers, error } = useCall('admin_peers', { limit: 500 }, { everyMs: 2_000 });
  const { data: topology } = useCall('gossip_topology', {}, { everyMs: 2_000 });
  const { data: state } = useCall('ibft_dumpConsensusState', {}, { everyMs: 2_000 });
  const { arrivals, fresh } = useArrivals(topic, paused);
  const rates = useMemo(
    () => ratesByPeer(arrivals, Date.parse(arrivals[0]?.at ?? '') || 0, RATE_WINDOW_MS),
    [arrivals],
  );
  const topics = useMemo(
    () => [...new Set(topology?.edges.flatMap(({ meshes }) => meshes))].sort(),
    [topology],
  );
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
      <div class="columns">
        <Panel title="Messages" note={paused ? 'paused' : 'newest first'}>
          <div class="scroll message-box">
            {arrivals.length === 0 && <Empty>Nothing has come in yet.</Empty>}
            <table class="fixed">
              <thead>
                <tr>
                  <th scope="col" class="w-age">
                    Time
                  </th>
                  <th scope="col">Topic</th>
                  <th scope="col">Carrier</th>
                  <th scope="col">From</th>
                  <th scope="col" class="number">
                    Size
                  </th>
                  <th scope="col">Verdict</th>
                  <th scope="col">Id</th>
                </tr>
              </thead>
              <tbody>
                {arrivals.slice(0, SHOWN).map((one) => (
                  <tr key={`${one.messageId} ${one.from} ${one.carrier} ${one.counter} ${one.at}`}>
                    <td>{clockTime(one.at)}</td>
                    <td>{one.topic}</td>
                    <td>
                      <CarrierName carrier={one.carrier} />
                    </td>
                    <td>
                      <code>{shortened(one.from, 0, 6)}</code>
                    </td>
                    <td class="number">{bytes(one.bytes)}</td>
                    <td data-verdict={one.verdict} title={one.reason ?? duration(one.latencyMs)}>
                      {one.verdict}
                    </td>
                    <td>
                      <button type="button" class="link" onClick={() => setMessageId(one.messageId)}>
                        <code>{shortened(one.messageId, 6, 4)}</code>
                      </button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Panel>
        <Traffic />
      </div>
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
        <table class="fixed">
          <thead>
            <tr>
              <th scope="col">Topic</th>
              <th scope="col">Carrier</th>
              <th scope="col" class="number">
                Sent
              </th>
              <th scope="col" class="number">
                Received
              </th>
              <th scope="col" class="number">
                Bytes in
              </th>
              <th scope="col" class="number">
                Double
              </th>
              <th scope="col" class="number">
                Rejected
              </th>
            </tr>
          </thead>
          <tbody>
            {topics?.map((one) => (
              <tr key={`${one.topic} ${one.carrier}`}>
                <th scope="row">{one.topic}</th>
                <td>
                  <CarrierName carrier={one.carrier} />
                </td>
                <td class="number">{grouped(one.sentMessages)}</td>
                <td class="number">{grouped(one.receivedMessages)}</td>
                <td class="number">{bytes(one.receivedBytes)}</td>
                <td class="number" data-zero={one.duplicates === 0}>
                  {grouped(one.duplicates)}
                </td>
                <td class="number" data-zero={one.rejected === 0}>
                  {grouped(one.rejected)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
