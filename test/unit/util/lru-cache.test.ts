import assert from 'node:assert/strict';
import { LruCache } from '../../../src/util/lru-cache.ts';

describe('LruCache', () => {
  it('forgets the entry that was used longest ago', () => {
    const cache = new LruCache<string, number>(2);
    cache.set('a', 1);
    cache.set('b', 2);
    assert.equal(cache.get('a'), 1);
    cache.set('c', 3);
    assert.equal(cache.get('b'), undefined);
    assert.equal(cache.get('a'), 1);
    assert.equal(cache.get('c'), 3);
    assert.equal(cache.size, 2);
  });

  it('replaces a value without forgetting another', () => {
    const cache = new LruCache<string, number>(2);
    cache.set('a', 1);
    cache.set('b', 2);
    cache.set('a', 3);
    assert.equal(cache.get('a'), 3);
    assert.equal(cache.get('b'), 2);
  });

  it('refuses a capacity below one', () => {
    for (const capacity of [0, -1, 1.5, Number.NaN])
      assert.throws(() => new LruCache(capacity), RangeError, String(capacity));
  });
});
