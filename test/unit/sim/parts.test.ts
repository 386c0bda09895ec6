import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { UnsignedMessage } from '../../../src/consensus/contract.ts';
import { EventQueue } from '../../../src/sim/event-queue.ts';
import { Invariants } from '../../../src/sim/invariants.ts';
import { SimJournal } from '../../../src/sim/journal.ts';
import { SimNetwork } from '../../../src/sim/network.ts';
import { Random } from '../../../src/sim/random.ts';
import { SignatureTokens } from '../../../src/sim/tokens.ts';
import { errorCode } from '../../../src/util/errors.ts';
import { CoreHarness, validatorAt, validatorSet } from '../../support/consensus/core-harness.ts';

describe('Parts of the simulator', () => {
  it('takes events in order of time, and of arrival within one instant', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), (times) => {
        const queue = new EventQueue<number>();
        for (const [index, atMs] of times.entries()) queue.push(atMs, index);
        const taken: { atMs: number; event: number }[] = [];
        for (let next = queue.pop(); next !== undefined; next = queue.pop()) taken.push(next);
        const expected = times.map((atMs, event) => ({ atMs, event }));
        expected.sort((a, b) => a.atMs - b.atMs || a.event - b.event);
        assert.deepEqual(
          taken.map(({ atMs, event }) => ({ atMs, event })),
          expected,
        );
      }),
    );
  });

  it('draws the same numbers for the same seed, others for another, and stays in its range', () => {
    const draw = (seed: number | string) => {
      const random = new Random(seed);
      return Array.from({ length: 100 }, () => random.between(3, 9));
    };
    assert.deepEqual(draw(1), draw(1));
    assert.deepEqual(draw(1), draw('1'));
    assert.notDeepEqual(draw(1), draw(2));
    assert.deepEqual([...new Set(draw(1))].sort(), [3, 4, 5, 6, 7, 8, 9]);
  });

  it('accepts a token only for the key and the bytes for which it was minted', () => {
    const tokens = new SignatureTokens('ab'.repeat(32));
    const [a, b] = [validatorAt(0).consensusKey, validatorAt(1).consensusKey];
    const token = tokens.mint(a, Uint8Array.of(1));
    assert.ok(tokens.verify(a, Uint8Array.of(1), token));
    assert.ok(!tokens.verify(b, Uint8Array.of(1), token));
    assert.ok(!tokens.verify(a, Uint8Array.of(2), token));
    const computedElsewhere = new SignatureTokens('ab'.repeat(32)).mint(b, Uint8Array.of(1));
    assert.ok(
      !tokens.verify(b, Uint8Array.of(1), computedElsewhere),
      'right bytes, but nobody minted it here',
    );
  });

  it('keeps a prefix of what was written but not synced when a node crashes', () => {
    const tokens = new SignatureTokens('ab'.repeat(32));
    const journal = new SimJournal();
    const messages = [1, 2, 3].map((round) => {
      const unsigned: UnsignedMessage = {
        kind: 'round-change',
        height: 1,
        round,
        preparedRound: 0xffff_ffff,
        preparedHash: '00'.repeat(32),
        prepares: [],
      };
      const message = tokens.sign(unsigned, validatorAt(0));
      journal.write(message, unsigned);
      return message;
    });
    journal.sync(messages[0] as (typeof messages)[0]);
    journal.crash(new Random(4));
    const kept = journal.restoredState(1).messages;
    assert.deepEqual(kept, messages.slice(0, kept.length));
    assert.ok(kept.length >= 1);
  });

  it('separates groups, cuts single directions and heals', () => {
    const network = new SimNetwork({ minDelayMs: 1, jitterMs: 0, loss: 0, duplication: 1 }, new Random(1));
    assert.deepEqual(network.deliveries(0, 1), [1, 1]);
    network.partition([1, 2, 1]);
    network.cut(0, 2);
    assert.deepEqual(
      [network.isLinked(0, 1), network.isLinked(0, 2), network.isLinked(2, 0)],
      [false, false, true],
    );
    network.heal();
    assert.ok(network.isLinked(0, 1) && network.isLinked(0, 2));
  });

  it('notices each broken invariant', () => {
    const h = new CoreHarness();
    const [block, other] = [h.block('B'), h.block('C')];
    const make = (isValid = true) => new Invariants(h.tokens, validatorSet(4), () => isValid);
    const node = { index: 0, headHeight: 0, isDurable: () => true };
    const seals = (b: typeof block, ...of: number[]) =>
      h.certificateOf(h.peers(...of).map((peer) => peer.commit(0, b).commit));
    const committed = h.peer(0).commit(3, block);
    const violations: (() => void)[] = [
      () => {
        const invariants = make();
        invariants.onDecide(node, block, seals(block, 0, 1, 2));
        invariants.onDecide({ ...node, index: 1 }, other, seals(other, 0, 1, 2));
      },
      () => make(false).onDecide(node, block, seals(block, 0, 1, 2)),
      () => make().onDecide(node, block, seals(block, 0, 1)),
      () => make().onDecide(node, block, { ...seals(block, 0, 1, 2), round: 1 }),
      () => make().onSend({ ...node, isDurable: () => false }, committed),
      () => {
        const invariants = make();
        invariants.onSend(node, committed);
        invariants.onSend(node, h.peer(0).commit(3, other));
      },
      () => {
        const invariants = make();
        invariants.onSend(node, committed);
        invariants.onSend(node, h.peer(0).roundChange(4));
      },
      () => {
        const message = { kind: 'prepare' as const, height: 1, round: 0, blockHash: block.hash, block };
        make().onEffects({ ...node, headHeight: 1 }, [{ kind: 'sign-and-broadcast', message }]);
      },
      () => {
        const prepares = h.peers(0, 1).map((peer) => peer.prepare(0, block).prepare);
        const message = { kind: 'commit' as const, height: 1, round: 0, blockHash: block.hash, prepares };
        make().onEffects(node, [{ kind: 'sign-and-broadcast', message }]);
      },
      () => {
        const timer = { kind: 'schedule' as const, timer: 'round' as const, height: 1, afterMs: 1 };
        make().onEffects(node, [
          { ...timer, round: 2 },
          { ...timer, round: 1 },
        ]);
      },
      () =>
        make().onEffects(node, [
          { kind: 'schedule', timer: 'round', height: 1, round: 0, afterMs: Number.NaN },
        ]),
      () => make().onEffects(node, [{ kind: 'halt', height: 1, blockHash: block.hash, reason: 'test' }]),
      () => make().onEffects(node, Array(1000).fill({ kind: 'cancel-timers' })),
    ];
    for (const violate of violations)
      assert.throws(violate, (error) => errorCode(error) === 'INVARIANT_VIOLATED', violate.toString());
  });
});
