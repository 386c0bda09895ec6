import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  EMPTY_SUBTREE,
  hashStateLeaf,
  hashStateNode,
  hashStateValue,
  stateKey,
  stateKeyBit,
  verifyStateProof,
} from '../../src/crypto/state-proof.ts';
import { State, type StateView } from '../../src/ledger/state/state.ts';
import { toHex, utf8 } from '../../src/util/bytes.ts';

type Model = ReadonlyMap<string, string>;

/** The root by the definition, without any sharing: what the tree must always agree with. */
function naiveRoot(model: Model): string {
  const leaves = [...model].map(([path, value]) => {
    const key = stateKey(path);
    return { key, hash: hashStateLeaf(key, hashStateValue(utf8(value))) };
  });
  const rootOf = (part: typeof leaves, depth: number): Uint8Array => {
    if (part.length === 0) return EMPTY_SUBTREE;
    if (part.length === 1) return (part[0] as (typeof leaves)[0]).hash;
    const side = (bit: 0 | 1) => part.filter(({ key }) => stateKeyBit(key, depth) === bit);
    return hashStateNode(rootOf(side(0), depth + 1), rootOf(side(1), depth + 1));
  };
  return toHex(rootOf(leaves, 0));
}

const path = fc.integer({ min: 0, max: 40 }).map((n) => `cell/${n}`);
const write = fc.record({ path, value: fc.option(fc.string({ maxLength: 4 }), { nil: undefined }) });
type Write = { path: string; value: string | undefined };

function applyToModel(model: Model, writes: readonly Write[]): Model {
  const next = new Map(model);
  for (const { path: at, value } of writes) {
    if (value === undefined) next.delete(at);
    else next.set(at, value);
  }
  return next;
}

function applyToView(view: StateView, writes: readonly Write[]): void {
  const writer = view.writer('bpi');
  for (const { path: at, value } of writes) {
    if (value === undefined) writer.delete(at);
    else writer.set(at, utf8(value));
  }
}

function assertContent(reader: { get(path: string): Uint8Array | undefined }, model: Model): void {
  for (let n = 0; n <= 40; n++) {
    const bytes = reader.get(`cell/${n}`);
    const expected = model.get(`cell/${n}`);
    assert.equal(
      bytes === undefined ? undefined : toHex(bytes),
      expected === undefined ? undefined : toHex(utf8(expected)),
    );
  }
}

describe('state tree against a naive model', () => {
  const step = fc.record({
    first: fc.array(write, { maxLength: 30 }),
    second: fc.array(write, { maxLength: 30 }),
    sibling: fc.array(write, { maxLength: 30 }),
    fate: fc.constantFrom('commit-both', 'commit-first', 'commit-second-at-once', 'discard'),
  });

  it('has the root of the definition on two stacked overlays, whatever is committed or discarded', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const state = new State();
        let committed: Model = new Map();
        for (const { first, second, sibling, fate } of steps) {
          const lower = state.extend();
          applyToView(lower, first);
          const lowerModel = applyToModel(committed, first);
          const other = state.extend();
          applyToView(other, sibling);
          const upper = lower.extend();
          applyToView(upper, second);
          const upperModel = applyToModel(lowerModel, second);
          assert.equal(lower.root('bpi'), naiveRoot(lowerModel));
          assert.equal(upper.root('bpi'), naiveRoot(upperModel));
          assert.equal(other.root('bpi'), naiveRoot(applyToModel(committed, sibling)));
          assertContent(upper.reader('bpi'), upperModel);
          if (fate === 'commit-second-at-once') {
            state.commit(upper);
            committed = upperModel;
          } else if (fate === 'commit-first' || fate === 'commit-both') {
            state.commit(lower);
            committed = lowerModel;
            assert.equal(upper.root('bpi'), naiveRoot(upperModel), 'the upper overlay survives');
            assertContent(upper.reader('bpi'), upperModel);
            if (fate === 'commit-both') {
              state.commit(upper);
              committed = upperModel;
            }
          }
          for (const view of [upper, lower, other]) view.discard();
          assert.equal(state.root('bpi'), naiveRoot(committed));
          assertContent(state.reader('bpi'), committed);
        }
        const reloaded = State.load(state.leaves());
        assert.equal(reloaded.stateRoot(), state.stateRoot());
        assert.equal(state.nodeCount, reloaded.nodeCount, 'no tree node is leaked or lost');
      }),
      { numRuns: 150 },
    );
  });

  it('proves every value and every absence, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 60 }), (writes) => {
        const state = new State();
        const view = state.extend();
        applyToView(view, writes);
        state.commit(view);
        const model = applyToModel(new Map(), writes);
        const root = state.root('bpi');
        for (let n = 0; n <= 40; n++) {
          const at = `cell/${n}`;
          const proof = state.prove('bpi', at);
          const text = model.get(at);
          const value = text === undefined ? undefined : utf8(text);
          assert.ok(verifyStateProof(root, at, value, proof), `${at} is proved`);
          assert.ok(!verifyStateProof(root, at, utf8('another'), proof));
          if (value !== undefined)
            assert.ok(!verifyStateProof(root, at, undefined, proof), `${at} is not absent`);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('takes a transaction back without a trace in values and root', () => {
    fc.assert(
      fc.property(fc.array(write), fc.array(write), fc.array(write), (before, inside, after) => {
        const state = new State();
        const view = state.extend();
        applyToView(view, before);
        view.checkpoint('bpi');
        applyToView(view, inside);
        view.revert('bpi');
        const model = applyToModel(new Map(), before);
        assertContent(view.reader('bpi'), model);
        assert.equal(view.root('bpi'), naiveRoot(model));
        applyToView(view, after);
        assert.equal(view.root('bpi'), naiveRoot(applyToModel(model, after)));
      }),
      { numRuns: 60 },
    );
  });
});
