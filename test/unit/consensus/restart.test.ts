import assert from 'node:assert/strict';
import type { OwnMessage, RestoredState } from '../../../src/consensus/contract.ts';
import { CoreHarness } from '../../support/consensus/core-harness.ts';

const NOTHING: RestoredState = { round: 0, messages: [], blocks: [], prepared: undefined, mayNotSign: false };

/** The same validator after a restart, with what its journal holds. */
function restarted(
  before: CoreHarness,
  restored: Partial<RestoredState> & { messages: OwnMessage[] },
): CoreHarness {
  return new CoreHarness({ me: before.me, restored: { ...NOTHING, ...restored } });
}

describe('Consensus core, section L: restart with a journal', () => {
  it('L01 sends the stored prepare again, bytes unchanged, and never one for another block of that round', () => {
    const before = new CoreHarness();
    const block = before.block('B');
    before.inject(before.peer(0).proposal(0, block));
    const h = restarted(before, { messages: before.sent, blocks: [block] });
    const resend = h.effects.find((effect) => effect.kind === 'resend');
    assert.deepEqual(resend?.messages, before.sent);
    assert.deepEqual(h.inject(h.peer(0).proposal(0, h.block('C'))), ['drop CONFLICT V0']);
    assert.deepEqual(h.inject(h.peer(0).proposal(0, block)), []);
    assert.deepEqual(h.sent, []);
    assert.deepEqual(h.inject(h.peer(0).prepare(0, block), h.peer(1).prepare(0, block)), [
      `send commit 0 ${block.hash.slice(0, 8)} (3 prepares)`,
    ]);
  });

  it('L03 carries the prepared certificate in its round changes after a restart', () => {
    const before = new CoreHarness();
    const block = before.block('B');
    before.inject(
      before.peer(0).proposal(0, block),
      before.peer(0).prepare(0, block),
      before.peer(1).prepare(0, block),
    );
    before.timeout('round');
    const { prepares } = before.lastSent('round-change');
    const messages = before.sent.slice(0, 2);
    const prepared = { round: 0, blockHash: block.hash, certificate: prepares };
    const h = restarted(before, { messages, blocks: [block], prepared });
    h.block('B');
    assert.deepEqual(h.timeout('round'), [
      'timer round round 1 in 2000',
      'send round change 1 prepared 0 B (3 prepares)',
    ]);
  });

  it('L04 sends the stored proposal again and never builds another one for that round', () => {
    const before = new CoreHarness({ me: 0, wallMs: 1_005_000 });
    before.work();
    const block = before.block('B', 0);
    before.built(block);
    const messages = before.sent.filter((message) => message.kind === 'proposal');
    const h = restarted(before, { messages, blocks: [block] });
    h.block('B', 0);
    const kinds = h.effects.map((effect) => effect.kind);
    assert.ok(kinds.includes('resend') && !kinds.includes('build-block'));
    assert.deepEqual(h.built(h.block('C', 0)), ['drop STALE_ANSWER nobody']);
    assert.deepEqual(h.work(), []);
    assert.deepEqual(
      h.sent.map((message) => message.kind),
      ['prepare'],
      'it may still vote for its own proposal',
    );
  });

  it('L06 L07 all validators restart after preparing, resend stored bytes and decide without signing twice', () => {
    const cores = [0, 1, 2, 3].map((me) => new CoreHarness({ me, wallMs: 1_005_000 }));
    const block = cores[0]?.block('B', 0);
    assert.ok(block);
    const proposal = cores[0]?.peer(0).proposal(0, block);
    assert.ok(proposal);
    for (const core of cores) core.injectUnchecked(proposal);
    const stored = cores.map((core) => core.sent.filter((message) => message.kind === 'prepare'));
    const again = cores.map((core, i) =>
      restarted(core, { messages: stored[i] as OwnMessage[], blocks: [block] }),
    );
    for (const core of again) core.block('B', 0);
    const resent = again.flatMap((core) =>
      core.effects.flatMap((e) => (e.kind === 'resend' ? e.messages : [])),
    );
    assert.equal(resent.length, 4);
    for (const core of again) for (const message of resent) core.injectUnchecked(message);
    const commits = again.map((core) => core.lastSent('commit'));
    for (const core of again) for (const commit of commits) core.injectUnchecked(commit);
    assert.ok(again.every((core) => core.core.roundState().step === 'decided'));
    assert.ok(
      again.every((core) => core.sent.length === 1),
      'nothing but the commit was signed',
    );
  });

  it('L07 continues in the restored round and signs nothing for rounds before it', () => {
    const before = new CoreHarness();
    before.work();
    before.endRounds(3);
    const h = restarted(before, { messages: before.sent, round: 3 });
    assert.equal(h.core.roundState().round, 3);
    const resend = h.effects.find((effect) => effect.kind === 'resend');
    assert.deepEqual(resend?.messages, [before.lastSent('round-change')]);
    assert.deepEqual(h.inject(h.peer(0).proposal(0, h.block('B'))), ['drop PAST_ROUND V0']);
    h.inject(h.peer(0).roundChange(3), h.peer(1).roundChange(3));
    assert.deepEqual(h.timeout('round', 3), ['timer round round 4 in 8000', 'send round change 4']);
  });

  it('L09 L10 takes part without signing when the journal is lost or damaged, and still decides', () => {
    const h = new CoreHarness({ restored: { ...NOTHING, mayNotSign: true } });
    const block = h.block('B');
    h.inject(h.peer(0).proposal(0, block), ...h.peers(0, 1, 2).map((peer) => peer.prepare(0, block)));
    assert.deepEqual(h.timeout('round'), []);
    assert.deepEqual(h.sent, []);
    assert.match(
      h.inject(...h.peers(0, 1, 2).map((peer) => peer.commit(0, block))).join(),
      /commit B round 0/,
    );
  });

  it('L13 does not sign a step for which an own message turns up from elsewhere', () => {
    const h = new CoreHarness({ validates: false });
    const [block, other] = [h.block('B'), h.block('C')];
    h.inject(h.peer(0).proposal(0, block));
    h.inject(h.peer(3).prepare(0, other));
    assert.deepEqual(h.validated(block), []);
    assert.deepEqual(h.sent, []);
  });

  it('decides alone from the journal as the only validator', () => {
    const before = new CoreHarness({ n: 1, me: 0, wallMs: 1_005_000 });
    before.work();
    const block = before.block('B', 0);
    before.built(block);
    const certificate = before.sent.flatMap((message) =>
      message.kind === 'prepare' ? [message.prepare] : [],
    );
    const prepared = { round: 0, blockHash: block.hash, certificate };
    const restored = { ...NOTHING, messages: before.sent, blocks: [block], prepared };
    const h = new CoreHarness({ n: 1, me: 0, restored });
    assert.ok(h.effects.some((effect) => effect.kind === 'commit'));
    assert.deepEqual(h.sent, []);
  });
});
