import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { MethodResult } from '../../rpc/schema/methods.ts';
import { shortened } from '../format.ts';
import { type Arrival, type PeerRate, sampled } from '../live/arrivals.ts';
import { GRAPH, layOut, type Placed } from '../live/graph-layout.ts';
import type { ReportedEdge } from '../live/reported-edges.ts';

type Peer = MethodResult<'admin_peers'>['items'][number];
type Edge = MethodResult<'gossip_topology'>['edges'][number];
type ValidatorState = MethodResult<'ibft_dumpConsensusState'>['validators'][number];

interface GossipGraphProps {
  readonly selfName: string;
  readonly peers: readonly Peer[];
  readonly meshes: readonly Edge[];
  readonly reported: readonly ReportedEdge[];
  readonly validators: readonly ValidatorState[];
  readonly rates: ReadonlyMap<string, PeerRate>;
  readonly fresh: readonly Arrival[];
  readonly selected: string | undefined;
  readonly onSelect: (peerId: string) => void;
}

const SELF = 'self';
const NODE_RADIUS = 13;
const PULSE_MS = 650;
/** Messages that are drawn of what comes in a quarter of a second. */
const MAX_PULSES = 12;

/**
 * The node and its neighbours: solid edges for push streams, dashed ones for the mesh, a pulse for each message. Thin
 * edges between neighbours are what these report of themselves.
 */
export function GossipGraph(props: GossipGraphProps) {
  const { selfName, peers, meshes, reported, validators, rates, fresh, selected, onSelect } = props;
  const missing = validators.filter(({ state }) => state === 'disconnected' || state === 'never_seen');
  const ids = [SELF, ...peers.map(({ peerId }) => peerId), ...missing.map(({ validator }) => validator)];
  const connected = peers.map(({ peerId }) => peerId).sort();
  const places = useMemo(
    () =>
      layOut(
        [...new Set(ids)].sort(),
        connected.map((peerId) => [SELF, peerId]),
      ),
    [[...ids].sort().join(), connected.join()],
  );
  const self = places.get(SELF) as Placed;
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no fieldset
    <svg
      class="graph"
      viewBox={`0 0 ${GRAPH.width} ${GRAPH.height}`}
      role="group"
      aria-label="Peers of this node"
    >
      <g>
        {reported.map(({ ends: [one, other], isMutual }) => {
          const [from, to] = [places.get(one), places.get(other)];
          if (from === undefined || to === undefined) return undefined;
          return (
            <line
              key={`${one} ${other}`}
              class="edge reported"
              data-mutual={isMutual}
              {...between(from, to, 0)}
            />
          );
        })}
      </g>
      <g>
        {peers.map(({ peerId, push }) => {
          const at = places.get(peerId);
          const inMesh = (meshes.find(({ to }) => to === peerId)?.meshes.length ?? 0) > 0;
          return (
            at !== undefined && (
              <g key={peerId}>
                {inMesh && <line class="edge relay" {...between(self, at, 5)} />}
                {push && <line class="edge push" {...between(self, at, 0)} />}
              </g>
            )
          );
        })}
      </g>
      <Pulses fresh={fresh} places={places} />
      {missing.map(({ validator, state }) => {
        const at = places.get(validator);
        return (
          at !== undefined && (
            <g key={validator} class="graph-node away" transform={`translate(${at.x} ${at.y})`}>
              <title>{`${validator}: ${state}`}</title>
              <circle r={NODE_RADIUS} />
              <path d="M-5-5 5 5M5-5-5 5" />
              <text y={NODE_RADIUS + 13}>{shortened(validator, 0, 6)}</text>
            </g>
          )
        );
      })}
      {peers.map((peer) => {
        const at = places.get(peer.peerId);
        const rate = rates.get(peer.peerId);
        const name = `Peer ${shortened(peer.peerId, 0, 6)}, ${peer.role ?? 'unknown role'}, ${
          peer.push ? 'push stream' : 'no push stream'
        }`;
        return (
          at !== undefined && (
            // biome-ignore lint/a11y/useSemanticElements: SVG has no button
            <g
              key={peer.peerId}
              class="graph-node"
              data-role={peer.role ?? 'unknown'}
              role="button"
              tabindex={0}
              aria-label={name}
              aria-pressed={selected === peer.peerId}
              transform={`translate(${at.x} ${at.y})`}
              onClick={() => onSelect(peer.peerId)}
              onKeyDown={(event) => {
                if (event.key !== 'Enter' && event.key !== ' ') return;
                event.preventDefault();
                onSelect(peer.peerId);
              }}
            >
              <title>{peer.peerId}</title>
              <circle r={NODE_RADIUS} />
              <text y={NODE_RADIUS + 13}>{shortened(peer.peerId, 0, 6)}</text>
              <text class="rate" y={4}>
                {rate === undefined ? '' : Math.round(rate.push + rate.relay)}
              </text>
            </g>
          )
        );
      })}
      <g class="graph-node own" transform={`translate(${self.x} ${self.y})`}>
        <title>this node</title>
        <circle r={NODE_RADIUS + 4} />
        <text class="rate" y={4}>
          {selfName}
        </text>
      </g>
    </svg>
  );
}

/** The ends of a line from one node to another, moved aside by so much. */
function between(from: Placed, to: Placed, aside: number) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const [dx, dy] = [(-(to.y - from.y) / length) * aside, ((to.x - from.x) / length) * aside];
  return { x1: from.x + dx, y1: from.y + dy, x2: to.x + dx, y2: to.y + dy };
}

/** A dot runs along the edge of each message that has just come in, unless the reader wants no motion. */
function Pulses({ fresh, places }: { fresh: readonly Arrival[]; places: ReadonlyMap<string, Placed> }) {
  const group = useRef<SVGGElement>(null);
  useEffect(() => {
    const element = group.current;
    const self = places.get(SELF);
    if (element === null || self === undefined) return;
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    for (const { from, carrier, topic } of sampled(fresh, MAX_PULSES)) {
      const start = places.get(from);
      if (start !== undefined) runPulse(element, start, self, carrier, topic);
    }
  }, [fresh, places]);
  return <g ref={group} />;
}

function runPulse(group: SVGGElement, from: Placed, to: Placed, carrier: string, topic: string): void {
  const pulse = document.createElementNS(
    'http://www.w3.org/2000/svg',
    carrier === 'push' ? 'circle' : 'rect',
  );
  pulse.setAttribute('class', 'pulse');
  pulse.dataset.carrier = carrier;
  pulse.dataset.topic = topic;
  group.append(pulse);
  const at = ({ x, y }: Placed) => ({ transform: `translate(${x}px, ${y}px)` });
  const run = pulse.animate([at(from), at(to)], {
    duration: PULSE_MS,
    delay: Math.random() * PULSE_MS,
    easing: 'ease-in-out',
    fill: 'backwards',
  });
  run.onfinish = () => pulse.remove();
  run.oncancel = () => pulse.remove();
}
