import assert from 'node:assert/strict';
import {
  createPeerScoreParams,
  createTopicScoreParams,
  PeerScore,
  type PeerScoreParams,
} from '@chainsafe/libp2p-gossipsub/score';
import fc from 'fast-check';
import { peerScore, scoreParams, unweightedParts } from '../../../src/network/gossip-scores.ts';
import type { Topic } from '../../../src/types/network.ts';

const TOPIC_OF: ReadonlyMap<string, Topic> = new Map([
  ['/metanode/0011/tx/1', 'tx'],
  ['/metanode/0011/vote/1', 'vote'],
]);
const PEER = 'peer';
const IP = '203.0.113.7';

/** The real scores of gossipsub, with what one peer did, `neighbours` of it at the same address. */
function scoresOf(params: PeerScoreParams, deeds: Deeds, neighbours: number): PeerScore {
  const log = Object.assign(() => undefined, { error() {}, trace() {}, newScope: () => log, enabled: false });
  const scores = new PeerScore(
    params,
    null,
    { forComponent: () => log as never },
    { scoreCacheValidityMs: 0 },
  );
  for (const id of [PEER, ...Array.from({ length: neighbours }, (_, k) => `neighbour ${k}`)]) {
    scores.addPeer(id);
    scores.addIP(id, IP);
  }
  const stats = scores.peerStats.get(PEER);
  assert.ok(stats);
  stats.behaviourPenalty = deeds.behaviourPenalty;
  for (const [name] of TOPIC_OF) stats.topics[name] = { ...deeds.topic, graftTime: 0 };
  return scores;
}

const amount = fc.double({ min: 0, max: 200, noNaN: true });
const deeds = fc.record({
  behaviourPenalty: amount,
  topic: fc.record({
    inMesh: fc.boolean(),
    meshTime: fc.integer({ min: 0, max: 10_000_000 }),
    firstMessageDeliveries: amount,
    meshMessageDeliveries: amount,
    meshMessageDeliveriesActive: fc.boolean(),
    meshFailurePenalty: amount,
    invalidMessageDeliveries: amount,
  }),
});
type Deeds = typeof deeds extends fc.Arbitrary<infer Value> ? Value : never;

/** All parts weigh something. */
const HEAVY = createPeerScoreParams({
  topics: Object.fromEntries([...TOPIC_OF.keys()].map((name) => [name, createTopicScoreParams()])),
  appSpecificScore: () => 3,
  appSpecificWeight: 2,
  behaviourPenaltyThreshold: 1,
});
const ours = (loopbackTestnet: boolean) =>
  createPeerScoreParams(scoreParams([...TOPIC_OF.keys()], { loopbackTestnet }));

describe('the parts of a peer score', () => {
  it('add up to the score of gossipsub itself, whatever the peer did', () => {
    for (const params of [HEAVY, ours(true), ours(false)])
      fc.assert(
        fc.property(deeds, fc.integer({ min: 0, max: 30 }), (done, neighbours) => {
          const scores = scoresOf(params, done, neighbours);
          const { total, topicsTotal, application, ipColocation, behaviourPenalty } = peerScore(
            scores,
            TOPIC_OF,
            PEER,
          );
          const sum = topicsTotal + application + ipColocation + behaviourPenalty;
          assert.ok(Math.abs(total - sum) <= 1e-6 * Math.max(1, Math.abs(total)), `${total} is not ${sum}`);
        }),
        { numRuns: 100 },
      );
  });

  it('are those of the topic that they were earned on', () => {
    const idle = { inMesh: false, meshTime: 0, firstMessageDeliveries: 0, meshMessageDeliveries: 0 };
    const topic = {
      ...idle,
      meshMessageDeliveriesActive: false,
      meshFailurePenalty: 4,
      invalidMessageDeliveries: 0,
    };
    const scores = scoresOf(HEAVY, { behaviourPenalty: 3, topic }, 11);
    const vote = scores.peerStats.get(PEER)?.topics['/metanode/0011/vote/1'];
    assert.ok(vote);
    Object.assign(vote, { inMesh: true, meshMessageDeliveriesActive: true, meshMessageDeliveries: 18 });
    Object.assign(vote, { invalidMessageDeliveries: 3 });
    const { topics, ...whole } = peerScore(scores, TOPIC_OF, PEER);
    const nothing = { timeInMesh: 0, firstDeliveries: 0, deliveryDeficit: 0, meshFailures: -2 };
    assert.deepEqual(topics, [
      { topic: 'tx', inMesh: false, ...nothing, invalidMessages: 0 },
      { topic: 'vote', inMesh: true, ...nothing, deliveryDeficit: -2, invalidMessages: -4.5 },
    ]);
    assert.deepEqual(whole, {
      total: -64.5,
      topicsTotal: -10.5,
      application: 6,
      ipColocation: -20,
      behaviourPenalty: -40,
    });
  });

  it('of a peer that is not known are nothing', () => {
    const scores = new Map();
    const state = { params: HEAVY, peerStats: scores, peerIPs: new Map() as never, score: () => 0 };
    assert.deepEqual(peerScore(state, TOPIC_OF, PEER), {
      ...{ total: 0, topics: [], topicsTotal: 0, application: 0, ipColocation: 0, behaviourPenalty: 0 },
    });
  });

  it('that weigh nothing are named, and no others', () => {
    const names = (params: PeerScoreParams) => unweightedParts(params).map(({ name }) => name);
    assert.deepEqual(names(HEAVY), []);
    assert.deepEqual(names(ours(false)), ['P3', 'P3b', 'P5']);
    assert.deepEqual(names(ours(true)), ['P3', 'P3b', 'P5', 'P6']);
    assert.ok(unweightedParts(ours(true)).every(({ reason }) => reason.length > 20));
  });
});
