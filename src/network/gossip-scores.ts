import type {
  PeerScore as GossipsubScores,
  PeerScoreParams,
  TopicScoreParams,
} from '@chainsafe/libp2p-gossipsub/score';
import type { Topic } from '../types/network.ts';
import type { PeerScore, TopicScore, UnweightedPart } from './statistics.ts';

/** What gossipsub keeps to score its peers; no part of its published interface. */
export type ScoreState = Pick<GossipsubScores, 'params' | 'peerStats' | 'peerIPs' | 'score'>;

type PeerDeeds = NonNullable<ReturnType<ScoreState['peerStats']['get']>>;
type TopicDeeds = PeerDeeds['topics'][string];

const TOPIC_SCORE: TopicScoreParams = {
  topicWeight: 1,
  timeInMeshWeight: 0.01,
  timeInMeshQuantum: 1000,
  timeInMeshCap: 3600,
  firstMessageDeliveriesWeight: 0.1,
  firstMessageDeliveriesDecay: 0.9,
  firstMessageDeliveriesCap: 100,
  meshMessageDeliveriesWeight: 0,
  meshMessageDeliveriesDecay: 0.5,
  meshMessageDeliveriesCap: 1,
  meshMessageDeliveriesThreshold: 0.5,
  meshMessageDeliveriesWindow: 10,
  meshMessageDeliveriesActivation: 1000,
  meshFailurePenaltyWeight: 0,
  meshFailurePenaltyDecay: 0.5,
  invalidMessageDeliveriesWeight: -20,
  invalidMessageDeliveriesDecay: 0.9,
};

/**
 * How peers are scored: invalid messages (P4) and breaches of protocol (P7) cost, time in the mesh (P1) and first
 * deliveries (P2) give a little. Why the others weigh nothing stands in `unweightedParts`.
 */
export function scoreParams(
  topics: readonly string[],
  { loopbackTestnet }: { readonly loopbackTestnet: boolean },
): Partial<PeerScoreParams> {
  return {
    topics: Object.fromEntries(topics.map((topic) => [topic, TOPIC_SCORE])),
    appSpecificWeight: 0,
    ...(loopbackTestnet ? { IPColocationFactorWeight: 0 } : {}),
  };
}

/** The parts whose weight is 0, each with the reason. */
export function unweightedParts(params: PeerScoreParams): UnweightedPart[] {
  const topics = Object.values(params.topics);
  const parts: (UnweightedPart & { readonly weighs: boolean })[] = [
    {
      name: 'P3',
      field: 'deliveryDeficit',
      reason: 'most messages come by push, so a mesh peer that delivers none by gossip is healthy',
      weighs: topics.some(({ meshMessageDeliveriesWeight }) => meshMessageDeliveriesWeight !== 0),
    },
    {
      name: 'P3b',
      field: 'meshFailures',
      reason: 'it keeps the delivery deficit of who left the mesh, which weighs nothing',
      weighs: topics.some(({ meshFailurePenaltyWeight }) => meshFailurePenaltyWeight !== 0),
    },
    {
      name: 'P5',
      field: 'application',
      reason: 'nothing but gossip counts: who may be a peer at all is decided at the handshake',
      weighs: params.appSpecificWeight !== 0,
    },
    {
      name: 'P6',
      field: 'ipColocation',
      reason: 'on a loopback testnet all nodes share one address',
      weighs: params.IPColocationFactorWeight !== 0,
    },
  ];
  return parts.filter(({ weighs }) => !weighs).map(({ name, field, reason }) => ({ name, field, reason }));
}

/**
 * The score of a peer in its parts, each as gossipsub 17 adds it up, that is times its weight (libp2p specs,
 * pubsub/gossipsub/gossipsub-v1.1.md, "The Score Function"). `topicOf` names the topics.
 */
export function peerScore(state: ScoreState, topicOf: ReadonlyMap<string, Topic>, peerId: string): PeerScore {
  const { params } = state;
  const deeds = state.peerStats.get(peerId);
  const topics = [...topicOf].flatMap(([name, topic]) => {
    const topicParams = params.topics[name];
    const topicDeeds = deeds?.topics[name];
    return topicParams === undefined || topicDeeds === undefined
      ? []
      : [topicScore(topic, topicDeeds, topicParams)];
  });
  const sum = topics.reduce((total, topic) => total + topicTotal(topic), 0);
  return {
    total: state.score(peerId),
    topics,
    topicsTotal: params.topicScoreCap > 0 ? Math.min(sum, params.topicScoreCap) : sum,
    application: part(deeds === undefined ? 0 : params.appSpecificScore(peerId), params.appSpecificWeight),
    ipColocation: part(colocation(state, deeds), params.IPColocationFactorWeight),
    behaviourPenalty: part(
      excess(deeds?.behaviourPenalty ?? 0, params.behaviourPenaltyThreshold) ** 2,
      params.behaviourPenaltyWeight,
    ),
  };
}

function topicScore(topic: Topic, deeds: TopicDeeds, params: TopicScoreParams): TopicScore {
  const { inMesh, meshMessageDeliveriesActive } = deeds;
  const timeInMesh = inMesh ? Math.min(deeds.meshTime / params.timeInMeshQuantum, params.timeInMeshCap) : 0;
  const firstDeliveries = Math.min(deeds.firstMessageDeliveries, params.firstMessageDeliveriesCap);
  const deficit = meshMessageDeliveriesActive
    ? excess(params.meshMessageDeliveriesThreshold, deeds.meshMessageDeliveries)
    : 0;
  const weighted = (value: number, weight: number) => part(value, weight * params.topicWeight);
  return {
    topic,
    inMesh,
    timeInMesh: weighted(timeInMesh, params.timeInMeshWeight),
    firstDeliveries: weighted(firstDeliveries, params.firstMessageDeliveriesWeight),
    deliveryDeficit: weighted(deficit ** 2, params.meshMessageDeliveriesWeight),
    meshFailures: weighted(deeds.meshFailurePenalty, params.meshFailurePenaltyWeight),
    invalidMessages: weighted(deeds.invalidMessageDeliveries ** 2, params.invalidMessageDeliveriesWeight),
  };
}

function topicTotal(topic: TopicScore): number {
  const { timeInMesh, firstDeliveries, deliveryDeficit, meshFailures, invalidMessages } = topic;
  return timeInMesh + firstDeliveries + deliveryDeficit + meshFailures + invalidMessages;
}

/** How many peers too many share each of its addresses, squared and added up. */
function colocation({ params, peerIPs }: ScoreState, deeds: PeerDeeds | undefined): number {
  let sum = 0;
  for (const ip of deeds?.knownIPs ?? []) {
    if (params.IPColocationFactorWhitelist.has(ip)) continue;
    sum += excess(peerIPs.get(ip)?.size ?? 0, params.IPColocationFactorThreshold) ** 2;
  }
  return sum;
}

function excess(value: number, threshold: number): number {
  return Math.max(value - threshold, 0);
}

/** Without the negative zero that a penalty of nothing would be. */
function part(value: number, weight: number): number {
  return value === 0 || weight === 0 ? 0 : value * weight;
}
