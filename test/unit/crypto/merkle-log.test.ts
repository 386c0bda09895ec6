import assert from 'node:assert/strict';
import fc from 'fast-check';
import { merklePath, merkleRoot } from '../../../src/crypto/merkle.ts';
import {
  appendLeaf,
  EMPTY_FRONTIER,
  frontierRoot,
  type MerkleFrontier,
  nodesOf,
  pathFromNodes,
} from '../../../src/crypto/merkle-log.ts';
import { toHex } from '../../../src/util/bytes.ts';

const leafOf = (i: number) => Uint8Array.of(i & 255, i >> 8);

describe('A Merkle tree that grows', () => {
  it('has the root of the whole list after every leaf, and keeps no more than the logarithm of its size', () => {
    const leaves: Uint8Array[] = [];
    let frontier: MerkleFrontier = EMPTY_FRONTIER;
    assert.deepEqual(frontierRoot(frontier), merkleRoot([]));
    for (let i = 0; i < 300; i++) {
      leaves.push(leafOf(i));
      frontier = appendLeaf(frontier, leafOf(i)).frontier;
      assert.equal(toHex(frontierRoot(frontier)), toHex(merkleRoot(leaves)));
      assert.equal(frontier.size, i + 1);
      assert.ok(frontier.roots.length <= Math.floor(Math.log2(i + 1)) + 1);
    }
  });

  it('gives the audit path of every leaf from its kept nodes', () => {
    for (const size of [1, 2, 3, 5, 8, 13, 64, 65, 100]) {
      const leaves = Array.from({ length: size }, (_, i) => leafOf(i));
      const nodeAt = nodesOf(leaves);
      for (let index = 0; index < size; index++)
        assert.deepEqual(pathFromNodes(index, size, nodeAt), merklePath(leaves, index), `${index}/${size}`);
    }
  });

  it('asks for few nodes, and only for ones that appending has made', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.nat(), (size, seed) => {
        const nodeAt = nodesOf(Array.from({ length: size }, (_, i) => leafOf(i)));
        let asked = 0;
        pathFromNodes(seed % size, size, (level, position) => {
          asked++;
          return nodeAt(level, position);
        });
        assert.ok(asked <= (Math.log2(size) + 1) ** 2, `${asked} of ${size}`);
      }),
      { numRuns: 50 },
    );
  });

  it('has no path for a leaf that is not there', () => {
    const nodeAt = nodesOf([leafOf(0)]);
    for (const index of [-1, 1]) assert.throws(() => pathFromNodes(index, 1, nodeAt), RangeError);
    assert.throws(() => nodeAt(1, 0), RangeError);
  });
});
