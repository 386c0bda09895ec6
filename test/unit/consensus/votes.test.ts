import assert from 'node:assert/strict';
import { LIMITS } from '../../../src/util/limits.ts';
import { CoreHarness } from '../../support/consensus/core-harness.ts';
import { sealsOf } from '../../support/consensus/peer.ts';

/** A node that has accepted block B of round 0. */
function accepted(options: ConstructorParameters<typeof CoreHarness>[0] = {}) {
  const h = new CoreHarness(options);
  const block = h.block('B');
  h.inject(h.peer(0).proposal(0, block));
  return { h, block };
}

describe('Consensus core, section C: prepares and commits', () => {
  it('C01 counts prepares that came before the proposal only for their own block', () => {
    const h = new CoreHarness();
    const [block, other] = [h.block('B'), h.block('C')];
    assert.deepEqual(h.inject(h.peer(1).prepare(0, other), h.peer(2).prepare(0, other)), []);
    assert.doesNotMatch(h.inject(h.peer(0).proposal(0, block)).join(), /send commit/);
    assert.deepEqual(h.inject(h.peer(0).prepare(0, block)), []);
  });

  it('C03 drops prepares of past heights and rounds, and keeps those of future rounds within the window', () => {
    const { h, block } = accepted();
    assert.deepEqual(h.injectUnchecked(h.peer(0).prepare(0, block, 0)), ['drop PAST_HEIGHT V0']);
    h.timeout('round');
    assert.deepEqual(h.inject(h.peer(0).prepare(0, block)), ['drop PAST_ROUND V0']);
    assert.deepEqual(h.inject(h.peer(0).prepare(5, block)), []);
    const beyond = 1 + LIMITS.maxBufferedRounds + 1;
    assert.deepEqual(h.inject(h.peer(0).prepare(beyond, block)), ['drop FUTURE_ROUND V0']);
    assert.deepEqual(h.inject(h.peer(0).commit(beyond, block)), ['drop FUTURE_ROUND V0']);
    assert.deepEqual(h.core.roundState().prepares, []);
  });

  it('C04 counts a prepare that comes three times once', () => {
    const { h, block } = accepted();
    const prepare = h.peer(1).prepare(0, block);
    assert.deepEqual(h.inject(prepare, prepare, prepare), ['drop DUPLICATE V1', 'drop DUPLICATE V1']);
    assert.equal(h.core.roundState().prepares.length, 2);
  });

  it('C06 commits once, however many prepares follow', () => {
    const { h, block } = accepted({ n: 7, me: 6 });
    h.inject(...h.peers(0, 1, 2, 3).map((peer) => peer.prepare(0, block)));
    assert.deepEqual(h.inject(h.peer(4).prepare(0, block), h.peer(5).prepare(0, block)), []);
    assert.equal(h.sent.filter((message) => message.kind === 'commit').length, 1);
  });

  it('C07 does not count a commit for another block', () => {
    const { h, block } = accepted();
    const other = h.block('C');
    h.inject(h.peer(0).commit(0, block), h.peer(1).commit(0, block));
    assert.deepEqual(h.inject(h.peer(2).commit(0, other)), []);
    assert.equal(h.core.roundState().commits.length, 2);
  });

  it('C09 C10 refuses commits whose seal is another validator’s, zero, or of another round', () => {
    const { h, block } = accepted();
    const commit = h.peer(1).commit(0, block).commit;
    const seal = (signature: string) => h.inject({ kind: 'commit', commit: { ...commit, signature } });
    assert.deepEqual(seal(h.peer(2).commit(0, block).commit.signature), ['refused BAD_SIGNATURE']);
    assert.deepEqual(seal('00'.repeat(64)), ['refused BAD_SIGNATURE']);
    assert.deepEqual(seal(h.peer(1).commit(1, block).commit.signature), ['refused BAD_SIGNATURE']);
    assert.deepEqual(seal(h.peer(1).prepare(0, block).prepare.signature), ['refused BAD_SIGNATURE']);
    assert.deepEqual(h.core.roundState().commits, []);
  });

  it('C12 counts the union of commits of overlapping senders once each', () => {
    const { h, block } = accepted({ n: 7, me: 6 });
    const commits = [0, 1, 2, 1, 2, 3].map((index) => h.peer(index).commit(0, block));
    assert.deepEqual(h.inject(...commits), ['drop DUPLICATE V1', 'drop DUPLICATE V2']);
    assert.match(h.inject(h.peer(4).commit(0, block)).join(), /commit B round 0 by 0 1 2 3 4$/);
  });

  it('C13 decides on a commit quorum without having seen a prepare', () => {
    const { h, block } = accepted();
    assert.deepEqual(h.inject(...h.peers(0, 1, 2).map((peer) => peer.commit(0, block))), [
      'cancel timers',
      'commit B round 0 by 0 1 2',
    ]);
  });

  it('C15 decides on a commit quorum of an earlier round', () => {
    const { h, block } = accepted();
    h.timeout('round');
    assert.deepEqual(h.inject(...h.peers(0, 1, 2).map((peer) => peer.commit(0, block))), [
      'cancel timers',
      'commit B round 0 by 0 1 2',
    ]);
  });

  it('C15 does not mix commits of two rounds', () => {
    const { h, block } = accepted();
    h.inject(h.peer(0).commit(0, block), h.peer(1).commit(0, block));
    assert.deepEqual(h.inject(h.peer(2).commit(1, block)), []);
  });

  it('C16 fetches a block that a quorum committed, validates it and decides', () => {
    const h = new CoreHarness();
    const block = h.block('X');
    const commits = h.peers(0, 1, 2).map((peer) => peer.commit(0, block));
    assert.deepEqual(h.inject(...commits), ['fetch X from V0 V1 V2']);
    h.work();
    assert.deepEqual(h.timeout('resend'), ['timer resend round 0 in 1000', 'fetch X from V0 V1 V2']);
    assert.deepEqual(h.fetched(h.block('Y')), ['drop STALE_ANSWER nobody']);
    assert.deepEqual(h.fetched(block), [
      'validate X as re-proposal',
      'cancel timers',
      'commit X round 0 by 0 1 2',
    ]);
  });

  it('C16 halts when it finds a block invalid that a quorum committed, and signs nothing any more', () => {
    const h = new CoreHarness();
    const block = h.block('X');
    h.invalid.add(block.hash);
    h.inject(...h.peers(0, 1, 2).map((peer) => peer.commit(0, block)));
    assert.deepEqual(h.fetched(block), [
      'validate X as re-proposal',
      'drop INVALID_BLOCK nobody',
      'cancel timers',
      'halt on X',
    ]);
    assert.deepEqual(h.timeout('round'), []);
    assert.deepEqual(h.inject(h.peer(0).proposal(0, block)), ['drop DECIDED V0']);
  });

  it('C16 asks a second time, as a certified block, before it halts on one that it refused as a proposal', () => {
    const h = new CoreHarness({ validates: false });
    const block = h.block('X');
    h.inject(h.peer(0).proposal(0, block));
    assert.deepEqual(h.validated(block, false), ['drop INVALID_BLOCK V0']);
    const commits = h.peers(0, 1, 2).map((peer) => peer.commit(0, block));
    assert.deepEqual(h.inject(...commits), ['validate X as re-proposal']);
    assert.deepEqual(h.validated(block), ['cancel timers', 'commit X round 0 by 0 1 2']);
  });

  it('C18 counts the first of two different commits of a validator and reports the pair', () => {
    const { h, block } = accepted();
    h.inject(h.peer(1).commit(0, block));
    assert.deepEqual(h.inject(h.peer(1).commit(0, h.block('C'))), [
      'evidence commit of V1',
      'drop CONFLICT V1',
    ]);
    assert.deepEqual(h.core.roundState().commits, [h.peer(1).id]);
  });

  it('C18 Q01 reports two different prepares of a validator once', () => {
    const { h, block } = accepted();
    h.inject(h.peer(1).prepare(0, h.block('C')));
    assert.deepEqual(h.inject(h.peer(1).prepare(0, block)), ['evidence prepare of V1', 'drop CONFLICT V1']);
    assert.deepEqual(h.inject(h.peer(1).prepare(0, block)), ['drop CONFLICT V1']);
  });

  it('M10 decides by a certificate, validating the block first, and refuses one below the quorum', () => {
    const h = new CoreHarness();
    const block = h.block('X');
    const seals = (...indexes: number[]) => sealsOf(h.peers(...indexes), 2, block);
    assert.deepEqual(h.certificate(block, seals(0, 1)), ['drop BAD_JUSTIFICATION nobody']);
    assert.deepEqual(h.certificate(h.block('Y'), seals(0, 1, 2)), ['drop BAD_JUSTIFICATION nobody']);
    assert.deepEqual(h.certificate(block, seals(0, 1, 2)), [
      'validate X as re-proposal',
      'cancel timers',
      'commit X round 2 by 0 1 2',
    ]);
    assert.deepEqual(h.certificate(block, seals(0, 1, 2)), ['drop STALE_ANSWER nobody']);
  });

  it('M10 decides by a Decided message whose seals hold, and refuses one whose seals do not', () => {
    const h = new CoreHarness();
    const block = h.block('X');
    const certificate = h.certificateOf(sealsOf(h.peers(0, 1, 2), 0, block));
    const forged = { ...certificate, seals: [...certificate.seals].reverse() };
    assert.deepEqual(h.inject({ kind: 'decided', block: block.proposal, certificate: forged }), [
      'refused BAD_SIGNATURE',
    ]);
    const short = h.certificateOf(sealsOf(h.peers(0, 1), 0, block));
    assert.deepEqual(h.inject({ kind: 'decided', block: block.proposal, certificate: short }), [
      'refused BAD_JUSTIFICATION',
    ]);
    assert.match(
      h.inject({ kind: 'decided', block: block.proposal, certificate }).join(),
      /commit X round 0 by 0 1 2$/,
    );
  });
});
