import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ValueStore } from '../../src/ledger/state/value-store.ts';
import { toHex, utf8 } from '../../src/util/bytes.ts';

/** Few paths, so that they are written again and deleted; one cannot stand in a page. */
const path = fc.oneof(
  fc.integer({ min: 0, max: 300 }).map((n) => `account/${n}/balance`),
  fc.constantFrom('', 'é', 'Ω/1', 'x'.repeat(3_000)),
);
const value = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.uint8Array({ minLength: 1_900, maxLength: 2_100, size: 'max' }),
);
const change = fc.record({ path, value: fc.option(value, { nil: undefined, freq: 3 }) });

describe('values of a sub-tree in pages', () => {
  it('hold what a map would hold, whatever is written and deleted', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 2_000, size: 'max' }), (changes) => {
        const store = new ValueStore();
        const model = new Map<string, string>();
        for (const { path: at, value: bytes } of changes) {
          if (bytes === undefined) {
            store.delete(at);
            model.delete(at);
          } else {
            store.set(at, bytes);
            model.set(at, toHex(bytes));
          }
        }
        for (const { path: at } of changes) {
          const found = store.get(at);
          assert.equal(found === undefined ? undefined : toHex(found), model.get(at));
        }
        const listed = [...store].map(([at, bytes]) => [at, toHex(bytes)] as const);
        assert.equal(listed.length, model.size, 'no path twice');
        assert.deepEqual(new Map(listed), model);
      }),
      { numRuns: 25 },
    );
  });

  it('gives out copies: what is read does not change with what is written later', () => {
    const store = new ValueStore();
    store.set('a', utf8('one'));
    const read = store.get('a');
    store.set('a', utf8('two'));
    assert.deepEqual(read, utf8('one'));
    read?.fill(0);
    assert.deepEqual(store.get('a'), utf8('two'));
  });

  it('uses the place of what was deleted again', () => {
    const store = new ValueStore();
    const fill = (round: number) => {
      for (let n = 0; n < 5_000; n++) store.set(`account/${round}/${n}`, new Uint8Array(60).fill(round));
    };
    fill(0);
    const before = store.bytes;
    for (let round = 1; round < 4; round++) {
      for (let n = 0; n < 5_000; n++) store.delete(`account/${round - 1}/${n}`);
      fill(round);
    }
    assert.equal(store.bytes, before);
  });
});
