import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { type StateProof, verifyStateProof } from '../../../src/crypto/state-proof.ts';
import { utf8 } from '../../../src/util/bytes.ts';

/**
 * A reference written from the rules alone: no node is kept, hashes are hex text, keys are strings of binary digits.
 */
const hash = (hex: string) => createHash('sha256').update(hex, 'hex').digest('hex');
const hashText = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');
const EMPTY = '00'.repeat(32);

interface Leaf {
  readonly key: string;
  readonly bits: string;
  readonly valueHash: string;
}
type Entries = Readonly<Record<string, string>>;

function bitsOf(key: string): string {
  return [...key].map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0')).join('');
}

function leavesOf(entries: Entries): Leaf[] {
  return Object.entries(entries).map(([path, value]) => {
    const key = hashText(path);
    return { key, bits: bitsOf(key), valueHash: hashText(value) };
  });
}

function leafHash({ key, valueHash }: Leaf): string {
  return hash(hashText('metanode state leaf') + hash(key + valueHash));
}

function rootOf(leaves: readonly Leaf[], depth = 0): string {
  if (leaves.length === 0) return EMPTY;
  if (leaves.length === 1) return leafHash(leaves[0] as Leaf);
  const side = (bit: string) =>
    rootOf(
      leaves.filter(({ bits }) => bits[depth] === bit),
      depth + 1,
    );
  return hash(side('0') + side('1'));
}

function prove(leaves: readonly Leaf[], path: string): StateProof {
  const bits = bitsOf(hashText(path));
  const siblings: string[] = [];
  let rest = leaves;
  for (let depth = 0; rest.length > 1; depth++) {
    siblings.push(
      rootOf(
        rest.filter((leaf) => leaf.bits[depth] !== bits[depth]),
        depth + 1,
      ),
    );
    rest = rest.filter((leaf) => leaf.bits[depth] === bits[depth]);
  }
  const [leaf] = rest;
  return {
    siblings,
    terminal: leaf === undefined ? undefined : { key: leaf.key, valueHash: leaf.valueHash },
  };
}

const entries = fc.dictionary(fc.string({ maxLength: 6 }), fc.string({ maxLength: 6 }), { maxKeys: 24 });

describe('proofs of the state tree', () => {
  it('prove every value and the absence of everything else, against a naive tree', () => {
    fc.assert(
      fc.property(entries, fc.string({ maxLength: 6 }), (map, absent) => {
        const leaves = leavesOf(map);
        const root = rootOf(leaves);
        for (const [path, value] of Object.entries(map)) {
          const proof = prove(leaves, path);
          assert.equal(verifyStateProof(root, path, utf8(value), proof), true);
          assert.equal(
            verifyStateProof(root, path, undefined, proof),
            false,
            'proves the absence of what is there',
          );
          assert.equal(verifyStateProof(root, path, utf8(`${value}!`), proof), false, 'proves another value');
        }
        if (Object.hasOwn(map, absent)) return;
        const proof = prove(leaves, absent);
        assert.equal(verifyStateProof(root, absent, undefined, proof), true);
        assert.equal(verifyStateProof(root, absent, utf8('x'), proof), false, 'proves what is not there');
      }),
    );
  });

  it('fail with any sibling changed, dropped, added or out of order', () => {
    const map = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`path ${i}`, `value ${i}`]));
    const leaves = leavesOf(map);
    const root = rootOf(leaves);
    for (const path of Object.keys(map)) {
      const proof = prove(leaves, path);
      const { siblings, terminal } = proof;
      const value = utf8(map[path] as string);
      const holds = (list: readonly string[]) =>
        verifyStateProof(root, path, value, { siblings: list, terminal });
      assert.equal(holds(siblings), true);
      for (const i of siblings.keys()) assert.equal(holds(siblings.with(i, '11'.repeat(32))), false);
      assert.equal(holds(siblings.slice(1)), false);
      assert.equal(holds(siblings.slice(0, -1)), false);
      assert.equal(holds([...siblings, EMPTY]), false);
      if (new Set(siblings).size > 1) assert.equal(holds(siblings.toReversed()), false);
    }
  });

  it('do not pass off an inner node as a leaf', () => {
    // An inner node hashes left ‖ right, a leaf STATE_LEAF_TAG ‖ …: with the tag on the left both could be one.
    const leaves = leavesOf({ a: '1', b: '2' });
    const root = rootOf(leaves);
    const [left, right] = leaves.toSorted((a, b) => (a.bits < b.bits ? -1 : 1)).map(leafHash);
    assert.equal(root, hash(`${left}${right}`), 'the two keys part at the first bit');
    for (const path of ['a', 'b', 'c'])
      assert.equal(
        verifyStateProof(root, path, undefined, {
          siblings: [],
          terminal: { key: left as string, valueHash: right as string },
        }),
        false,
      );
  });

  it('do not prove absence by a leaf of another branch', () => {
    const map = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`p${i}`, 'v']));
    const leaves = leavesOf(map);
    const root = rootOf(leaves);
    for (const path of Object.keys(map)) {
      const other = Object.keys(map).find(
        (name) => bitsOf(hashText(name))[0] !== bitsOf(hashText(path))[0],
      ) as string;
      assert.equal(verifyStateProof(root, path, undefined, prove(leaves, other)), false);
    }
  });

  it('do not prove absence by a leaf that a forged tree puts where its key does not lead', () => {
    const [left, right] = leavesOf({ a: '1', b: '2' }).toSorted((x, y) => (x.bits < y.bits ? -1 : 1)) as [
      Leaf,
      Leaf,
    ];
    const forgedRoot = hash(leafHash(right) + leafHash(left));
    const terminal = { key: right.key, valueHash: right.valueHash };
    const isLeft = (path: string) => bitsOf(hashText(path)).startsWith('0');
    const absent = ['c', 'd', 'e', 'f'].find(isLeft) as string;
    const proof = { siblings: [leafHash(left)], terminal };
    assert.equal(verifyStateProof(forgedRoot, absent, undefined, proof), false);
  });

  it('hold for the empty tree and the tree of one leaf', () => {
    const nothing: StateProof = { siblings: [], terminal: undefined };
    assert.equal(verifyStateProof(EMPTY, 'a', undefined, nothing), true);
    assert.equal(verifyStateProof(EMPTY, 'a', utf8(''), nothing), false);
    const leaves = leavesOf({ a: '' });
    assert.equal(verifyStateProof(rootOf(leaves), 'a', utf8(''), prove(leaves, 'a')), true);
    assert.equal(verifyStateProof(rootOf(leaves), 'b', undefined, prove(leaves, 'b')), true);
  });

  it('are false, never a throw, when malformed', () => {
    const malformed: unknown[] = [
      { siblings: 'x', terminal: undefined },
      { siblings: [7], terminal: undefined },
      { siblings: ['zz'.repeat(32)], terminal: undefined },
      { siblings: Array.from({ length: 257 }, () => EMPTY), terminal: undefined },
      { siblings: [], terminal: null },
      { siblings: [], terminal: { key: 'aa', valueHash: EMPTY } },
      { siblings: [], terminal: { key: EMPTY } },
    ];
    for (const proof of malformed)
      assert.equal(verifyStateProof(EMPTY, 'a', undefined, proof as StateProof), false);
    assert.equal(verifyStateProof('zz', 'a', undefined, { siblings: [], terminal: undefined }), false);
  });
});
