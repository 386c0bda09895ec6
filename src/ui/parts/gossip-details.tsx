import type { MethodResult } from '../../rpc/schema/methods.ts';
import { bytes, clockTime, duration } from '../format.ts';
import type { PeerRate } from '../live/arrivals.ts';
import { useCall } from '../live/use-call.ts';
import { Failure } from './failure.tsx';
import { Fields } from './fields.tsx';
import { Name } from './names.tsx';
import { Empty, Panel } from './panel.tsx';

type Peer = MethodResult<'admin_peers'>['items'][number];

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
              : `${score.total.toFixed(2)}, penalty ${score.behaviourPenalty.toFixed(2)}`,
        }}
      />
      {score !== undefined && (
        <div class="scroll score-box">
          <table class="fixed">
            <thead>
              <tr>
                <th scope="col">Topic</th>
                <th scope="col">Mesh</th>
                <th scope="col" class="number">
                  First
                </th>
                <th scope="col" class="number">
                  Invalid
                </th>
              </tr>
            </thead>
            <tbody>
              {score.topics.map((one) => (
                <tr key={one.topic}>
                  <th scope="row">{one.topic}</th>
                  <td>{one.inMesh ? one.timeInMesh.toFixed(1) : 'no'}</td>
                  <td class="number">{one.firstDeliveries.toFixed(1)}</td>
                  <td class="number">{one.invalidMessages.toFixed(1)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

/** The way of one message: who brought it first, who again, on which carrier. */
export function MessageTrace({ messageId, onClose }: { messageId: string; onClose: () => void }) {
  const { data, error } = useCall('gossip_message', { messageId }, { everyMs: 2_000 });
  const firstMs = Date.parse(data?.arrivals[0]?.at ?? '');
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
        <table class="fixed">
          <thead>
            <tr>
              <th scope="col">After</th>
              <th scope="col">From</th>
              <th scope="col">Carrier</th>
              <th scope="col">Verdict</th>
            </tr>
          </thead>
          <tbody>
            {data?.arrivals.map((one) => (
              <tr key={`${one.from} ${one.carrier} ${one.at} ${one.counter}`}>
                <td>{duration(Date.parse(one.at) - firstMs)}</td>
                <td>
                  <code title={one.from}>…{one.from.slice(-6)}</code>
                </td>
                <td>{one.carrier}</td>
                <td data-verdict={one.verdict}>{one.verdict}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
