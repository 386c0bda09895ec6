import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { errorCode } from '../../../src/util/errors.ts';
import { byName, expandNodeNames, nextName, nodeNames, parseManifest } from '../../../testnet/manifest.ts';

describe('testnet manifest', () => {
  it('fills in 21 validators and the usual times', () => {
    const manifest = parseManifest({ name: 'default', seed: 's' });
    assert.equal(manifest.validators, 21);
    assert.equal(manifest.blockTimeMs, 1_000);
    assert.equal(nodeNames(manifest).length, 21);
  });

  it('refuses unknown fields, sizes out of range and names that would leave the directory', () => {
    for (const bad of [
      { name: 'x', seed: 's', validators: 0 },
      { name: 'x', seed: 's', validators: 65 },
      { name: '../x', seed: 's' },
      { name: 'x', seed: 's', nonsense: 1 },
      { name: 'x', seed: '' },
    ])
      assert.throws(
        () => parseManifest(bad),
        (error) => errorCode(error) === 'MALFORMED_FILE',
        JSON.stringify(bad),
      );
  });

  it('refuses to perturb a node that is not there', () => {
    const perturbations = [{ atMs: 0, kind: 'kill', nodes: ['v5'], forMs: 0 }];
    assert.throws(
      () => parseManifest({ name: 'x', seed: 's', validators: 4, perturbations }),
      (error) => errorCode(error) === 'MALFORMED_FILE',
    );
  });

  it('refuses a fault without an end that cannot last for good', () => {
    for (const kind of ['disconnect', 'full-disk', 'slow-disk'])
      assert.throws(
        () =>
          parseManifest({
            name: 'x',
            seed: 's',
            validators: 4,
            perturbations: [{ atMs: 0, kind, nodes: ['v1'] }],
          }),
        (error) => errorCode(error) === 'MALFORMED_FILE',
        kind,
      );
  });

  it('reads every manifest that is shipped', () => {
    const directory = new URL('../../../testnet/manifests/', import.meta.url);
    const names = readdirSync(directory);
    assert.ok(names.length > 0);
    for (const name of names) {
      const manifest = parseManifest(JSON.parse(readFileSync(new URL(name, directory), 'utf8')), name);
      assert.equal(`${manifest.name}.json`, name);
      assert.ok(manifest.description, `${name} says what it shows`);
    }
  });

  it('orders nodes by kind and number, and names the next of each kind', () => {
    const nodes = ['o1', 'v10', 'v2', 'o12', 'v1'].map((name) => ({ name }));
    assert.deepEqual(
      [...nodes].sort(byName).map(({ name }) => name),
      ['v1', 'v2', 'v10', 'o1', 'o12'],
    );
    assert.deepEqual([nextName('v', nodes), nextName('o', nodes), nextName('o', [])], ['v11', 'o13', 'o1']);
  });

  it('expands ranges, lists and all to names in order', () => {
    const known = nodeNames({ validators: 5, observers: 1 });
    assert.deepEqual(expandNodeNames(['v3..v5'], known), ['v3', 'v4', 'v5']);
    assert.deepEqual(expandNodeNames(['o1,v1'], known), ['v1', 'o1']);
    assert.deepEqual(expandNodeNames(['all'], known), known);
    assert.throws(() => expandNodeNames(['v6'], known), RangeError);
    assert.throws(() => expandNodeNames(['v3..v1'], known), RangeError);
  });
});
