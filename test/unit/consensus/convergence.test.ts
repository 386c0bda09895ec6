import assert from 'node:assert/strict';
import { CoreHarness } from '../../support/consensus/core-harness.ts';
import { preparesOf } from '../../support/consensus/peer.ts';

describe('Consensus core, section F: skipping ahead and convergence', () => {
  it('F01 goes to the highest round that f + 1 validators reached, with one timer and one round change', () => {
    const h = new CoreHarness();
    h.work();
    assert.deepEqual(h.inject(h.peer(1).roundChange(5)), []);
    assert.deepEqual(h.inject(h.peer(2).roundChange(10)), [
      'timer round round 5 in 8000',
      'send round change 5',
    ]);
  });

  it('F03 does not move for one validator, however many rounds it claims', () => {
    const h = new CoreHarness();
    h.work();
    assert.deepEqual(h.inject(...[5, 6, 7].map((round) => h.peer(1).roundChange(round))), []);
    assert.equal(h.core.roundState().round, 0);
  });

  it('F03 keeps the highest round change of a validator when a lower one follows', () => {
    const h = new CoreHarness();
    h.work();
    assert.deepEqual(h.inject(h.peer(1).roundChange(7), h.peer(1).roundChange(3)), ['drop PAST_ROUND V1']);
    assert.deepEqual(h.inject(h.peer(2).roundChange(7))[1], 'send round change 7');
  });

  it('F04 takes the (f + 1)-th largest round of 21 validators, and follows as others move on', () => {
    const h = new CoreHarness({ n: 21, me: 20 });
    h.work();
    const rounds = [3, 3, 3, 9, 9, 9];
    assert.deepEqual(
      rounds.flatMap((round, i) => h.inject(h.peer(i).roundChange(round))),
      [],
    );
    assert.deepEqual(h.inject(h.peer(6).roundChange(2)), [
      'timer round round 2 in 4000',
      'send round change 2',
    ]);
    assert.deepEqual(h.inject(h.peer(6).roundChange(9)), [
      'timer round round 3 in 8000',
      'send round change 3',
    ]);
    h.inject(h.peer(0).roundChange(9), h.peer(1).roundChange(9), h.peer(2).roundChange(9));
    assert.equal(h.core.roundState().round, 9);
  });

  it('F06 does not move or grow for f validators that claim huge rounds', () => {
    const h = new CoreHarness({ n: 21, me: 20 });
    h.work();
    for (let i = 0; i < 6; i++)
      for (const round of [2 ** 31, 2 ** 31 + 1, 2 ** 32 - 2])
        assert.deepEqual(h.inject(h.peer(i).roundChange(round)), []);
    assert.equal(h.core.roundState().round, 0);
    assert.equal(h.core.roundState().roundChanges.length, 6);
  });

  it('F07 F09 pulls a restarted node up to rounds in the hundreds without waiting for its own time-outs', () => {
    const h = new CoreHarness();
    h.inject(h.peer(1).roundChange(1000), h.peer(2).roundChange(1003));
    assert.equal(h.core.roundState().round, 1000);
    const roundChanges = h.peers(0, 1, 2).map((peer) => peer.roundChange(1004));
    const block = h.block('B', 0);
    assert.deepEqual(h.inject(h.peer(0).proposal(1004, block, { roundChanges })), [
      'timer round round 1004 in 8000',
      'validate B',
      'send prepare 1004 B',
    ]);
  });

  it('F10 accepts a justified proposal of a future round: it enters the round, starts its timer and prepares', () => {
    const h = new CoreHarness();
    const roundChanges = h.peers(0, 1, 2).map((peer) => peer.roundChange(5));
    const message = h.peer(1).proposal(5, h.block('B', 1), { roundChanges });
    assert.deepEqual(h.inject(message), [
      'timer resend round 5 in 1000',
      'timer round round 5 in 8000',
      'validate B',
      'send prepare 5 B',
    ]);
  });

  it('F12 applies prepares and commits of a future round when its proposal comes', () => {
    const h = new CoreHarness();
    const block = h.block('B', 1);
    assert.deepEqual(h.inject(h.peer(0).prepare(5, block), h.peer(1).prepare(5, block)), []);
    const roundChanges = h.peers(0, 1, 2).map((peer) => peer.roundChange(5));
    const lines = h.inject(h.peer(1).proposal(5, block, { roundChanges }));
    assert.deepEqual(lines.slice(-2), ['send prepare 5 B', 'send commit 5 B (3 prepares)']);
  });

  it('F13 does not commit in a past round when its prepares complete late', () => {
    const h = new CoreHarness();
    const block = h.block('B');
    h.inject(h.peer(0).proposal(0, block));
    h.inject(h.peer(1).roundChange(5), h.peer(2).roundChange(5));
    assert.deepEqual(h.inject(...h.peers(0, 1, 2).map((peer) => peer.prepare(0, block))), [
      'drop PAST_ROUND V0',
      'drop PAST_ROUND V1',
      'drop PAST_ROUND V2',
    ]);
    assert.equal(h.core.roundState().preparedRound, undefined);
  });

  it('U12 has one round timer alive after quick changes of round', () => {
    const h = new CoreHarness();
    h.work();
    h.inject(h.peer(1).roundChange(1), h.peer(2).roundChange(1));
    const roundChanges = h.peers(0, 1, 2).map((peer) => peer.roundChange(2));
    h.inject(h.peer(2).proposal(2, h.block('B', 2), { roundChanges }));
    assert.deepEqual(h.timeout('round', 0), []);
    assert.deepEqual(h.timeout('round', 1), []);
    assert.equal(h.core.roundState().round, 2);
    assert.deepEqual(h.timeout('round', 2), ['timer round round 3 in 8000', 'send round change 3']);
  });

  it('F09 waits ahead of the others, then gives the quorum a whole round', () => {
    const h = new CoreHarness();
    h.work();
    h.endRounds(4);
    h.timeout('round');
    h.nowMs += 8000;
    assert.deepEqual(h.timeout('round', 5), [], 'two of the quorum are still a round below');
    assert.equal(h.core.roundState().roundEndsAtMs, undefined);
    assert.deepEqual(h.inject(h.peer(1).roundChange(5)), []);
    assert.deepEqual(h.inject(h.peer(2).roundChange(5)), ['timer round round 5 in 8000']);
    assert.deepEqual(h.timeout('round', 5), ['timer round round 6 in 8000', 'send round change 6']);
  });

  it('F09 does not run away from others that it does not hear, however long that takes', () => {
    const h = new CoreHarness();
    h.work();
    h.timeout('round');
    for (let i = 0; i < 100; i++) {
      h.nowMs += 8000;
      assert.deepEqual(h.timeout('round'), []);
      assert.deepEqual(h.timeout('resend'), ['resend round-change 1', 'timer resend round 1 in 1000']);
    }
    assert.deepEqual(h.inject(h.peer(0).roundChange(1)), []);
    assert.deepEqual(h.inject(h.peer(1).roundChange(1)), ['timer round round 1 in 2000']);
    assert.deepEqual(h.timeout('round'), ['timer round round 2 in 4000', 'send round change 2']);
  });

  it('F09 L07 counts who votes in a round as being there, because restarted validators may have no round change of it', () => {
    const h = new CoreHarness();
    const block = h.block('B', 1);
    h.work();
    h.timeout('round');
    assert.deepEqual(
      h.inject(h.peer(0).prepare(0, block)),
      ['drop PAST_ROUND V0'],
      'a vote of another round',
    );
    assert.deepEqual(h.inject(h.peer(0).prepare(1, block), h.peer(0).commit(1, block)), []);
    assert.deepEqual(h.timeout('round'), [], 'two of three');
    assert.deepEqual(h.inject(h.peer(1).roundChange(2)), ['timer round round 1 in 2000']);
    assert.deepEqual(h.timeout('round'), ['timer round round 2 in 4000', 'send round change 2']);
  });

  it('F09 starts the time of a round anew when its quorum comes late, and only then', () => {
    const late = new CoreHarness();
    late.work();
    late.timeout('round');
    late.inject(late.peer(1).roundChange(1));
    late.nowMs += 1500;
    assert.deepEqual(late.inject(late.peer(2).roundChange(1)), ['timer round round 1 in 2000']);
    assert.deepEqual(late.inject(late.peer(0).roundChange(1)), []);
    const soon = new CoreHarness();
    soon.work();
    soon.timeout('round');
    soon.nowMs += 100;
    assert.deepEqual(soon.inject(soon.peer(1).roundChange(1), soon.peer(2).roundChange(1)), []);
  });

  it('wakes a sleeping height for a round change, and for f + 1 validators that are one height ahead', () => {
    const h = new CoreHarness();
    assert.deepEqual(h.inject(h.peer(1).roundChange(1)), [
      'timer resend round 0 in 1000',
      'timer round round 0 in 2000',
    ]);
    const other = new CoreHarness();
    const next = other.block('N', 1, { parent: { ...other.parent, height: 1 } });
    assert.deepEqual(other.inject(other.peer(1).prepare(0, next)), []);
    assert.deepEqual(other.inject(other.peer(2).prepare(0, next)), [
      'timer resend round 0 in 1000',
      'timer round round 0 in 2000',
    ]);
  });

  it('P01 does not wait for a parent time that lies hours ahead of its own slow clock', () => {
    const h = new CoreHarness({ wallMs: 1_000_000 - 3_600_000 });
    assert.deepEqual(
      h.effects.map((effect) => effect.kind === 'schedule' && effect.afterMs),
      [12_000],
    );
    assert.deepEqual(h.work(), ['timer resend round 0 in 1000', 'timer round round 0 in 4000']);
  });
});

describe('Consensus core, section G: justification of proposals above round 0', () => {
  /** A node in round 1 with V1 as its proposer, and the parts of a justification. */
  function round1(n = 4) {
    const h = new CoreHarness({ n });
    h.work();
    h.timeout('round');
    return h;
  }
  const refused = ['drop BAD_JUSTIFICATION V1'];

  it('G01 drops a proposal with fewer round changes than the quorum', () => {
    const h = round1();
    const roundChanges = h.peers(0, 2).map((peer) => peer.roundChange(1));
    assert.deepEqual(h.inject(h.peer(1).proposal(1, h.block('B', 1), { roundChanges })), refused);
    assert.deepEqual(h.inject(h.peer(1).proposal(1, h.block('B', 1))), refused);
  });

  it('G03 drops it for a round change of a stranger, a bad signature, another height or round, or a repeated signer', () => {
    const h = round1();
    const block = h.block('B', 1);
    const good = h.peers(0, 2).map((peer) => peer.roundChange(1));
    const forged = h.peer(3).roundChange(1);
    forged.roundChange.signature = '22'.repeat(64);
    const bad: [unknown, string[]][] = [
      [h.peer(9).roundChange(1), ['refused BAD_JUSTIFICATION']],
      [forged, ['refused BAD_SIGNATURE']],
      [h.peer(3).roundChange(1, undefined, 2), refused],
      [h.peer(3).roundChange(2), refused],
      [h.peer(2).roundChange(1), refused],
    ];
    for (const [roundChange, expected] of bad) {
      const roundChanges = [...good, roundChange as (typeof good)[0]];
      assert.deepEqual(h.inject(h.peer(1).proposal(1, block, { roundChanges })), expected);
    }
    const roundChanges = [...good, h.peer(3).roundChange(1)];
    assert.deepEqual(h.inject(h.peer(1).proposal(1, block, { roundChanges })), [
      'validate B',
      'send prepare 1 B',
    ]);
  });

  it('G04 drops it when nobody is prepared and it still carries prepares', () => {
    const h = round1();
    const block = h.block('B', 1);
    const roundChanges = h.peers(0, 1, 2).map((peer) => peer.roundChange(1));
    const prepares = preparesOf(h.peers(0, 1, 2), 0, block);
    assert.deepEqual(h.inject(h.peer(1).proposal(1, block, { roundChanges, prepares })), refused);
  });

  it('G06 drops a proposal of a block that is not the highest prepared', () => {
    const h = new CoreHarness({ me: 0 });
    const [b0, b2] = [h.block('B0', 0), h.block('B2', 2)];
    const low = { round: 0, block: b0, prepares: preparesOf(h.peers(0, 1, 2), 0, b0) };
    const high = { round: 2, block: b2, prepares: preparesOf(h.peers(0, 1, 2), 2, b2) };
    const roundChanges = [
      h.peer(0).roundChange(3, low),
      h.peer(1).roundChange(3, high),
      h.peer(2).roundChange(3),
    ];
    const propose = (block: typeof b0, prepares: typeof low.prepares) =>
      h.inject(h.peer(3).proposal(3, block, { roundChanges, prepares }));
    assert.deepEqual(propose(b0, low.prepares), ['drop BAD_JUSTIFICATION V3']);
    assert.deepEqual(propose(b0, high.prepares), ['drop BAD_JUSTIFICATION V3']);
    assert.deepEqual(propose(b2, low.prepares), ['drop BAD_JUSTIFICATION V3']);
    assert.deepEqual(propose(b2, high.prepares).slice(-2), [
      'validate B2 as re-proposal',
      'send prepare 3 B2',
    ]);
  });

  it('G06 drops a fresh block although a round change is prepared', () => {
    const h = round1();
    const [block, fresh] = [h.block('B', 0), h.block('F', 1)];
    const claim = { round: 0, block, prepares: preparesOf(h.peers(0, 1, 2), 0, block) };
    const roundChanges = [
      h.peer(0).roundChange(1, claim),
      h.peer(1).roundChange(1),
      h.peer(2).roundChange(1),
    ];
    assert.deepEqual(h.inject(h.peer(1).proposal(1, fresh, { roundChanges })), refused);
    assert.deepEqual(
      h.inject(h.peer(1).proposal(1, fresh, { roundChanges, prepares: claim.prepares })),
      refused,
    );
  });

  it('G07 drops it for prepares that are too few, repeated, of strangers, of another round, block or height', () => {
    const h = round1();
    const block = h.block('B', 0);
    const good = preparesOf(h.peers(0, 1, 2), 0, block);
    const claim = { round: 0, block, prepares: good };
    const roundChanges = [
      h.peer(0).roundChange(1, claim),
      h.peer(1).roundChange(1),
      h.peer(2).roundChange(1),
    ];
    const [first, second, third] = good as [(typeof good)[0], (typeof good)[0], (typeof good)[0]];
    const cases: [string, typeof good, string[]][] = [
      ['too few', [first, second], refused],
      ['repeated', [first, second, second], refused],
      ['stranger', [first, second, h.peer(9).prepare(0, block).prepare], ['refused BAD_JUSTIFICATION']],
      ['round', preparesOf(h.peers(0, 1, 2), 1, block), refused],
      ['block', preparesOf(h.peers(0, 1, 2), 0, h.block('C')), refused],
      ['height', h.peers(0, 1, 2).map((peer) => peer.prepare(0, block, 2).prepare), refused],
      ['signature', [first, second, { ...third, signature: first.signature }], ['refused BAD_SIGNATURE']],
      ['more than n', [...good, ...good], ['refused MALFORMED']],
    ];
    for (const [what, prepares, expected] of cases)
      assert.deepEqual(h.inject(h.peer(1).proposal(1, block, { roundChanges, prepares })), expected, what);
    assert.deepEqual(h.inject(h.peer(1).proposal(1, block, { roundChanges, prepares: good })), [
      'validate B as re-proposal',
      'send prepare 1 B',
    ]);
  });

  it('G09 cannot be justified without a prepared round change once a block may be committed', () => {
    const n = 7;
    const h = new CoreHarness({ n, me: 6 });
    const block = h.block('B', 0);
    const honest = { round: 0, block, prepares: preparesOf(h.peers(0, 1, 2, 3, 4), 0, block) };
    // Quorum 5 committed: three honest ones among them are prepared. Two liars hide it; two honest ones are not prepared.
    const unprepared = h.peers(3, 4, 5, 6).map((peer) => peer.roundChange(1));
    const fresh = h.block('F', 1);
    const attempts = [unprepared, [...unprepared, h.peer(0).roundChange(1, honest)]];
    for (const roundChanges of attempts)
      assert.deepEqual(h.inject(h.peer(1).proposal(1, fresh, { roundChanges })), refused);
  });

  it('G10 drops it for a nested round change whose prepared round is not lower than its round', () => {
    const h = round1();
    const block = h.block('B', 0);
    for (const round of [1, 2]) {
      const claim = { round, block, prepares: preparesOf(h.peers(0, 1, 2), round, block) };
      const roundChanges = [
        h.peer(0).roundChange(1, claim),
        h.peer(1).roundChange(1),
        h.peer(2).roundChange(1),
      ];
      assert.deepEqual(
        h.inject(h.peer(1).proposal(1, block, { roundChanges, prepares: claim.prepares })),
        refused,
      );
    }
  });

  it('takes a proposal whose prepares match one of two claims of the highest round', () => {
    const h = round1();
    const [block, lie] = [h.block('B', 0), h.block('L', 0)];
    const claim = { round: 0, block, prepares: preparesOf(h.peers(0, 1, 2), 0, block) };
    const lying = { round: 0, block: lie, prepares: [] };
    const roundChanges = [
      h.peer(2).roundChange(1, lying),
      h.peer(0).roundChange(1, claim),
      h.peer(1).roundChange(1),
    ];
    assert.deepEqual(h.inject(h.peer(1).proposal(1, block, { roundChanges, prepares: claim.prepares })), [
      'validate B as re-proposal',
      'send prepare 1 B',
    ]);
  });

  it('G12 G13 re-proposes one hash with its first builder and time through three failed rounds', () => {
    const h = new CoreHarness({ n: 4, me: 3 });
    const block = h.block('B', 0);
    h.inject(h.peer(0).proposal(0, block), h.peer(0).prepare(0, block), h.peer(1).prepare(0, block));
    for (const round of [1, 2]) {
      h.timeout('round');
      const { round: preparedRound, prepares } = {
        round: round - 1,
        prepares: h.lastSent('round-change').prepares,
      };
      const claim = { round: preparedRound, block, prepares };
      const roundChanges = [
        h.peer(0).roundChange(round, claim),
        h.peer(1).roundChange(round, claim),
        h.lastSent('round-change'),
      ];
      const lines = h.inject(h.peer(round).proposal(round, block, { roundChanges, prepares }));
      assert.deepEqual(lines, [`send prepare ${round} B`]);
      assert.deepEqual(h.inject(h.peer(0).prepare(round, block), h.peer(1).prepare(round, block)), [
        `send commit ${round} B (3 prepares)`,
      ]);
    }
    h.timeout('round');
    const own = h.lastSent('round-change');
    assert.deepEqual(
      [own.roundChange.body.preparedRound, own.roundChange.body.preparedHash],
      [2, block.hash],
    );
    const claim = { round: 2, block, prepares: own.prepares };
    const lines = h.inject(h.peer(0).roundChange(3, claim), h.peer(1).roundChange(3, claim));
    assert.deepEqual(lines, ['send proposal 3 B (3 round changes, 3 prepares)', 'send prepare 3 B']);
  });
});
