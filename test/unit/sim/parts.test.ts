import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { UnsignedMessage } from '../../../src/consensus/contract.ts';
import { EventQueue } from '../../../src/sim/event-queue.ts';
import { ALL_FAULTS, drawFaults, isStrategy } from '../../../src/sim/faults/faults.ts';
import { Invariants } from '../../../src/sim/invariants.ts';
import { SimJournal } from '../../../src/sim/journal.ts';
import { GOOD_LINKS, SimNetwork } from '../../../src/sim/network.ts';
import { Random } from '../../../src/sim/random.ts';
import { Ed25519Scheme, Signatures, TokenScheme } from '../../../src/sim/signatures.ts';
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

  for (const name of ['tokens', 'Ed25519'])
    it(`accepts a signature only for the key and the content it was made for: ${name}`, () => {
      const make = () => (name === 'tokens' ? new TokenScheme() : new Ed25519Scheme('ab'.repeat(32)));
      const scheme = make();
      const [a, b] = [scheme.publicKeyOf('a'), scheme.publicKeyOf('b')];
      const body = { height: 3, round: 1, blockHash: 'cd'.repeat(32) };
      const signature = scheme.sign(a, { tag: 'prepare', body });
      const holds = (key: string, tag: 'prepare' | 'seal' | 'proposal', change: Partial<typeof body> = {}) =>
        scheme.verify(key, { tag, body: { ...body, ...change } }, signature);
      assert.ok(holds(a, 'prepare'));
      assert.ok(!holds(b, 'prepare'));
      assert.ok(!holds(a, 'seal') && !holds(a, 'proposal'), 'another kind of message');
      assert.ok(!holds(a, 'prepare', { height: 4 }) && !holds(a, 'prepare', { round: 0 }));
      assert.ok(!holds(a, 'prepare', { blockHash: 'ce'.repeat(32) }));
      const roundChange = { height: 3, round: 1, preparedRound: 0, preparedHash: body.blockHash };
      const claim = scheme.sign(a, { tag: 'round-change', body: roundChange });
      const isClaim = (change: Partial<typeof roundChange>) =>
        scheme.verify(a, { tag: 'round-change', body: { ...roundChange, ...change } }, claim);
      assert.ok(isClaim({}) && !isClaim({ preparedRound: 1 }) && !isClaim({ preparedHash: a }));
      assert.ok(!scheme.verify(a, { tag: 'seal', body }, 'f0'.repeat(64)), 'nobody made it');
    });

  it('draws at least three classes where as many are allowed, and never more faulty nodes than f', () => {
    for (let seed = 0; seed < 200; seed++) {
      const drawn = drawFaults(new Random(seed), ALL_FAULTS, 1);
      assert.ok(drawn.length >= 3 && new Set(drawn).size === drawn.length);
      assert.ok(drawn.filter((fault) => isStrategy(fault) || fault === 'missing-journal').length <= 1);
    }
    assert.deepEqual(drawFaults(new Random(1), ['crash', 'silent'], 0), ['crash']);
  });

  it('keeps a prefix of what was written but not synced when a node crashes', () => {
    const tokens = new Signatures('ab'.repeat(32));
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
    assert.equal(journal.unsynced, 2);
    journal.crash(1);
    assert.deepEqual(journal.restoredState(1).messages, messages.slice(0, 2));
    assert.equal(journal.restoredState(1).mayNotSign, false);
    journal.lose(1);
    assert.equal(journal.restoredState(1).mayNotSign, true);
    assert.equal(journal.restoredState(2).mayNotSign, false);
  });

  it('separates groups, cuts single directions and heals', () => {
    const links = { ...GOOD_LINKS, minDelayMs: 1, jitterMs: 0, duplication: 1 };
    const network = new SimNetwork(links, new Random(1), 3);
    assert.deepEqual(network.deliveries(0, 1), [1, 1]);
    const mend = network.partition([1, 2, 1]);
    network.cut(0, 2);
    assert.deepEqual(
      [network.isLinked(0, 1), network.isLinked(0, 2), network.isLinked(2, 0)],
      [false, false, true],
    );
    mend();
    assert.ok(network.isLinked(0, 1) && !network.isLinked(0, 2), 'a cut of its own stays');
    network.heal();
    assert.ok(network.isLinked(0, 1) && network.isLinked(0, 2));
  });

  it('T01 T02 T03 T04 T05 T06 T07 T08 T10 notices each broken invariant', () => {
    const h = new CoreHarness();
    const [block, other] = [h.block('B'), h.block('C')];
    const make = (isValid = true) =>
      new Invariants(h.tokens, { validatorsAt: () => validatorSet(4), isValid: () => isValid });
    const node = { index: 0, id: validatorAt(0).id, headHeight: 0, isDurable: () => true };
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
      () => make().onDecide({ ...node, headHeight: 1 }, block, seals(block, 0, 1, 2)),
      () => {
        // V3 may be lying, so three commits in round 0 may be a quorum; another block follows in round 1.
        const invariants = new Invariants(
          h.tokens,
          { validatorsAt: () => validatorSet(4), isValid: () => true },
          new Set([validatorAt(3).id]),
        );
        const send = (index: number, round: number, b: typeof block) =>
          invariants.onSend({ ...node, index, id: validatorAt(index).id }, h.peer(index).commit(round, b));
        send(0, 0, block);
        send(2, 1, other);
        send(1, 0, block);
      },
      () => {
        const message = { kind: 'prepare' as const, height: 1, round: 0, blockHash: block.hash, block };
        make().onEffects({ ...node, id: validatorAt(9).id }, [{ kind: 'sign-and-broadcast', message }]);
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
