import assert from 'node:assert/strict';
import { keyPairFromSeed } from '../../../../src/crypto/ed25519.ts';
import { EdgeReports } from '../../../../src/network/peers/edge-reports.ts';
import type { PeersAnswer } from '../../../../src/types/network.ts';
import { LIMITS } from '../../../../src/util/limits.ts';
import { ManualClock } from '../../../support/chain.ts';

const [A, B, C] = [
  '12D3KooWGRUfh3kPmoBjDkJ3GgUBYNsbxBBmCBBB7ZpRZ1x5Dfnd',
  '12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X',
  '12D3KooWH3uVF6wv47WnArKHk5p6cvgCJEb74UTmxztmQDc298L3',
] as const;

function known(peerId: string, connected = true): PeersAnswer['peers'][number] {
  const body = { peerId, role: 'observer' as const, addresses: [], bindings: [], sequence: 1 };
  return {
    record: { body, signature: keyPairFromSeed(new Uint8Array(32)).sign(new Uint8Array(1)) },
    connected,
  };
}

describe('What peers report of their connections', () => {
  let clock: ManualClock;
  let edges: EdgeReports;
  beforeEach(() => {
    clock = new ManualClock(1_000_000);
    edges = new EdgeReports(clock);
  });

  it('is what they say they are connected with now, each once, without themselves and names of nobody', () => {
    edges.note(A, [known(B), known(B), known(C, false), known(A), known('<b>'), known('')]);
    assert.deepEqual(edges.all, [{ by: A, atMs: 1_000_000, isPartial: false, peers: [B] }]);
  });

  it('is replaced by what they say next, and forgotten when they leave', () => {
    edges.note(A, [known(B)]);
    clock.advance(10);
    edges.note(A, [known(C)]);
    edges.note(B, []);
    assert.deepEqual(
      edges.all.map(({ by, atMs, peers }) => [by, atMs, peers]),
      [
        [A, 1_000_010, [C]],
        [B, 1_000_010, []],
      ],
    );
    edges.forget(A);
    assert.deepEqual(
      edges.all.map(({ by }) => by),
      [B],
    );
  });

  it('is partial when an answer is full, and old after a while', () => {
    edges.note(
      A,
      Array.from({ length: LIMITS.maxPeersPerAnswer }, () => known(B)),
    );
    assert.equal(edges.all[0]?.isPartial, true);
    clock.advance(5);
    assert.deepEqual(
      [edges.isOlderThan(5, A), edges.isOlderThan(4, A), edges.isOlderThan(4, B)],
      [false, true, true],
    );
  });
});
