import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY } from 'd3-force';

export interface Placed {
  readonly id: string;
  readonly x: number;
  readonly y: number;
}

/** The area that the graph is laid out for; the page scales it. */
export const GRAPH = { width: 640, height: 400, margin: 34 } as const;

interface MovingNode {
  id: string;
  x?: number;
  y?: number;
}

const STEPS = 300;
/** Who has no edges is pushed away by all others, and would leave them little room without a pull to the middle. */
const GRAVITY = 0.2;

/**
 * Where the nodes of a graph stand: pulled together by edges and pushed apart by nearness, computed to its end, so that
 * nothing moves while one looks. Equal ids and edges give equal places, within the area.
 */
export function layOut(
  ids: readonly string[],
  edges: readonly (readonly [string, string])[],
): ReadonlyMap<string, Placed> {
  const nodes: MovingNode[] = ids.map((id) => ({ id }));
  const simulation = forceSimulation(nodes)
    .force('charge', forceManyBody().strength(-420))
    .force('collide', forceCollide(30))
    .force('x', forceX(GRAPH.width / 2).strength(GRAVITY))
    .force('y', forceY(GRAPH.height / 2).strength(GRAVITY))
    .force(
      'link',
      forceLink<MovingNode, { source: string; target: string }>(
        edges.map(([source, target]) => ({ source, target })),
      )
        .id(({ id }) => id)
        .distance(120),
    )
    .stop();
  simulation.tick(STEPS);
  return fitted(nodes.map(({ id, x = 0, y = 0 }) => ({ id, x, y })));
}

/** Moved and scaled so that the whole area is used; one alone stands in its middle. */
function fitted(placed: readonly Placed[]): ReadonlyMap<string, Placed> {
  const xs = placed.map(({ x }) => x);
  const ys = placed.map(({ y }) => y);
  const scale = (values: readonly number[], length: number) => {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const room = length - 2 * GRAPH.margin;
    return (value: number) =>
      most - least < 1 ? length / 2 : GRAPH.margin + ((value - least) / (most - least)) * room;
  };
  const [toX, toY] = [scale(xs, GRAPH.width), scale(ys, GRAPH.height)];
  return new Map(placed.map(({ id, x, y }) => [id, { id, x: toX(x), y: toY(y) }]));
}
