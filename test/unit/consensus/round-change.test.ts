import assert from 'node:assert/strict';
import { roundTimeoutMs } from '../../../src/consensus/timers.ts';
import { NOT_PREPARED, type RoundChangeMessage, ZERO_HASH } from '../../../src/types/consensus-message.ts';
import { CoreHarness } from '../../support/consensus/core-harness.ts';
import { preparesOf } from '../../support/consensus/peer.ts';

/** A node that is prepared on block B of round 0. */
function prepared(options: ConstructorParameters<typeof CoreHarness>[0] = {}) {
  const h = new CoreHarness(options);
  const block = h.block('B');
  h.inject(h.peer(0).proposal(0, block), h.peer(0).prepare(0, block), h.peer(1).prepare(0, block));
  return { h, block };
}

describe('Consensus core, section D: sending round changes', () => {
  it('D01 asks for round 1 unprepared when nothing came, with a doubled timer', () => {
    const h = new CoreHarness();
    h.work();
    assert.deepEqual(h.timeout('round'), ['timer round round 1 in 2000', 'send round change 1']);
  });

  it('D03 carries the prepared certificate: round, hash and a quorum of prepares of distinct validators', () => {
    const { h, block } = prepared();
    assert.deepEqual(h.timeout('round'), [
      'timer round round 1 in 2000',
      'send round change 1 prepared 0 B (3 prepares)',
    ]);
    const { prepares, roundChange } = h.lastSent('round-change');
    assert.equal(new Set(prepares.map((prepare) => prepare.signer)).size, 3);
    assert.equal(roundChange.body.preparedHash, block.hash);
    assert.equal(h.tokens.faultOf(h.lastSent('round-change'), h.validators), undefined);
  });

  it('D04 still carries the certificate of round 0 after a round that prepared nothing', () => {
    const { h } = prepared();
    h.endRounds(1);
    assert.deepEqual(h.timeout('round'), [
      'timer round round 2 in 4000',
      'send round change 2 prepared 0 B (3 prepares)',
    ]);
  });

  it('D06 ignores round timers of other rounds and heights', () => {
    const h = new CoreHarness();
    h.work();
    h.endRounds(2);
    assert.deepEqual(h.timeout('round', 0), []);
    assert.deepEqual(h.timeout('round', 2, 0), []);
    assert.equal(h.core.roundState().round, 2);
  });

  it('D07 U02 is silent about everything of a height that is decided', () => {
    const { h, block } = prepared();
    h.inject(h.peer(0).commit(0, block), h.peer(1).commit(0, block));
    const sent = h.sent.length;
    for (const timer of ['round', 'propose', 'resend'] as const) assert.deepEqual(h.timeout(timer, 0), []);
    assert.deepEqual(h.inject(h.peer(2).commit(0, block)), ['drop DECIDED V2']);
    assert.deepEqual(h.inject(h.peer(2).prepare(0, block)), ['drop DECIDED V2']);
    assert.deepEqual(h.validated(block), ['drop STALE_ANSWER nobody']);
    assert.deepEqual(h.work(), []);
    h.startAfter(block);
    assert.deepEqual(h.timeout('round', 0, 1), []);
    assert.equal(h.sent.length, sent);
  });

  for (const round of [1, 2, 3, 5, 15])
    it(`D09 sends one round change from round ${round} with a bounded timer`, () => {
      const h = new CoreHarness();
      h.work();
      h.endRounds(round);
      const afterMs = Math.min(1000 * 2 ** (round + 1), 8000);
      assert.deepEqual(h.timeout('round'), [
        `timer round round ${round + 1} in ${afterMs}`,
        `send round change ${round + 1}`,
      ]);
    });

  it('P07 computes time-outs without overflow for any round', () => {
    const timeout = (round: number) => roundTimeoutMs(round, { baseTimeoutMs: 1500, timeoutCapMs: 8000 });
    assert.deepEqual(
      [0, 1, 2, 3, 31, 32, 1000, 2 ** 32 - 2].map(timeout),
      [1500, 3000, 6000, 8000, 8000, 8000, 8000, 8000],
    );
  });

  it('D10 never changes rounds on its own as a node that signs nothing', () => {
    const h = new CoreHarness({ me: undefined });
    assert.deepEqual(h.work(), ['timer resend round 0 in 1000']);
    assert.deepEqual(h.timeout('round'), []);
    assert.equal(h.core.roundState().round, 0);
  });

  it('D11 sends its messages of the round and its latest round change again while undecided', () => {
    const { h } = prepared();
    assert.deepEqual(h.timeout('resend'), ['resend prepare 0, commit 0', 'timer resend round 0 in 1000']);
    h.timeout('round');
    assert.deepEqual(h.timeout('resend'), ['resend round-change 1', 'timer resend round 1 in 1000']);
  });
});

describe('Consensus core, section E: receiving round changes as the next proposer', () => {
  /** V1 proposes round 1; as `me` it has changed to round 1 itself. */
  function leader(n = 4) {
    const h = new CoreHarness({ n, me: 1 });
    h.work();
    h.timeout('round');
    return h;
  }

  it('E01 proposes a fresh block with a quorum of round changes and prepares it', () => {
    const h = leader();
    assert.deepEqual(h.inject(h.peer(2).roundChange(1)), []);
    assert.deepEqual(h.inject(h.peer(3).roundChange(1)), ['build round 1']);
    assert.deepEqual(h.built(h.block('B', 1), 1), [
      'send proposal 1 B (3 round changes, 0 prepares)',
      'send prepare 1 B',
    ]);
    assert.equal(h.tokens.faultOf(h.lastSent('proposal'), h.validators), undefined);
  });

  it('E03 proposes the block of the highest prepared round again, with its prepares', () => {
    const h = new CoreHarness({ n: 7, me: 4 });
    h.work();
    const [b1, b2] = [h.block('B1', 1), h.block('B2', 2)];
    const claim = (round: number, block: typeof b1) => ({
      round,
      block,
      prepares: preparesOf(h.peers(0, 1, 2, 3, 5), round, block),
    });
    h.inject(
      h.peer(0).roundChange(4),
      h.peer(1).roundChange(4, claim(1, b1)),
      h.peer(2).roundChange(4, claim(1, b1)),
      h.peer(3).roundChange(4, claim(2, b2)),
    );
    assert.equal(h.core.roundState().round, 4);
    assert.deepEqual(h.effects.length, 1, 'the fourth other round change and the own one are the quorum');
    assert.deepEqual(h.fetched(b2), [
      'validate B2 as re-proposal',
      'send proposal 4 B2 (5 round changes, 5 prepares)',
      'send prepare 4 B2',
    ]);
    const { proposal, prepares } = h.lastSent('proposal');
    assert.equal(proposal.body.blockHash, b2.hash);
    assert.ok(prepares.every((prepare) => prepare.body.round === 2));
  });

  it('E04 does nothing below the quorum, one prepared round change included', () => {
    const h = leader();
    const block = h.block('B');
    const claim = { round: 0, block, prepares: preparesOf(h.peers(0, 2, 3), 0, block) };
    assert.deepEqual(h.inject(h.peer(2).roundChange(1, claim)), []);
  });

  it('E06 proposes in no round when round changes are spread over several', () => {
    const h = new CoreHarness({ n: 21, me: 3 });
    h.work();
    const rounds = Array.from({ length: 20 }, (_, i) => 1 + (i % 3));
    const others = [...Array(21).keys()].filter((index) => index !== 3);
    const lines = others.flatMap((index, i) => h.inject(h.peer(index).roundChange(rounds[i] as number)));
    assert.ok(lines.every((line) => !line.startsWith('build') && !line.startsWith('send proposal')));
    assert.ok(h.core.roundState().round > 0);
  });

  it('E07 counts the same round change of one validator once', () => {
    const h = leader();
    const message = h.peer(2).roundChange(1);
    assert.deepEqual(h.inject(message, message, message), ['drop DUPLICATE V2', 'drop DUPLICATE V2']);
  });

  it('E09 does not propose twice in a round', () => {
    const h = leader();
    h.inject(h.peer(2).roundChange(1), h.peer(3).roundChange(1));
    h.built(h.block('B', 1), 1);
    assert.deepEqual(h.inject(h.peer(0).roundChange(1)), []);
    assert.equal(h.sent.filter((message) => message.kind === 'proposal').length, 1);
  });

  it('E10 drops a round change with a broken certificate alone; the others stay usable', () => {
    const claimOf = (h: CoreHarness) => {
      const block = h.block('B');
      return { round: 0, block, prepares: preparesOf(h.peers(0, 2, 3), 0, block) };
    };
    const spoil: Record<string, (h: CoreHarness, good: ReturnType<typeof claimOf>) => RoundChangeMessage> = {
      'too few prepares': (h, good) =>
        h.peer(2).roundChange(1, { ...good, prepares: good.prepares.slice(1) }),
      'a repeated signer': (h, good) =>
        h
          .peer(2)
          .roundChange(1, { ...good, prepares: [...good.prepares.slice(1), ...good.prepares.slice(2)] }),
      'prepares of another block': (h, good) =>
        h.peer(2).roundChange(1, { ...good, prepares: preparesOf(h.peers(0, 2, 3), 0, h.block('C')) }),
      'prepares of another round': (h, good) =>
        h.peer(2).roundChange(2, { ...good, prepares: preparesOf(h.peers(0, 2, 3), 1, good.block) }),
      'a bad signature': (h, good) => {
        const [first, ...rest] = good.prepares as [(typeof good.prepares)[0], ...typeof good.prepares];
        return h
          .peer(2)
          .roundChange(1, { ...good, prepares: [{ ...first, signature: '11'.repeat(64) }, ...rest] });
      },
      'a stranger': (h, good) =>
        h.peer(2).roundChange(1, {
          ...good,
          prepares: [...good.prepares.slice(1), h.peer(9).prepare(0, good.block).prepare],
        }),
    };
    for (const [what, make] of Object.entries(spoil)) {
      const h = leader();
      const [line, ...more] = h.inject(make(h, claimOf(h)));
      assert.match(line ?? '', /^(drop|refused) (BAD_JUSTIFICATION|BAD_SIGNATURE)/, what);
      assert.deepEqual(more, [], what);
      assert.deepEqual(h.inject(h.peer(3).roundChange(1)), [], `${what}: still below the quorum`);
      assert.deepEqual(h.inject(h.peer(0).roundChange(1)), ['build round 1'], `${what}: the others suffice`);
    }
  });

  it('E12 drops round changes whose prepared round is not lower or whose prepared fields are half set', () => {
    const h = leader();
    const block = h.block('B');
    const message = h
      .peer(2)
      .roundChange(1, { round: 0, block, prepares: preparesOf(h.peers(0, 2, 3), 0, block) });
    const variants = [
      { preparedRound: 1 },
      { preparedRound: 7 },
      { preparedHash: ZERO_HASH },
      { preparedRound: NOT_PREPARED },
      { round: 0, preparedRound: NOT_PREPARED, preparedHash: ZERO_HASH },
      { round: NOT_PREPARED },
    ];
    for (const change of variants) {
      const body = { ...message.roundChange.body, ...change };
      const lines = h.injectUnchecked({ ...message, roundChange: { ...message.roundChange, body } });
      assert.deepEqual(lines, ['drop BAD_JUSTIFICATION V2']);
    }
    const unproved = { ...h.peer(2).roundChange(1), prepares: message.prepares };
    assert.deepEqual(h.inject(unproved), ['drop BAD_JUSTIFICATION V2']);
  });

  it('E13 drops a fetched block that is not the prepared one, and proposes when the right one comes', () => {
    const h = leader();
    const block = h.block('B');
    const claim = { round: 0, block, prepares: preparesOf(h.peers(0, 2, 3), 0, block) };
    h.inject(h.peer(3).roundChange(1));
    assert.deepEqual(h.inject(h.peer(2).roundChange(1, claim)), ['fetch B from V0 V2 V3']);
    const wrong = { hash: block.hash, proposal: h.block('C').proposal };
    assert.deepEqual(h.fetched(wrong), ['drop HASH_MISMATCH nobody']);
    assert.deepEqual(h.fetched(block).slice(0, 2), [
      'validate B as re-proposal',
      'send proposal 1 B (3 round changes, 3 prepares)',
    ]);
  });

  it('E13 leaves out the claim of a block that proves invalid and goes on with the others', () => {
    const h = leader();
    const block = h.block('B');
    h.invalid.add(block.hash);
    const claim = { round: 0, block, prepares: preparesOf(h.peers(0, 2, 3), 0, block) };
    h.inject(h.peer(3).roundChange(1), h.peer(2).roundChange(1, claim));
    assert.deepEqual(h.fetched(block), ['validate B as re-proposal', 'drop INVALID_BLOCK nobody']);
    assert.deepEqual(h.inject(h.peer(0).roundChange(1)), ['build round 1']);
  });

  it('E15 ignores round changes of past rounds, a quorum of them included', () => {
    const h = new CoreHarness({ me: 1 });
    h.work();
    h.endRounds(3);
    assert.deepEqual(h.inject(...h.peers(0, 2, 3).map((peer) => peer.roundChange(1))), [
      'drop PAST_ROUND V0',
      'drop PAST_ROUND V2',
      'drop PAST_ROUND V3',
    ]);
    assert.equal(h.core.roundState().round, 3);
  });

  it('E16 proposes once for the higher of two quorums and never goes back', () => {
    const h = new CoreHarness({ n: 4, me: 1 });
    h.work();
    const lines = h.inject(...h.peers(0, 2, 3).map((peer) => peer.roundChange(9)));
    assert.deepEqual(lines, ['timer round round 9 in 8000', 'send round change 9', 'build round 9']);
    assert.match(h.built(h.block('B', 1), 9).join(), /send proposal 9 B/);
    h.inject(...h.peers(0, 2, 3).map((peer) => peer.roundChange(4)));
    assert.equal(h.core.roundState().round, 9);
    assert.equal(h.sent.filter((message) => message.kind === 'proposal').length, 1);
  });

  it('E18 proposes when the block is ready if the round still lasts, with the round changes it has by then', () => {
    const h = leader();
    h.inject(h.peer(2).roundChange(1), h.peer(3).roundChange(1));
    h.nowMs += 900;
    assert.match(h.built(h.block('B', 1), 1)[0] ?? '', /^send proposal 1 B/);
    const late = leader();
    late.inject(late.peer(2).roundChange(1), late.peer(3).roundChange(1));
    late.timeout('round');
    assert.deepEqual(late.built(late.block('B', 1), 1), ['drop STALE_ANSWER nobody']);
  });

  it('Q01 Q07 reports contradicting round changes and a forgotten commit', () => {
    const h = leader();
    const block = h.block('B');
    const claim = { round: 0, block, prepares: preparesOf(h.peers(0, 2, 3), 0, block) };
    h.inject(h.peer(2).roundChange(1));
    assert.deepEqual(h.inject(h.peer(2).roundChange(1, claim)), [
      'evidence round-change of V2',
      'drop CONFLICT V2',
    ]);
    h.inject(h.peer(0).commit(0, block));
    assert.deepEqual(h.inject(h.peer(0).roundChange(1))[0], 'evidence amnesia of V0');
    assert.deepEqual(h.inject(h.peer(2).commit(0, block)), ['evidence amnesia of V2']);
    h.inject(h.peer(3).commit(0, block), h.peer(3).roundChange(1, claim));
    assert.ok(
      h.effects.every((effect) => effect.kind !== 'evidence'),
      'keeping the certificate is honest',
    );
  });
});
