import { useEffect, useState } from 'preact/hooks';
import { age, clockTime, shortened } from '../format.ts';
import { useNode } from '../live/node.ts';
import { useCall } from '../live/use-call.ts';
import { useNow } from '../live/use-now.ts';
import { Failure } from '../parts/failure.tsx';
import { Fields } from '../parts/fields.tsx';
import { Name } from '../parts/names.tsx';
import { Empty, Panel } from '../parts/panel.tsx';

const HISTORY = 100;

/** Who is connected, who came and went and why, and how this node is reached. */
export function PeersView() {
  const now = useNow(1_000);
  const { data: peers, error } = useCall('admin_peers', { limit: 500 }, { everyMs: 1_500 });
  return (
    <>
      <h1>Peers</h1>
      {error !== undefined && <Failure error={error} />}
      <Panel title="Connected" note={peers && String(peers.total ?? peers.items.length)}>
        <div class="scroll peer-box">
          <table class="fixed">
            <thead>
              <tr>
                <th scope="col" class="w-name">
                  Peer
                </th>
                <th scope="col" class="w-status">
                  Role
                </th>
                <th scope="col" class="w-name">
                  Validator
                </th>
                <th scope="col" class="number w-height">
                  Height
                </th>
                <th scope="col" class="w-status">
                  Direction
                </th>
                <th scope="col" class="w-round">
                  Push
                </th>
                <th scope="col">Address</th>
                <th scope="col" class="number w-age">
                  For
                </th>
              </tr>
            </thead>
            <tbody>
              {peers?.items.map((peer) => (
                <tr key={peer.peerId}>
                  <td>
                    <Name text={peer.peerId} what="peer id" />
                  </td>
                  <td>{peer.role ?? '–'}</td>
                  <td>{peer.validator === null ? '–' : <Name text={peer.validator} what="validator" />}</td>
                  <td class="number">{peer.height ?? '–'}</td>
                  <td>{peer.direction}</td>
                  <td>{peer.push ? 'yes' : 'no'}</td>
                  <td title={peer.address}>
                    <code>{peer.address.replace(/\/p2p\/.*$/, '')}</code>
                  </td>
                  <td class="number">{age(now - Date.parse(peer.connectedAt))}</td>
                </tr>
              ))}
            </tbody>
          </table>
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
        {data?.items.length === 0 && <Empty>Nobody yet.</Empty>}
        <table class="fixed">
          <thead>
            <tr>
              <th scope="col" class="w-age">
                At
              </th>
              <th scope="col" class="w-ledger">
                What
              </th>
              <th scope="col" class="w-status">
                Peer
              </th>
              <th scope="col">Reason</th>
            </tr>
          </thead>
          <tbody>
            {data?.items.map((event) => (
              <tr key={`${event.at} ${event.peerId} ${event.kind}`}>
                <td>{clockTime(event.at)}</td>
                <td class={event.kind === 'connected' ? undefined : 'bad'}>{event.kind}</td>
                <td>
                  <code title={event.peerId}>{shortened(event.peerId, 0, 6)}</code>
                </td>
                <td title={event.reason ?? undefined}>{event.reason ?? '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
