import { strict as assert } from 'node:assert';
import { verifyFinalityProof } from '../../../src/client/verify-proof.ts';
import { vrfKeyPairFromSeed } from '../../../src/crypto/vrf.ts';
import { finalityProofFromJson, finalityProofToJson } from '../../../src/types/finality-proof.ts';
import { MICRO } from '../../../src/types/names.ts';
import { BPCI, keyClaimBytes } from '../../../src/types/operations/bpci.ts';
import { encodeOperation } from '../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../src/types/operations/economy.ts';
import { BOND_PURPOSE } from '../../../src/types/operations/settlement-messages.ts';
import { type ChainNode, ChainWorld, producerOf } from '../../support/chain.ts';

const BOND_REF = 'b0'.repeat(32);

/** Lets the candidate bond and join: it is a member of V(4), and later proposes a block itself. */
async function admitCandidate(world: ChainWorld, node: ChainNode): Promise<void> {
  const candidate = world.candidate();
  world.know(candidate);
  const bond = {
    ledger: 'bpci',
    purpose: BOND_PURPOSE,
    ref: BOND_REF,
    token: 'GEN',
    amount: 100n * MICRO,
  } as const;
  await node.pool.submit(
    world.sign(candidate.account, 0, [encodeOperation(ECONOMY.operations.Lock, bond)]).bytes,
  );
  await world.extend(node);
  const consensusKey = candidate.consensus.publicKey;
  const vrf = vrfKeyPairFromSeed(candidate.vrf.seed);
  const claim = keyClaimBytes(world.genesisHash, {
    validator: candidate.account.address,
    consensusKey,
    vrfKey: vrf.publicKey,
  });
  const join = encodeOperation(BPCI.operations.ValJoin, {
    consensusKey,
    vrfKey: vrf.publicKey,
    bondRef: BOND_REF,
    consensusProof: candidate.consensus.sign(claim),
    vrfProof: vrf.prove(claim),
  });
  await node.pool.submit(world.sign(candidate.account, 0, [join], { ledger: 'bpci', maxFee: MICRO }).bytes);
  await world.extend(node);
}

describe('Chain history', () => {
  let world: ChainWorld;
  let node: ChainNode;

  beforeEach(async () => {
    world = new ChainWorld({ parameters: { bondAdmits: true } });
    node = await world.open();
  });

  it('proves offline that a transaction is final', async () => {
    const transaction = world.transfer(0);
    await node.pool.submit(transaction.bytes);
    const block = await world.extend(node);
    const proof = await node.chain.history.finalityProof(transaction.id);
    assert.ok(proof !== undefined);
    const { validators } = node.chain;
    assert.deepEqual(verifyFinalityProof(finalityProofFromJson(finalityProofToJson(proof)), world.genesis), {
      valid: true,
      txId: transaction.id,
      ledger: 'economy',
      sender: world.alice.address,
      status: 'OK',
      height: 1,
      blockHash: block.hash,
      timeMs: block.block.header.timeMs,
      seals: validators.quorum,
      quorum: validators.quorum,
      validators: 4,
      links: 0,
    });
  });

  it('proves nothing of a transaction that no block holds', async () => {
    const transaction = world.transfer(0);
    await node.pool.submit(transaction.bytes);
    assert.equal(await node.chain.history.finalityProof(transaction.id), undefined);
  });

  it('finds the bytes of a transaction that left the pool', async () => {
    const transaction = world.transfer(0);
    await node.pool.submit(transaction.bytes);
    await world.extend(node);
    assert.equal(node.pool.get(transaction.id), undefined);
    assert.deepEqual(node.chain.history.transactionBytes(transaction.id), transaction.bytes);
  });

  describe('across a change of the validator set', () => {
    beforeEach(async () => {
      await admitCandidate(world, node);
      await world.extend(node);
    });

    it('has the new member decide from two blocks after the one that admitted it', async () => {
      assert.equal(node.chain.head.height, 3);
      assert.equal(node.chain.previousValidators.size, 4);
      assert.equal(node.chain.validators.size, 5);
      assert.equal(node.chain.head.header?.nextValidatorsHash, node.chain.validators.hash);
      const sizes = await Promise.all(
        [1, 2, 3, 4].map(async (height) => (await node.chain.history.validatorsAt(height)).size),
      );
      assert.deepEqual(sizes, [4, 4, 4, 5]);
    });

    it('N01 M12 lets the new member propose, and refuses a quorum of the old set', async () => {
      const previous = node.chain.previousValidators;
      const block = node.chain.build(producerOf(world.candidate()));
      assert.equal(await node.chain.isCertified(block.hash, world.certify(block, previous)), false);
      const certificate = world.certify(block, node.chain.validators);
      assert.equal(await node.chain.isCertified(block.hash, certificate), true);
      await node.chain.commit(block, certificate);
      assert.equal(node.chain.head.proposer, world.candidate().account.address);
    });

    it('proves a later transaction with one link, from genesis and after a restart too', async () => {
      const transaction = world.transfer(0);
      await node.pool.submit(transaction.bytes);
      await world.extend(node, [], producerOf(world.candidate()));
      for (const { chain } of [node, await world.open(node.memory)]) {
        const proof = await chain.history.finalityProof(transaction.id);
        assert.ok(proof !== undefined);
        const verdict = verifyFinalityProof(proof, world.genesis);
        assert.ok(verdict.valid, JSON.stringify(verdict));
        assert.equal(verdict.links, 1);
        assert.equal(verdict.validators, 5);
        assert.equal(verdict.height, 4);
      }
    });

    it('proves a later transaction from a trusted block without links', async () => {
      const transaction = world.transfer(0);
      await node.pool.submit(transaction.bytes);
      await world.extend(node);
      const trusted = { height: 3, hash: node.store.hashAt(3) ?? '' };
      const proof = await node.chain.history.finalityProof(transaction.id, trusted.height);
      assert.ok(proof !== undefined);
      const verdict = verifyFinalityProof(proof, world.genesis, trusted);
      assert.ok(verdict.valid, JSON.stringify(verdict));
      assert.equal(verdict.links, 0);
      assert.equal(
        verifyFinalityProof(proof, world.genesis, { ...trusted, hash: 'ab'.repeat(32) }).valid,
        false,
      );
    });

    it('gives no proof from a trusted block that stands above the transaction', async () => {
      const transaction = world.transfer(0);
      await node.pool.submit(transaction.bytes);
      await world.extend(node);
      assert.equal(await node.chain.history.finalityProof(transaction.id, 4), undefined);
    });

    it('N10 opens with the three sets around the head', async () => {
      await world.extend(node);
      const reopened = await world.open(node.memory);
      assert.equal(reopened.chain.previousValidators.hash, node.chain.previousValidators.hash);
      assert.equal(reopened.chain.validators.hash, node.chain.validators.hash);
      assert.equal(reopened.chain.nextValidators.hash, node.chain.nextValidators.hash);
      await world.extend(reopened);
    });
  });
});
