import assert from 'node:assert/strict';
import type { CompleteBlock } from '../../../src/chain/complete-block.ts';
import { fieldsOf } from '../../../src/consensus/message-fields.ts';
import { CachedVerifier } from '../../../src/crypto/cached-verifier.ts';
import { verifySignatureAsync } from '../../../src/crypto/ed25519.ts';
import {
  type ConsensusMessage,
  decodeConsensusMessage,
  encodeConsensusMessage,
  type SignedVote,
} from '../../../src/types/consensus-message.ts';
import { topicOf } from '../../../src/validator/message-topic.ts';
import { verifyMessage } from '../../../src/validator/message-verifier.ts';
import { type ChainNode, ChainWorld } from '../../support/chain.ts';
import { SignedMessages } from '../../support/signed-messages.ts';

describe('Verification of consensus messages', () => {
  const world = new ChainWorld();
  const messages = new SignedMessages(world);
  let node: ChainNode;
  let block: CompleteBlock;
  let prepares: SignedVote[];

  before(async () => {
    node = await world.open();
    block = node.chain.build(world.producer(0));
    prepares = [0, 1, 2].map((index) => messages.vote('prepare', index, block));
  });

  /** As it arrives: encoded, decoded and checked with an empty memory. */
  function verify(
    message: ConsensusMessage,
    genesisHash = world.genesisHash,
    validators = node.chain.validators,
  ) {
    const received = decodeConsensusMessage(encodeConsensusMessage(message));
    return verifyMessage(received, genesisHash, validators, new CachedVerifier(100));
  }

  function allKinds(): ConsensusMessage[] {
    const prepared = { block, round: 0 };
    return [
      messages.proposal(0, block),
      messages.proposal(1, block, 1, {
        roundChanges: [0, 1, 2].map((index) => messages.roundChange(index, 1, prepared)),
        prepares,
      }),
      messages.prepare(1, block),
      messages.commit(2, block),
      { kind: 'round-change', roundChange: messages.roundChange(3, 1), prepares: [] },
      { kind: 'round-change', roundChange: messages.roundChange(3, 1, prepared), prepares },
      messages.decided(block, [0, 2, 3]),
    ];
  }

  it('finds every kind of honest message valid', async () => {
    for (const message of allKinds()) assert.equal(await verify(message), 'valid', message.kind);
  });

  it('U13 checks no signature twice: a certificate of votes that came before costs no check at all', async () => {
    let checks = 0;
    const verifier = new CachedVerifier(100, (...signed) => {
      checks++;
      return verifySignatureAsync(...signed);
    });
    const all = [0, 2, 3];
    const commits = all.map((index) => messages.commit(index, block));
    const decided = messages.decided(block, all);
    const check = (message: ConsensusMessage) =>
      verifyMessage(message, world.genesisHash, node.chain.validators, verifier);
    for (const commit of commits) assert.equal(await check(commit), 'valid');
    assert.equal(checks, all.length);
    assert.equal(await check(decided), 'valid');
    assert.equal(checks, all.length);
  });

  it('I01 I07 finds every kind invalid on another chain: signatures cover the genesis hash', async () => {
    for (const message of allKinds())
      assert.equal(await verify(message, 'ab'.repeat(32)), 'invalid', message.kind);
  });

  it('knows height, signer and topic of every kind', () => {
    assert.deepEqual(
      allKinds().map((message) => [fieldsOf(message).height, fieldsOf(message).signer, topicOf(message)]),
      [
        [1, world.producer(0).id, 'proposal'],
        [1, world.producer(1).id, 'proposal'],
        [1, world.producer(1).id, 'vote'],
        [1, world.producer(2).id, 'vote'],
        [1, world.producer(3).id, 'vote'],
        [1, world.producer(3).id, 'vote'],
        [1, undefined, 'block'],
      ],
    );
  });

  it('finds a vote invalid that another validator signed', async () => {
    const prepare = messages.vote('prepare', 1, block, 0, world.producer(2).consensusKey);
    assert.equal(await verify({ kind: 'prepare', prepare }), 'invalid');
  });

  it('I03 does not let a vote of one step pass for another', async () => {
    assert.equal(await verify({ kind: 'commit', commit: messages.vote('prepare', 1, block) }), 'invalid');
    assert.equal(await verify({ kind: 'prepare', prepare: messages.vote('seal', 1, block) }), 'invalid');
    assert.equal(await verify({ kind: 'prepare', prepare: messages.vote('proposal', 1, block) }), 'invalid');
  });

  it('finds a round change invalid whose nested prepare is forged', async () => {
    const forged = messages.vote('prepare', 2, block, 0, world.producer(3).consensusKey);
    const message: ConsensusMessage = {
      kind: 'round-change',
      roundChange: messages.roundChange(3, 1, { block, round: 0 }),
      prepares: [...prepares.slice(0, 2), forged],
    };
    assert.equal(await verify(message), 'invalid');
  });

  it('finds a proposal invalid whose nested round change is forged', async () => {
    const honest = [0, 1].map((index) => messages.roundChange(index, 1));
    const forged = { ...messages.roundChange(2, 1), signer: world.producer(3).id };
    assert.equal(
      await verify(messages.proposal(1, block, 1, { roundChanges: [...honest, forged] })),
      'invalid',
    );
    const whole = [0, 1, 2].map((index) => messages.roundChange(index, 1));
    assert.equal(await verify(messages.proposal(1, block, 1, { roundChanges: whole })), 'valid');
  });

  it('finds a decided block invalid without a quorum or with a seal of a stranger', async () => {
    assert.equal(await verify(messages.decided(block, [0, 1])), 'invalid');
    const decided = messages.decided(block, [0, 1, 2]);
    assert.ok(decided.kind === 'decided');
    const { certificate } = decided;
    const seals = [certificate.seals[1], certificate.seals[0], certificate.seals[2]] as string[];
    assert.equal(await verify({ ...decided, certificate: { ...certificate, seals } }), 'invalid');
  });

  it('finds more nested parts than there are validators invalid before it looks at them', async () => {
    const many = Array.from({ length: 5 }, () => messages.roundChange(0, 1));
    assert.equal(await verify(messages.proposal(1, block, 1, { roundChanges: many })), 'invalid');
  });

  it('calls a signer outside the set a stranger, and blames a member who vouches for one', async () => {
    const small = await new ChainWorld({ validators: 1 }).open();
    const { validators } = small.chain;
    const [only] = validators.members;
    const outsider = world.validators.findIndex(({ account }) => account.address !== only?.id);
    assert.equal(await verify(messages.prepare(outsider, block), world.genesisHash, validators), 'stranger');
    const member = world.validators.findIndex(({ account }) => account.address === only?.id);
    const message: ConsensusMessage = {
      kind: 'round-change',
      roundChange: messages.roundChange(member, 1, { block, round: 0 }),
      prepares: [messages.vote('prepare', outsider, block)],
    };
    assert.equal(await verify(message, world.genesisHash, validators), 'invalid');
  });
});
