import assert from 'node:assert/strict';
import { proposerOf } from '../../../src/consensus/proposer.ts';
import { certificateFault } from '../../../src/types/certificate.ts';
import { faultTolerance, quorum, weakQuorum } from '../../../src/types/quorum.ts';
import { ValidatorSet } from '../../../src/types/validator.ts';
import { CoreHarness, validatorAt, validatorSet } from '../../support/consensus/core-harness.ts';

describe('Consensus core, section A: normal operation and quorum counting', () => {
  it('A01 answers the first valid proposal with one prepare', () => {
    const h = new CoreHarness();
    const block = h.block('B');
    assert.deepEqual(h.inject(h.peer(0).proposal(0, block)), [
      'timer resend round 0 in 1000',
      'timer round round 0 in 2000',
      'validate B',
      'send prepare 0 B',
    ]);
    assert.equal(h.core.roundState().proposalHash, block.hash);
    assert.equal(h.core.roundState().step, 'prepare');
  });

  it('A03 decides at the quorum of commits, with a certificate of exactly those seals, and stops its timers', () => {
    const h = new CoreHarness();
    const block = h.block('B');
    h.inject(h.peer(0).proposal(0, block), h.peer(0).prepare(0, block));
    assert.deepEqual(h.inject(h.peer(1).prepare(0, block)), ['send commit 0 B (3 prepares)']);
    assert.deepEqual(h.inject(h.peer(0).commit(0, block)), []);
    assert.deepEqual(h.inject(h.peer(2).commit(0, block)), ['cancel timers', 'commit B round 0 by 0 2 3']);
    const commit = h.effects.find((effect) => effect.kind === 'commit');
    assert.ok(commit);
    const { certificate } = commit;
    assert.equal(
      certificateFault(certificate, { height: 1, blockHash: block.hash, validators: h.validators }),
      undefined,
    );
    assert.equal(certificate.seals.length, 3);
    const decided = { kind: 'decided' as const, block: block.proposal, certificate };
    assert.equal(h.tokens.faultOf(decided, h.validators), undefined);
  });

  it('A04 builds as proposer of round 0 not before parent time + target, then proposes and prepares', () => {
    const h = new CoreHarness({ me: 0 });
    assert.deepEqual(h.work(), [
      'timer resend round 0 in 1000',
      'timer round round 0 in 2000',
      'timer propose round 0 in 1000',
    ]);
    h.nowMs += 1000;
    assert.deepEqual(h.timeout('propose'), ['build round 0']);
    const block = h.block('B', 0);
    assert.deepEqual(h.built(block), ['send proposal 0 B', 'send prepare 0 B']);
    assert.deepEqual(h.built(block), ['drop STALE_ANSWER nobody']);
  });

  it('A04 builds at once when the target interval has passed, and an empty block after the empty interval', () => {
    const late = new CoreHarness({ me: 0, wallMs: 1_005_000 });
    assert.ok(late.work().includes('build round 0'));
    const idle = new CoreHarness({ me: 0 });
    idle.nowMs += 10_000;
    assert.deepEqual(idle.timeout('propose'), [
      'timer resend round 0 in 1000',
      'timer round round 0 in 1000',
      'build round 0',
    ]);
    const veryLate = new CoreHarness({ me: 0, wallMs: 2_000_000 });
    assert.ok(veryLate.effects.some((effect) => effect.kind === 'build-block'));
  });

  it('A06 applies prepares and commits that came before the proposal, and decides exactly once', () => {
    const h = new CoreHarness();
    const block = h.block('B');
    const [p0, p1, p2] = h.peers(0, 1, 2) as [
      ReturnType<typeof h.peer>,
      ReturnType<typeof h.peer>,
      ReturnType<typeof h.peer>,
    ];
    assert.deepEqual(h.inject(p0.commit(0, block), p1.commit(0, block)), []);
    assert.deepEqual(h.inject(p0.prepare(0, block), p1.prepare(0, block), p2.prepare(0, block)), []);
    assert.deepEqual(h.inject(p2.commit(0, block)), ['fetch B from V0 V1 V2']);
    const lines = h.inject(p0.proposal(0, block));
    assert.deepEqual(lines.slice(-3), [
      'validate B as re-proposal',
      'cancel timers',
      'commit B round 0 by 0 1 2',
    ]);
    assert.deepEqual(h.inject(p0.proposal(0, block)), ['drop DECIDED V0']);
  });

  it('A06 prepares and commits as soon as the proposal follows its prepares', () => {
    const h = new CoreHarness();
    const block = h.block('B');
    h.inject(h.peer(0).prepare(0, block), h.peer(1).prepare(0, block));
    const lines = h.inject(h.peer(0).proposal(0, block));
    assert.deepEqual(lines.slice(-3), ['validate B', 'send prepare 0 B', 'send commit 0 B (3 prepares)']);
  });

  it('A07 decides alone as the only validator', () => {
    const h = new CoreHarness({ n: 1, me: 0, wallMs: 1_005_000 });
    h.work();
    assert.deepEqual(h.built(h.block('B', 0)), [
      'send proposal 0 B',
      'send prepare 0 B',
      'send commit 0 B (1 prepares)',
      'cancel timers',
      'commit B round 0 by 0',
    ]);
  });

  it('A09 uses thresholds that make quorums meet in an honest validator for every size', () => {
    for (let n = 1; n <= 100; n++) {
      const [f, q] = [faultTolerance(n), quorum(n)];
      assert.ok(2 * q - n >= f + 1, `two quorums of ${n}`);
      assert.ok(q <= n - f, `the honest of ${n} form a quorum`);
      assert.equal(q, Math.ceil((2 * n) / 3));
      assert.equal(weakQuorum(n), f + 1);
    }
    assert.deepEqual([quorum(21), weakQuorum(21), faultTolerance(21)], [14, 7, 6]);
  });

  it('A10 commits at the 14th prepare of 21, not at the 13th', () => {
    const h = new CoreHarness({ n: 21, me: 20 });
    const block = h.block('B');
    h.inject(h.peer(0).proposal(0, block));
    for (let i = 0; i < 12; i++) assert.deepEqual(h.inject(h.peer(i).prepare(0, block)), []);
    assert.equal(h.core.roundState().prepares.length, 13);
    assert.deepEqual(h.inject(h.peer(12).prepare(0, block)), ['send commit 0 B (14 prepares)']);
    for (let i = 0; i < 12; i++) assert.deepEqual(h.inject(h.peer(i).commit(0, block)), []);
    assert.match(h.inject(h.peer(12).commit(0, block)).join(), /commit B round 0/);
  });

  it('A12 goes on when the signer fails: nothing is sent, and the commits of others still decide', () => {
    const h = new CoreHarness({ signs: false });
    const block = h.block('B');
    h.inject(h.peer(0).proposal(0, block));
    assert.deepEqual(h.sent, []);
    assert.deepEqual(h.inject(...h.peers(0, 1, 2).map((peer) => peer.commit(0, block))), [
      'cancel timers',
      'commit B round 0 by 0 1 2',
    ]);
  });

  it('A13 rotates through all validators once per n rounds, from the proposer of the parent on', () => {
    const members = Array.from({ length: 7 }, (_, index) => validatorAt(index));
    const sets = [new ValidatorSet(members), new ValidatorSet([...members].reverse())];
    for (const [parent, first] of [
      [undefined, 0],
      [2, 3],
      [6, 0],
    ] as const) {
      const parentId = parent === undefined ? undefined : validatorAt(parent).id;
      for (let round = 0; round < 14; round++)
        for (const set of sets)
          assert.equal(proposerOf(parentId, round, set), validatorAt((first + round) % 7).id);
    }
  });

  it('A13 starts with the next greater id when the proposer of the parent has left, wrapping at the end', () => {
    const set = new ValidatorSet([0, 2, 4].map(validatorAt));
    assert.equal(proposerOf(validatorAt(1).id, 0, set), validatorAt(2).id);
    assert.equal(proposerOf(validatorAt(1).id, 1, set), validatorAt(4).id);
    assert.equal(proposerOf(validatorAt(5).id, 0, set), validatorAt(0).id);
    assert.equal(proposerOf(undefined, 4, validatorSet(3)), validatorAt(1).id);
  });

  it('A15 U01 discards a block that was built for an earlier round or height', () => {
    const h = new CoreHarness({ me: 0, wallMs: 1_005_000 });
    h.work();
    const slow = h.block('slow', 0);
    assert.deepEqual(h.timeout('round'), ['timer round round 1 in 2000', 'send round change 1']);
    assert.deepEqual(h.built(slow, 0), ['drop STALE_ANSWER nobody']);
    assert.deepEqual(h.built(slow, 0, 2), ['drop STALE_ANSWER nobody']);
    assert.ok(h.sent.every((message) => message.kind !== 'proposal'));
  });
});
