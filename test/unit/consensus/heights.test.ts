import assert from 'node:assert/strict';
import { decodeConsensusMessage, encodeConsensusMessage } from '../../../src/types/consensus-message.ts';
import { ValidatorSet } from '../../../src/types/validator.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { CoreHarness, validatorAt, validatorSet } from '../../support/consensus/core-harness.ts';
import { preparesOf } from '../../support/consensus/peer.ts';

/** Height 1 with block B, and the block N of height 2 on it. */
function twoHeights(options: ConstructorParameters<typeof CoreHarness>[0] = {}) {
  const h = new CoreHarness(options);
  const block = h.block('B');
  const { height, timeMs, proposer } = block.proposal.header;
  const parent = { height, hash: block.hash, timeMs, proposer };
  const next = h.block('N', 1, { parent, timeMs: timeMs + 1000 });
  const decide = () =>
    h.inject(h.peer(0).proposal(0, block), ...h.peers(0, 1, 2).map((peer) => peer.commit(0, block)));
  return { h, block, next, decide };
}

describe('Consensus core, sections J, K and N: future and past heights, bounds', () => {
  it('K01 keeps a complete exchange of the next height and applies it when that height starts', () => {
    const { h, block, next, decide } = twoHeights();
    h.inject(h.peer(1).proposal(0, next));
    h.inject(h.peer(1).prepare(0, next), h.peer(2).prepare(0, next));
    h.inject(h.peer(1).commit(0, next), h.peer(2).commit(0, next));
    assert.ok(h.sent.every((message) => message.kind === 'round-change'));
    decide();
    assert.deepEqual(h.startAfter(block), [
      'timer propose round 0 in 10000',
      'timer resend round 0 in 1000',
      'timer round round 0 in 2000',
      'validate N',
      'send prepare 0 N',
      'send commit 0 N (3 prepares)',
      'cancel timers',
      'commit N round 0 by 1 2 3',
    ]);
  });

  it('K02 ends a round in which it is alone once f + 1 are at the next height, to be answered with the block', () => {
    const { h, next } = twoHeights();
    h.work();
    h.timeout('round');
    assert.deepEqual(h.timeout('round'), []);
    h.inject(h.peer(1).prepare(0, next));
    assert.deepEqual(h.timeout('round'), []);
    assert.ok(h.inject(h.peer(2).prepare(0, next)).includes('timer round round 1 in 2000'));
    assert.ok(h.timeout('round').includes('send round change 2'));
  });

  it('K03 drops messages beyond the next two heights and reports that it is behind once f + 1 are there', () => {
    const { h, block } = twoHeights();
    assert.deepEqual(h.inject(h.peer(1).prepare(0, block, 5)), ['drop FUTURE_HEIGHT V1']);
    assert.deepEqual(h.inject(h.peer(1).prepare(0, block, 9)), ['drop FUTURE_HEIGHT V1']);
    assert.deepEqual(h.inject(h.peer(2).prepare(0, block, 6)).slice(0, 2), [
      'drop FUTURE_HEIGHT V2',
      'behind 5',
    ]);
    assert.deepEqual(h.inject(h.peer(2).commit(0, block, 6)), ['drop FUTURE_HEIGHT V2']);
    assert.deepEqual(h.inject(h.peer(0).prepare(0, block, 9)), ['drop FUTURE_HEIGHT V0', 'behind 8']);
  });

  it('K03 is not behind for one height of difference, nor for strangers', () => {
    const { h, block } = twoHeights();
    for (const index of [0, 1, 2]) {
      const lines = h.inject(h.peer(index).prepare(0, block, 2));
      assert.ok(lines.every((line) => !line.startsWith('behind')));
    }
    for (const index of [8, 9])
      assert.deepEqual(h.injectUnchecked(h.peer(index).prepare(0, block, 9)), [
        `drop FUTURE_HEIGHT V${index}`,
      ]);
  });

  it('K03 N04 asks for the next block, again and again, where it signs nothing and f + 1 validators have it', () => {
    const joiner = twoHeights({ me: 4, validators: validatorSet(4), nextValidators: validatorSet(5) });
    const withoutJournal = twoHeights({
      restored: { round: 0, messages: [], blocks: [], prepared: undefined, mayNotSign: true },
    });
    for (const { h, block } of [joiner, withoutJournal]) {
      h.inject(h.peer(0).prepare(0, block, 2));
      h.inject(h.peer(1).prepare(0, block, 2));
      for (let i = 0; i < 2; i++)
        assert.deepEqual(h.timeout('resend'), ['timer resend round 0 in 1000', 'behind 1']);
    }
    const validator = twoHeights();
    for (const index of [0, 1]) validator.h.inject(validator.h.peer(index).prepare(0, validator.block, 2));
    assert.ok(!validator.h.timeout('resend').includes('behind 1'), 'its round change will be answered');
  });

  it('M04 reports a certificate of a later height, and does nothing for one of a past height', () => {
    const { h, block, next, decide } = twoHeights();
    const seals = h.peers(0, 1, 2).map((peer) => peer.commit(0, next).commit);
    assert.deepEqual(h.certificate(next, seals), ['behind 2']);
    decide();
    h.startAfter(block);
    const old = h.peers(0, 1, 2).map((peer) => peer.commit(0, block).commit);
    assert.deepEqual(h.certificate(block, old), ['drop PAST_HEIGHT nobody']);
  });

  it('K04 keeps the votes of a height that is started twice', () => {
    const { h, block } = twoHeights();
    h.inject(h.peer(0).proposal(0, block), h.peer(0).prepare(0, block));
    assert.deepEqual(h.start(), []);
    assert.equal(h.core.roundState().prepares.length, 2);
  });

  it('K06 ignores timers of an imported height', () => {
    const { h, block, decide } = twoHeights();
    decide();
    h.startAfter(block);
    for (const timer of ['propose', 'round', 'resend'] as const) assert.deepEqual(h.timeout(timer, 0, 1), []);
  });

  it('answers a late round change with the decided block, at most so many times per height', () => {
    const { h, block, decide } = twoHeights();
    decide();
    h.startAfter(block);
    const late = h.peer(1).roundChange(1);
    for (let i = 0; i < LIMITS.maxDecidedAnswersPerPeer; i++)
      assert.deepEqual(h.inject(late), ['drop PAST_HEIGHT V1', 'decided 1 to V1']);
    assert.deepEqual(h.inject(late), ['drop PAST_HEIGHT V1']);
    assert.deepEqual(
      h.inject(h.peer(2).commit(0, block)),
      ['drop PAST_HEIGHT V2'],
      'one beyond the quorum is not lost',
    );
  });

  it('J04 keeps one message per validator, kind and height, the one of the highest round', () => {
    const { h, block, next, decide } = twoHeights();
    h.inject(h.peer(2).prepare(0, next));
    for (let round = 0; round < 100; round++) h.inject(h.peer(1).prepare(round, next));
    assert.deepEqual(h.inject(h.peer(1).prepare(3, next)), ['drop DUPLICATE V1']);
    decide();
    const lines = h.startAfter(block);
    assert.deepEqual(
      lines.slice(1),
      ['drop FUTURE_ROUND V1'],
      'round 99 replaced the lower ones and is out of the window',
    );
  });

  it('J04 gives every validator an equal share of the byte budget', () => {
    const { h, next } = twoHeights();
    const share = LIMITS.maxBufferedBytesPerHeight / 4;
    assert.deepEqual(h.injectUnchecked(h.peer(1).proposal(0, next), share), []);
    assert.deepEqual(h.injectUnchecked(h.peer(1).prepare(0, next), 200), ['drop BUFFER_FULL V1']);
    assert.deepEqual(
      h.injectUnchecked(h.peer(2).prepare(0, next), 200).filter((line) => line.startsWith('drop')),
      [],
    );
  });

  it('N04 keeps messages of a validator that only joins the next set, and drops those of one that leaves it', () => {
    const five = validatorSet(5);
    const { h, block, next, decide } = twoHeights({ nextValidators: five });
    assert.deepEqual(h.injectUnchecked(h.peer(4).prepare(0, next)), []);
    decide();
    h.startAfter(block, { validators: five });
    h.injectUnchecked(h.peer(1).proposal(0, next));
    assert.ok(h.core.roundState().prepares.includes(validatorAt(4).id));
    const without = new ValidatorSet([0, 1, 3].map(validatorAt));
    const other = twoHeights({ nextValidators: without });
    assert.deepEqual(other.h.inject(other.h.peer(2).prepare(0, other.next)), ['drop NOT_VALIDATOR V2']);
  });

  it('N04 drops what it kept for h + 2 from validators that left the set or changed their key', () => {
    const { h, block, next, decide } = twoHeights();
    const { timeMs } = next.proposal.header;
    const parent = { height: 2, hash: next.hash, timeMs, proposer: validatorAt(1).id };
    const third = h.block('T', 2, { parent, timeMs: timeMs + 1000 });
    assert.equal(h.inject(h.peer(0).commit(0, third), h.peer(1).commit(0, third))[0], 'behind 2');
    h.inject(h.peer(2).commit(0, third));
    decide();
    const rotated = { ...validatorAt(1), consensusKey: '77'.repeat(32) };
    const changed = new ValidatorSet([validatorAt(0), rotated, validatorAt(3)]);
    h.startAfter(block, { nextValidators: changed });
    const lines = h.startAfter(next, { validators: changed });
    assert.ok(
      lines.every((line) => !line.startsWith('fetch')),
      'only the commit of V0 is left, the quorum is 2',
    );
    assert.deepEqual(h.injectUnchecked(h.peer(3).commit(0, third)), ['fetch T from V0 V3']);
  });

  it('U06 U07 compares messages by content, whatever buffers they were decoded from', () => {
    const { h, block } = twoHeights();
    const bytes = encodeConsensusMessage(h.peer(1).prepare(0, block));
    const first = Uint8Array.from(bytes);
    h.inject(decodeConsensusMessage(first));
    first.fill(0);
    assert.deepEqual(h.inject(decodeConsensusMessage(Uint8Array.from(bytes))), ['drop DUPLICATE V1']);
    h.inject(h.peer(0).proposal(0, block));
    assert.equal(h.core.roundState().prepares.length, 2);
  });

  it('J06 refuses a round change with more prepares than validators before it looks at a signature', () => {
    const { h, block } = twoHeights();
    const [prepare] = preparesOf(h.peers(1), 0, block) as [ReturnType<typeof preparesOf>[0]];
    const message = h.peer(1).roundChange(1, { round: 0, block, prepares: Array(10_000).fill(prepare) });
    assert.deepEqual(h.inject(message), ['refused MALFORMED']);
  });
});
