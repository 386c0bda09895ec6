import assert from 'node:assert/strict';
import fc from 'fast-check';
import { merklePath, merkleRoot, verifyMerklePath } from '../../../src/crypto/merkle.ts';
import { fromHex, toHex, utf8 } from '../../../src/util/bytes.ts';

/** The test tree of the certificate-transparency project: its leaves, and the roots of the first n of them. */
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map(fromHex);
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

function leavesOf(size: number): Uint8Array[] {
  return Array.from({ length: size }, (_, i) => utf8(`leaf ${i}`));
}

describe('Merkle trees of RFC 6962', () => {
  for (const [size, root] of ROOTS.entries())
    it(`have the known root of ${size} leaves`, () => {
      assert.equal(toHex(merkleRoot(LEAVES.slice(0, size))), root);
    });

  it('have the audit path of leaf 5 of 7 that the structure of RFC 6962 §2.1.3 gives', () => {
    const leaves = LEAVES.slice(0, 7);
    const path = merklePath(leaves, 5);
    const rootOf = (from: number, to: number) => merkleRoot(leaves.slice(from, to));
    assert.deepEqual(path, [rootOf(4, 5), rootOf(6, 7), rootOf(0, 4)]);
  });

  it('prove every leaf of every size up to 40, at its own place only', () => {
    for (let size = 1; size <= 40; size++) {
      const leaves = leavesOf(size);
      const root = merkleRoot(leaves);
      for (const [index, leaf] of leaves.entries()) {
        const path = merklePath(leaves, index);
        assert.equal(verifyMerklePath(leaf, index, size, path, root), true, `${index} of ${size}`);
        const elsewhere = (index + 1) % size;
        if (elsewhere !== index)
          assert.equal(
            verifyMerklePath(leaf, elsewhere, size, path, root),
            false,
            `${index} of ${size} as ${elsewhere}`,
          );
        if (path.length > 0) assert.equal(verifyMerklePath(leaf, index, size, path.slice(1), root), false);
        assert.equal(verifyMerklePath(leaf, index, size, [...path, root], root), false);
        assert.equal(verifyMerklePath(utf8('other'), index, size, path, root), false);
      }
    }
  });

  it('tell a list from the list with its last leaf repeated', () => {
    const [a, b, c] = leavesOf(3) as [Uint8Array, Uint8Array, Uint8Array];
    assert.notDeepEqual(merkleRoot([a, b, c]), merkleRoot([a, b, c, c]));
    assert.notDeepEqual(merkleRoot([a, b]), merkleRoot([a, b, b]));
    assert.notDeepEqual(merkleRoot([]), merkleRoot([new Uint8Array()]));
  });

  it('do not take an inner node for a leaf', () => {
    const leaves = leavesOf(4);
    const inner = new Uint8Array(64);
    inner.set(merkleRoot(leaves.slice(0, 1)));
    inner.set(merkleRoot(leaves.slice(1, 2)), 32);
    const right = merkleRoot(leaves.slice(2));
    assert.equal(verifyMerklePath(inner, 0, 2, [right], merkleRoot(leaves)), false);
  });

  it('refuse every changed sibling, siblings of a wrong length and places that do not exist', () => {
    const leaves = leavesOf(21);
    const root = merkleRoot(leaves);
    fc.assert(
      fc.property(fc.nat(20), fc.nat(4), fc.nat(255), (index, level, bit) => {
        const path = merklePath(leaves, index);
        const at = level % path.length;
        const sibling = Uint8Array.from(path[at] as Uint8Array);
        sibling[bit >> 3] = (sibling[bit >> 3] as number) ^ (1 << (bit & 7));
        const leaf = leaves[index] as Uint8Array;
        assert.equal(verifyMerklePath(leaf, index, 21, path.with(at, sibling), root), false);
        assert.equal(verifyMerklePath(leaf, index, 21, path.with(at, new Uint8Array(31)), root), false);
      }),
    );
    const path = merklePath(leaves, 0);
    for (const [index, size] of [
      [-1, 21],
      [21, 21],
      [0.5, 21],
      [Number.NaN, 21],
      [0, 2 ** 40],
      [0, 0],
    ] as const)
      assert.equal(
        verifyMerklePath(leaves[0] as Uint8Array, index, size, path, root),
        false,
        `${index} of ${size}`,
      );
    assert.throws(() => merklePath(leaves, 21), RangeError);
    assert.throws(() => merklePath(leaves, -1), RangeError);
  });
});
