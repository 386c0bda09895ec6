import type { MethodResult } from '../../rpc/schema/methods.ts';

type Report = MethodResult<'gossip_topology'>['reports'][number];

/** A connection between two other nodes, as one of them says, or both. */
export interface ReportedEdge {
  readonly ends: readonly [string, string];
  readonly isMutual: boolean;
}

/** Each connection once, whoever reports it. */
export function reportedEdges(reports: readonly Pick<Report, 'by' | 'to'>[]): ReportedEdge[] {
  const edges = new Map<string, ReportedEdge>();
  for (const { by, to } of reports)
    for (const { peerId } of to) {
      const ends: [string, string] = by.peerId < peerId ? [by.peerId, peerId] : [peerId, by.peerId];
      const key = ends.join(' ');
      edges.set(key, { ends, isMutual: edges.has(key) });
    }
  return [...edges.values()];
}
