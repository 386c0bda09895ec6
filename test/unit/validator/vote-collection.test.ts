import assert from 'node:assert/strict';
import type { OwnMessage } from '../../../src/consensus/contract.ts';
import type { SignedVote } from '../../../src/types/consensus-message.ts';
import { utf8 } from '../../../src/util/bytes.ts';
import { VoteCollection } from '../../../src/validator/vote-collection.ts';
import { hashNumber } from '../../support/blocks.ts';
import { waitFor } from '../../support/wait-for.ts';

const BLOCK = hashNumber(1);
const QUORUM = 3;
const COLLECTORS = ['c', 'd', 'e'];

interface Sent {
  readonly way: 'everyone' | 'passed on' | string;
  readonly bytes: Uint8Array;
}

class Way {
  readonly sent: Sent[] = [];
  isLinked = true;

  readonly network = {
    publish: (_topic: string, bytes: Uint8Array) => void this.sent.push({ way: 'everyone', bytes }),
    forward: (_topic: string, bytes: Uint8Array) => void this.sent.push({ way: 'passed on', bytes }),
    sendTo: (to: string, _topic: string, bytes: Uint8Array) => {
      if (this.isLinked) this.sent.push({ way: to, bytes });
      return this.isLinked;
    },
  };

  get ways(): string[] {
    return this.sent.map(({ way }) => way);
  }
}

function vote(
  kind: 'prepare' | 'commit',
  signer: string,
  place: { height?: number; round?: number; blockHash?: string } = {},
): OwnMessage {
  const body = { height: 5, round: 0, blockHash: BLOCK, ...place };
  const signed: SignedVote = { body, signer, signature: '' };
  return kind === 'prepare' ? { kind, prepare: signed } : { kind, commit: signed };
}

function proposalOf(round: number): OwnMessage {
  const body = { height: 5, round };
  return { kind: 'proposal', proposal: { body, signer: COLLECTORS[round] } } as unknown as OwnMessage;
}

describe('votes of a large set', () => {
  let way: Way;
  let collection: VoteCollection;

  function collectionOf(self: string, collector: 'c' | 'nobody' = 'c'): VoteCollection {
    way = new Way();
    collection = new VoteCollection(way.network, self);
    collection.startHeight({
      height: 5,
      collectorOf: (round) => (collector === 'nobody' ? undefined : COLLECTORS[round]),
      quorum: QUORUM,
    });
    return collection;
  }

  afterEach(() => collection.stop());

  it('go to the collector of their round only', () => {
    const votes = collectionOf('a');
    for (const round of [0, 1]) {
      assert.ok(votes.send(vote('prepare', 'a', { round }), utf8('p')));
      assert.ok(votes.send(vote('commit', 'a', { round }), utf8('c')));
    }
    assert.deepEqual(way.ways, ['c', 'c', 'd', 'd']);
  });

  it('are left to be sent to all when their round is over, in small sets, and where no link leads to the collector', () => {
    const later = collectionOf('a');
    assert.ok(later.send(vote('prepare', 'a', { round: 1 }), utf8('p1')));
    assert.equal(later.send(vote('prepare', 'a'), utf8('p0')), false);
    way.sent.length = 0;
    assert.equal(collectionOf('a', 'nobody').send(vote('prepare', 'a'), utf8('p')), false);
    const unlinked = collectionOf('a');
    way.isLinked = false;
    assert.equal(unlinked.send(vote('prepare', 'a'), utf8('p')), false);
    assert.deepEqual(way.sent, []);
  });

  it('are passed on once a quorum for one block is there, the own one among them, and no later ones', () => {
    const votes = collectionOf('c');
    assert.ok(votes.send(vote('prepare', 'c'), utf8('own')));
    votes.heard(vote('prepare', 'a'), utf8('a'));
    votes.heard(vote('prepare', 'a'), utf8('a'));
    votes.heard(vote('prepare', 'x', { blockHash: hashNumber(2) }), utf8('another block'));
    assert.deepEqual(way.sent, []);
    votes.heard(vote('prepare', 'b'), utf8('b'));
    const quorum = ['own', 'a', 'b'].map((text) => ({ way: 'passed on', bytes: utf8(text) }));
    assert.deepEqual(way.sent, quorum);
    votes.heard(vote('prepare', 'd'), utf8('d'));
    assert.deepEqual(way.sent, quorum);
    votes.heard(vote('commit', 'a'), utf8('a2'));
    votes.heard(vote('commit', 'b'), utf8('b2'));
    votes.heard(vote('commit', 'd'), utf8('d2'));
    assert.equal(way.sent.length, 2 * QUORUM, 'each step by itself');
  });

  it('count once for each signer, however many blocks it votes for', () => {
    const votes = collectionOf('c');
    for (const n of [2, 3, 4]) votes.heard(vote('prepare', 'x', { blockHash: hashNumber(n) }), utf8(`x${n}`));
    for (const signer of ['c', 'a', 'x']) votes.heard(vote('prepare', signer), utf8(signer));
    assert.deepEqual(way.sent, []);
    votes.heard(vote('prepare', 'b'), utf8('b'));
    assert.deepEqual(
      way.sent,
      ['c', 'a', 'b'].map((text) => ({ way: 'passed on', bytes: utf8(text) })),
    );
  });

  it('of another height or round are not collected, nor by anyone but the collector', () => {
    for (const place of [{ height: 4 }, { height: 6 }, { round: 1 }, { round: 3 }]) {
      const votes = collectionOf('c');
      for (const signer of ['a', 'b', 'd', 'e']) votes.heard(vote('prepare', signer, place), utf8(signer));
      assert.deepEqual(way.sent, []);
    }
    const bystander = collectionOf('a');
    for (const signer of ['b', 'd', 'e']) bystander.heard(vote('prepare', signer), utf8(signer));
    assert.deepEqual(way.sent, []);
  });

  it('of a later round are collected by who has proposed in it', () => {
    const votes = collectionOf('d');
    const early = vote('prepare', 'a', { round: 1 });
    votes.heard(early, utf8('before it has proposed'));
    assert.equal(votes.send(proposalOf(1), utf8('proposal')), false, 'a proposal goes to all');
    for (const signer of ['a', 'b', 'c']) votes.heard(vote('prepare', signer, { round: 1 }), utf8(signer));
    assert.deepEqual(
      way.sent,
      ['a', 'b', 'c'].map((text) => ({ way: 'passed on', bytes: utf8(text) })),
    );
  });

  it('are not sent again to all while the collector has them', () => {
    const votes = collectionOf('a');
    const [prepare, commit] = [vote('prepare', 'a'), vote('commit', 'a')];
    assert.deepEqual(votes.dueAgain([prepare]), [prepare]);
    votes.send(prepare, utf8('p'));
    assert.deepEqual(votes.dueAgain([prepare, commit]), [commit]);
  });

  it('are sent again on every occasion in round 0, on fewer in later rounds, and at once in a new life', () => {
    for (const [round, due] of [
      [0, [0, 1, 2, 3, 4, 5, 6, 7]],
      [1, [0, 2, 4, 6]],
      [2, [0, 4]],
      [9, [0, 4]],
    ] as const) {
      const votes = collectionOf('a', 'nobody');
      const own = vote('prepare', 'a', { round });
      const occasions = Array.from({ length: 8 }, (_, occasion) => occasion);
      assert.deepEqual(
        occasions.filter(() => votes.dueAgain([own]).length > 0),
        due,
        `round ${round}`,
      );
    }
  });

  it('go to the next collector as well when their step does not end in time, then to all, and so do later ones of the round', async () => {
    const votes = collectionOf('a');
    votes.send(vote('prepare', 'a'), utf8('p'));
    await waitFor('the next collector has the own vote', () => way.ways.includes('d'));
    assert.ok(votes.send(vote('commit', 'a'), utf8('c')));
    assert.deepEqual(way.ways, ['c', 'd', 'c', 'd']);
    assert.deepEqual(votes.dueAgain([vote('prepare', 'a'), vote('commit', 'a')]), []);
    await waitFor('the own votes go to all', () => way.ways.filter((to) => to === 'everyone').length === 2);
    assert.deepEqual(
      way.sent.slice(-2).map(({ bytes }) => bytes),
      [utf8('p'), utf8('c')],
    );
    assert.equal(votes.dueAgain([vote('prepare', 'a')]).length, 1);
    assert.equal(votes.send(vote('commit', 'a'), utf8('c')), false, 'the collectors had their chance');
    assert.ok(votes.send(vote('prepare', 'a', { round: 1 }), utf8('p1')), 'the next one has not had it yet');
    assert.equal(way.ways.at(-1), 'd');
    votes.startHeight({ height: 6, collectorOf: () => 'e', quorum: QUORUM });
    assert.ok(votes.send(vote('prepare', 'a', { height: 6 }), utf8('p6')), 'the next one has its own');
    assert.equal(way.ways.at(-1), 'e');
  });

  it('are passed on by the next collector only when it has given up the first one, and then also earlier ones', async () => {
    const votes = collectionOf('d');
    votes.heard(vote('prepare', 'a'), utf8('a'));
    votes.heard(vote('prepare', 'b'), utf8('b'));
    votes.heard(vote('prepare', 'e'), utf8('e'));
    assert.deepEqual(way.sent, []);
    assert.ok(votes.send(vote('prepare', 'd'), utf8('own')));
    assert.deepEqual(way.ways, ['c']);
    await waitFor('a quorum is passed on', () => way.ways.includes('passed on'));
    assert.deepEqual(
      way.sent.slice(1),
      ['a', 'b', 'e', 'own'].map((text) => ({ way: 'passed on', bytes: utf8(text) })),
    );
    for (const signer of ['a', 'b', 'e']) votes.heard(vote('commit', signer), utf8(signer));
    assert.equal(way.sent.length, 1 + 4 + QUORUM, 'the next step at once');
  });

  it('go to all when no link leads to the next collector', async () => {
    const votes = collectionOf('a');
    votes.send(vote('prepare', 'a'), utf8('p'));
    way.isLinked = false;
    await waitFor('the own vote goes to all', () => way.ways.includes('everyone'));
    assert.deepEqual(way.ways, ['c', 'everyone']);
  });

  it('are collected by nobody in a small set, least of all by who only follows', () => {
    way = new Way();
    const follower = new VoteCollection(way.network, undefined);
    follower.startHeight({ height: 5, collectorOf: () => undefined, quorum: QUORUM });
    for (const signer of ['a', 'b', 'c']) follower.heard(vote('prepare', signer), utf8(signer));
    assert.deepEqual(way.sent, []);
    follower.stop();
  });
});
