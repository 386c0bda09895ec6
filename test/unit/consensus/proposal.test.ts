import assert from 'node:assert/strict';
import type { ProposalMessage } from '../../../src/types/consensus-message.ts';
import { CoreHarness } from '../../support/consensus/core-harness.ts';

const ACCEPTED = ['timer resend round 0 in 1000', 'timer round round 0 in 2000'];

describe('Consensus core, section B: proposals of round 0', () => {
  it('B01 drops a proposal of a validator that is not the proposer', () => {
    const h = new CoreHarness();
    assert.deepEqual(h.inject(h.peer(1).proposal(0, h.block('B', 1))), ['drop NOT_PROPOSER V1']);
  });

  it('B03 drops a proposal whose digest is not the hash of its block', () => {
    const h = new CoreHarness();
    const swapped: ProposalMessage = { ...h.peer(0).proposal(0, h.block('B')), block: h.block('C').proposal };
    assert.deepEqual(h.inject(swapped), ['drop HASH_MISMATCH V0']);
  });

  it('B03 drops a proposal whose body is not the one its header commits to, and takes the intact one after', () => {
    const h = new CoreHarness();
    const block = h.block('B');
    const good = h.peer(0).proposal(0, block);
    const bad: ProposalMessage = { ...good, block: { ...good.block, transactionIds: [['12'.repeat(32)]] } };
    assert.deepEqual(h.inject(bad), ['drop HASH_MISMATCH V0']);
    assert.deepEqual(h.inject(good), [...ACCEPTED, 'validate B', 'send prepare 0 B']);
  });

  it('B04 does not prepare a block that the host finds invalid, and changes rounds unprepared', () => {
    const h = new CoreHarness();
    const block = h.block('B');
    h.invalid.add(block.hash);
    assert.deepEqual(h.inject(h.peer(0).proposal(0, block)), [
      ...ACCEPTED,
      'validate B',
      'drop INVALID_BLOCK V0',
    ]);
    assert.deepEqual(h.timeout('round'), ['timer round round 1 in 2000', 'send round change 1']);
  });

  it('B04 drops a block of another parent, another height or another builder', () => {
    const h = new CoreHarness();
    const elsewhere = { ...h.parent, hash: 'dd'.repeat(32) };
    assert.deepEqual(h.inject(h.peer(0).proposal(0, h.block('X', 0, { parent: elsewhere }))), [
      'drop INVALID_BLOCK V0',
    ]);
    const wrongHeight = h.block('Y', 0, { parent: { ...h.parent, height: 1 } });
    const message = h.peer(0).proposal(0, wrongHeight);
    const relabelled = { ...message.proposal.body, height: 1 };
    h.injectUnchecked({ ...message, proposal: { ...message.proposal, body: relabelled } });
    assert.ok(h.effects.some((effect) => effect.kind === 'drop' && effect.reason === 'INVALID_BLOCK'));
    assert.deepEqual(h.inject(h.peer(0).proposal(0, h.block('Z', 2))), ['drop INVALID_BLOCK V0']);
  });

  it('B06 says nothing to the same proposal again', () => {
    const h = new CoreHarness();
    const message = h.peer(0).proposal(0, h.block('B'));
    h.inject(message);
    assert.deepEqual(h.inject(message), ['drop DUPLICATE V0']);
    assert.deepEqual(h.inject(structuredClone(message)), ['drop DUPLICATE V0']);
  });

  it('B07 keeps the first of two different proposals and reports the pair once', () => {
    const h = new CoreHarness();
    const first = h.block('B');
    h.inject(h.peer(0).proposal(0, first));
    const second = h.peer(0).proposal(0, h.block('C'));
    assert.deepEqual(h.inject(second), ['evidence proposal of V0', 'drop CONFLICT V0']);
    assert.deepEqual(h.inject(second), ['drop CONFLICT V0']);
    assert.equal(h.core.roundState().proposalHash, first.hash);
  });

  it('B09 says nothing to a proposal after the decision', () => {
    const h = new CoreHarness();
    const block = h.block('B');
    h.inject(h.peer(0).proposal(0, block), ...h.peers(0, 1, 2).map((peer) => peer.commit(0, block)));
    assert.deepEqual(h.inject(h.peer(0).proposal(0, h.block('C'))), ['drop DECIDED V0']);
    assert.deepEqual(h.inject(h.peer(1).proposal(1, h.block('D', 1))), ['drop DECIDED V1']);
  });

  it('B10 drops a proposal of a past round', () => {
    const h = new CoreHarness();
    h.endRounds(2);
    const roundChanges = h.peers(0, 1, 2).map((peer) => peer.roundChange(1));
    const message = h.peer(1).proposal(1, h.block('B', 1), { roundChanges });
    assert.deepEqual(h.inject(message), ['drop PAST_ROUND V1']);
  });

  it('B12 drops proposals of strangers and with signatures of somebody else', () => {
    const h = new CoreHarness();
    const block = h.block('B');
    assert.deepEqual(h.inject(h.peer(9).proposal(0, block)), ['refused NOT_VALIDATOR']);
    assert.deepEqual(h.injectUnchecked(h.peer(9).proposal(0, block)), ['drop NOT_VALIDATOR V9']);
    const message = h.peer(0).proposal(0, block);
    const stolen = { ...message.proposal, signature: h.peer(1).prepare(0, block).prepare.signature };
    assert.deepEqual(h.inject({ ...message, proposal: stolen }), ['refused BAD_SIGNATURE']);
    const zero = { ...message.proposal, signature: '00'.repeat(64) };
    assert.deepEqual(h.inject({ ...message, proposal: zero }), ['refused BAD_SIGNATURE']);
  });

  it('B12 drops round-0 proposals that carry round changes or prepares', () => {
    const h = new CoreHarness();
    const block = h.block('B');
    const roundChanges = h.peers(0, 1, 2).map((peer) => peer.roundChange(1));
    assert.deepEqual(h.inject(h.peer(0).proposal(0, block, { roundChanges })), ['drop BAD_JUSTIFICATION V0']);
    const prepares = h.peers(0, 1, 2).map((peer) => peer.prepare(0, block).prepare);
    assert.deepEqual(h.inject(h.peer(0).proposal(0, block, { prepares })), ['drop BAD_JUSTIFICATION V0']);
  });

  it('B13 waits while the host holds a block that is early for its clock, and prepares when it says so', () => {
    const h = new CoreHarness({ validates: false });
    const block = h.block('B');
    assert.deepEqual(h.inject(h.peer(0).proposal(0, block)), [...ACCEPTED, 'validate B']);
    assert.equal(h.core.roundState().step, 'validating');
    h.nowMs += 150;
    assert.deepEqual(h.validated(block), ['send prepare 0 B']);
  });

  it('B13 asks again with the next re-send when the host could not tell', () => {
    const h = new CoreHarness({ validates: false });
    const block = h.block('B');
    h.inject(h.peer(0).proposal(0, block));
    assert.deepEqual(h.validated(block, false, true), []);
    assert.deepEqual(h.timeout('resend'), ['timer resend round 0 in 1000', 'validate B']);
    assert.deepEqual(h.validated(block), ['send prepare 0 B']);
  });

  it('B15 U01 does not prepare when the validation ends after the round', () => {
    const h = new CoreHarness({ validates: false });
    const block = h.block('B');
    h.inject(h.peer(0).proposal(0, block));
    assert.deepEqual(h.timeout('round'), ['timer round round 1 in 2000', 'send round change 1']);
    assert.deepEqual(h.validated(block), []);
    assert.deepEqual(h.validated(block), ['drop STALE_ANSWER nobody']);
    assert.deepEqual(
      h.sent.map((message) => message.kind),
      ['round-change'],
    );
  });
});
