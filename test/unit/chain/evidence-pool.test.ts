import assert from 'node:assert/strict';
import { spreadEvidence } from '../../../src/sync/evidence-gossip.ts';
import type { Evidence } from '../../../src/types/evidence.ts';
import { EVIDENCE_KINDS, EvidenceType } from '../../../src/types/evidence.ts';
import { encode } from '../../../src/types/ssz.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { type ChainNode, ChainWorld } from '../../support/chain.ts';
import { evidenceAgainst, voteBytes } from '../../support/evidence.ts';
import { ScriptedNetwork } from '../../support/scripted-network.ts';

describe('The evidence pool', () => {
  let world: ChainWorld;
  let node: ChainNode;
  let other: ChainNode;

  beforeEach(async () => {
    world = new ChainWorld();
    node = await world.open();
    other = await world.open();
  });

  const offender = (index: number) => {
    const { id, consensusKey } = world.producer(index);
    return { genesisHash: world.genesisHash, id, key: consensusKey };
  };
  const against = (index: number, height = 1, kind: (typeof EVIDENCE_KINDS)[number] = 'prepare') =>
    evidenceAgainst(offender(index), kind, height);
  const admit = (evidence: Evidence) => node.chain.evidence.admit(evidence, 'own');
  const pendingHeights = ({ chain }: ChainNode) =>
    chain.evidence.pending().map(({ accusation }) => accusation.height);

  it('Q01 Q02: keeps one proven piece for a validator and height', async () => {
    assert.equal(await admit(against(0)), 'ADDED');
    for (const kind of EVIDENCE_KINDS) assert.equal(await admit(against(0, 1, kind)), 'KNOWN');
    assert.equal(await admit(against(1)), 'ADDED');
    assert.deepEqual(node.chain.evidence.forNextBlock().length, 2);
    const both = [against(2), against(2, 1, 'commit')].map(admit);
    assert.deepEqual((await Promise.all(both)).sort(), ['ADDED', 'KNOWN'], 'also where they come at once');
  });

  it('Q03 Q04: keeps nothing that proves nothing', async () => {
    assert.equal(await admit(against(0, 2)), 'EVIDENCE_FROM_FUTURE');
    const forged = evidenceAgainst({ ...offender(0), key: offender(1).key }, 'commit');
    assert.equal(await admit(forged), 'BAD_EVIDENCE_SIGNATURE');
    assert.deepEqual(node.chain.evidence.pending(), []);
    assert.deepEqual(await node.store.loadEvidence(), []);
  });

  it('goes into the next block of whoever holds it, and every node jails the validator', async () => {
    await admit(against(3));
    const block = await world.extend(node, [other]);
    assert.equal(block.block.body.evidence.length, 1);
    for (const { chain } of [node, other]) {
      assert.equal(chain.validators.has(offender(3).id), true);
      assert.equal(chain.nextValidators.has(offender(3).id), false);
      assert.deepEqual(chain.evidence.pending(), []);
      assert.equal(await chain.evidence.admit(against(3), 'peer'), 'EVIDENCE_ALREADY_APPLIED');
    }
    await world.extend(node, [other]);
    for (const { chain } of [node, other]) assert.equal(chain.validators.size, 3);
    assert.deepEqual(await node.store.loadEvidence(), []);
  });

  it('is emptied by a block that holds other evidence about the same', async () => {
    await admit(against(3));
    await other.chain.evidence.admit(against(3, 1, 'commit'), 'own');
    await world.extend(other, [node]);
    assert.deepEqual(node.chain.evidence.pending(), []);
  });

  it('Q05: fills blocks up to their bound, the oldest first, until all of it is applied', async () => {
    for (let height = 1; height <= 50; height++) await world.extend(node, [other]);
    for (let height = 50; height >= 1; height--)
      for (let index = 0; index < 4; index++) assert.equal(await admit(against(index, height)), 'ADDED');
    assert.equal(node.chain.evidence.pending().length, 200);
    const counts: number[] = [];
    const heights: number[] = [];
    while (node.chain.evidence.pending().length > 0) {
      const { block } = await world.extend(node, [other]);
      counts.push(block.body.evidence.length);
      heights.push(...pendingHeights(node).slice(0, 1));
    }
    const full = Math.floor(200 / LIMITS.maxEvidencePerBlock);
    assert.deepEqual(counts, [
      ...Array(full).fill(LIMITS.maxEvidencePerBlock),
      200 % LIMITS.maxEvidencePerBlock,
    ]);
    assert.deepEqual(
      heights,
      [...heights].sort((a, b) => a - b),
    );
  });

  it('refuses more than it has room for', async () => {
    for (let height = 1; height < LIMITS.maxPendingEvidence / 4 + 1; height++) await world.extend(node);
    for (let height = 1; height <= LIMITS.maxPendingEvidence / 4; height++)
      for (let index = 0; index < 4; index++) await admit(against(index, height));
    assert.equal(node.chain.evidence.pending().length, LIMITS.maxPendingEvidence);
    assert.equal(await admit(against(0, node.chain.head.height + 1)), 'EVIDENCE_POOL_FULL');
  });

  it('Q09: keeps what is pending over a restart, and does not bring back what was applied', async () => {
    await admit(against(2));
    await admit(against(3));
    const stored = await node.store.loadEvidence();
    assert.equal(stored.length, 2);
    const restarted = await world.open(node.memory);
    assert.deepEqual(restarted.chain.evidence.forNextBlock(), node.chain.evidence.forNextBlock());
    const { block } = await world.extend(restarted, [other]);
    assert.equal(block.body.evidence.length, 2);
    // As if the node had died between the block and the deletion of what it answers.
    for (const evidence of stored) await restarted.store.saveEvidence(evidence);
    const again = await world.open(node.memory);
    assert.deepEqual(again.chain.evidence.pending(), []);
    assert.deepEqual(await again.store.loadEvidence(), []);
  });

  describe('between peers', () => {
    let network: ScriptedNetwork;

    beforeEach(() => {
      network = new ScriptedNetwork();
      spreadEvidence(network.port, node.chain.evidence);
    });

    const deliver = (evidence: Evidence) => network.deliver('evidence', encode(EvidenceType, evidence));

    it('sends out what the own core found, once, and nothing that came from a peer', async () => {
      await admit(against(0));
      await admit(against(0, 1, 'commit'));
      assert.equal(await deliver(against(1)), 'accept');
      assert.deepEqual(
        network.published.map(({ topic, bytes }) => [topic, Buffer.from(bytes).toString('hex')]),
        [['evidence', Buffer.from(encode(EvidenceType, against(0))).toString('hex')]],
      );
    });

    it('J: passes on what is proven and new, ignores what it has or cannot judge, blames for the rest', async () => {
      assert.equal(await deliver(against(0)), 'accept');
      assert.equal(await deliver(against(0)), 'ignore');
      assert.equal(await deliver(against(0, 1, 'amnesia')), 'ignore');
      assert.equal(await deliver(against(1, 9)), 'ignore', 'this node may be behind');
      const stranger = { genesisHash: world.genesisHash, id: world.alice.address, key: world.alice.keys };
      assert.equal(await deliver(evidenceAgainst(stranger, 'prepare')), 'ignore');
      const forged = evidenceAgainst({ ...offender(1), key: offender(2).key }, 'prepare');
      const vote = voteBytes(offender(1), 'prepare');
      const { kind, first, second } = against(1);
      for (const bad of [forged, { kind, first: vote, second: vote }, { kind, first: second, second: first }])
        assert.equal(await deliver(bad), 'reject');
      for (const garbage of [new Uint8Array(0), new Uint8Array(2_000_000).fill(7), Uint8Array.of(9, 9, 9)])
        assert.equal(await network.deliver('evidence', garbage), 'reject');
      assert.equal(node.chain.evidence.pending().length, 1);
    });
  });
});
