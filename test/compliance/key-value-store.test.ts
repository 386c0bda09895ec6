import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type BatchOperation, type KeyValueStore, prefixRange } from '../../src/storage/key-value.ts';
import { LevelStore } from '../../src/storage/level-store.ts';
import { MemoryStore } from '../../src/storage/memory-store.ts';
import { compareBytes, toHex } from '../../src/util/bytes.ts';
import { useTemporaryDirectory } from '../support/temporary-directory.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);
const put = (key: Uint8Array, value: Uint8Array): BatchOperation => ({ type: 'put', key, value });
const del = (key: Uint8Array): BatchOperation => ({ type: 'del', key });

async function keysOf(store: KeyValueStore, range: Parameters<KeyValueStore['pages']>[0]): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of store.pages(range)) keys.push(...page.map(({ key }) => toHex(key)));
  return keys;
}

function describeStore(name: string, open: (directory: string) => Promise<KeyValueStore>): void {
  describe(`The key-value store ${name}`, () => {
    const directory = useTemporaryDirectory();
    let store: KeyValueStore;
    beforeEach(async () => {
      store = await open(directory.join('db'));
    });
    afterEach(() => store.close());

    it('has no value for a key that was never written', async () => {
      assert.equal(store.getSync(bytes(1)), undefined);
    });

    it('returns plain copies of what was written, empty values included', async () => {
      const key = bytes(1, 2);
      const value = bytes(3, 4);
      await store.batch([put(key, value), put(bytes(9), bytes())], { sync: true });
      key[0] = 7;
      value[0] = 7;
      assert.deepEqual(store.getSync(bytes(1, 2)), bytes(3, 4));
      assert.deepEqual(store.getSync(bytes(9)), bytes());
      const read = store.getSync(bytes(1, 2)) as Uint8Array;
      read[0] = 0;
      assert.deepEqual(store.getSync(bytes(1, 2)), bytes(3, 4));
    });

    it('applies the operations of a batch in their order', async () => {
      const key = bytes(1);
      await store.batch(
        [put(key, bytes(1)), del(key), put(key, bytes(2)), put(bytes(2), bytes(1)), del(bytes(2))],
        {
          sync: false,
        },
      );
      assert.deepEqual(store.getSync(key), bytes(2));
      assert.equal(store.getSync(bytes(2)), undefined);
    });

    it('iterates a range in byte order, with an exclusive end', async () => {
      const keys = [bytes(1), bytes(1, 0), bytes(1, 255), bytes(2), bytes(255)];
      await store.batch(
        [...keys].reverse().map((key) => put(key, key)),
        { sync: true },
      );
      const all = { gte: bytes(1), lt: bytes(255) };
      assert.deepEqual(await keysOf(store, all), ['01', '0100', '01ff', '02']);
      assert.deepEqual(await keysOf(store, prefixRange(bytes(1))), ['01', '0100', '01ff']);
      assert.deepEqual(await keysOf(store, prefixRange(bytes(1, 255))), ['01ff']);
      assert.deepEqual(await keysOf(store, { gte: bytes(3), lt: bytes(4) }), []);
    });

    it('iterates what was there at the beginning although it changes meanwhile', async () => {
      const key = (i: number) => bytes(1, i >> 8, i & 255);
      await store.batch(
        Array.from({ length: 2500 }, (_, i) => put(key(i), bytes(i & 255))),
        { sync: true },
      );
      let seen = 0;
      for await (const page of store.pages(prefixRange(bytes(1)))) {
        if (seen === 0)
          await store.batch(
            Array.from({ length: 2500 }, (_, i) => del(key(i))),
            { sync: true },
          );
        seen += page.length;
      }
      assert.equal(seen, 2500);
      assert.deepEqual(await keysOf(store, prefixRange(bytes(1))), []);
    });

    it('behaves like a sorted map for any sequence of batches', async () => {
      const key = fc.uint8Array({ minLength: 1, maxLength: 3, max: 3 });
      const operation = fc.oneof(
        fc.record({ type: fc.constant('put' as const), key, value: fc.uint8Array({ maxLength: 4 }) }),
        fc.record({ type: fc.constant('del' as const), key }),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(operation, { maxLength: 12 }), { maxLength: 6 }),
          key,
          async (batches, from) => {
            await store.batch(
              (await keysOf(store, { gte: bytes(), lt: bytes(255) })).map((hex) =>
                del(Buffer.from(hex, 'hex')),
              ),
              {
                sync: false,
              },
            );
            const model = new Map<string, Uint8Array>();
            for (const batch of batches) {
              await store.batch(batch, { sync: false });
              for (const change of batch)
                if (change.type === 'put') model.set(toHex(change.key), change.value);
                else model.delete(toHex(change.key));
            }
            const expected = [...model.keys()]
              .filter((hex) => compareBytes(Buffer.from(hex, 'hex'), from) >= 0)
              .sort((a, b) => compareBytes(Buffer.from(a, 'hex'), Buffer.from(b, 'hex')));
            assert.deepEqual(await keysOf(store, { gte: from, lt: bytes(255) }), expected);
            for (const [hex, value] of model)
              assert.equal(toHex(store.getSync(Buffer.from(hex, 'hex')) as Uint8Array), toHex(value));
          },
        ),
        { numRuns: 40 },
      );
    });
  });
}

describeStore('in memory', async () => new MemoryStore());
describeStore('on disk', (directory) => LevelStore.open(directory));

describe('The range of a prefix', () => {
  it('carries over trailing 0xff bytes and does not exist for 0xff alone', () => {
    assert.deepEqual(prefixRange(bytes(1, 255, 255)).lt, bytes(2));
    assert.throws(() => prefixRange(bytes(255, 255)), RangeError);
  });
});
