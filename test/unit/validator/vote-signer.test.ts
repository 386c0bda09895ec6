import assert from 'node:assert/strict';
import type { CompleteBlock } from '../../../src/chain/complete-block.ts';
import type { UnsignedMessage } from '../../../src/consensus/contract.ts';
import { CachedVerifier } from '../../../src/crypto/cached-verifier.ts';
import { createJournal } from '../../../src/storage/new-journal.ts';
import { VoteJournal } from '../../../src/storage/vote-journal.ts';
import { encodeBlock, proposalOf } from '../../../src/types/block.ts';
import { decodeConsensusMessage, NOT_PREPARED, ZERO_HASH } from '../../../src/types/consensus-message.ts';
import { verifyMessage } from '../../../src/validator/message-verifier.ts';
import { restoredState } from '../../../src/validator/restore.ts';
import { VoteSigner } from '../../../src/validator/vote-signer.ts';
import { type ChainNode, ChainWorld, unchangingKeys } from '../../support/chain.ts';
import { SignedMessages } from '../../support/signed-messages.ts';
import { useTemporaryDirectory } from '../../support/temporary-directory.ts';

describe('The vote signer', () => {
  const directory = useTemporaryDirectory();
  const world = new ChainWorld();
  const messages = new SignedMessages(world);
  const { id } = world.producer(0);
  let node: ChainNode;
  let block: CompleteBlock;
  let other: CompleteBlock;
  let journal: VoteJournal;
  let signer: VoteSigner;

  beforeEach(async () => {
    node = await world.open();
    block = node.chain.build(world.producer(0));
    other = node.chain.build(world.producer(1));
    await createJournal(directory.join('votes.journal'), { genesisHash: world.genesisHash, validator: id });
    await open();
  });
  afterEach(() => journal.close());

  async function open(headHeight = 0): Promise<void> {
    const owner = { genesisHash: world.genesisHash, validator: id };
    const opened = await VoteJournal.open(directory.join('votes.journal'), { ...owner, headHeight });
    journal = opened.journal;
    signer = new VoteSigner(unchangingKeys(world.producer(0)), world.genesisHash, journal);
  }

  /** The process ends and another one begins, which knows only what is on disk. */
  async function restart(headHeight = 0): Promise<ReturnType<VoteSigner['restore']>> {
    await journal.close();
    await open(headHeight);
    return signer.restore(headHeight + 1);
  }

  const proposed = (complete: CompleteBlock) => ({
    hash: complete.hash,
    proposal: proposalOf(complete.block),
  });
  const proposal = (complete: CompleteBlock, round = 0): UnsignedMessage => ({
    kind: 'proposal',
    height: 1,
    round,
    block: proposed(complete),
    roundChanges: [],
    prepares: [],
  });
  const prepare = (complete: CompleteBlock, round = 0): UnsignedMessage => ({
    kind: 'prepare',
    height: 1,
    round,
    blockHash: complete.hash,
    block: proposed(complete),
  });
  const commit = (complete: CompleteBlock, round = 0): UnsignedMessage => ({
    kind: 'commit',
    height: 1,
    round,
    blockHash: complete.hash,
    prepares: [0, 1, 2].map((index) => messages.vote('prepare', index, complete, round)),
  });
  const roundChange = (
    round: number,
    prepared?: { block: CompleteBlock; round: number },
  ): UnsignedMessage => ({
    kind: 'round-change',
    height: 1,
    round,
    preparedRound: prepared?.round ?? NOT_PREPARED,
    preparedHash: prepared?.block.hash ?? ZERO_HASH,
    prepares:
      prepared === undefined ? [] : [0, 1, 2].map((index) => messages.vote('prepare', index, prepared.block)),
  });
  const bytesOf = ({ block: content }: CompleteBlock) => encodeBlock(content);
  const refused = { code: 'CONTRADICTING_VOTE' };

  it('signs every kind of message so that others find it valid', async () => {
    const unsigned = [
      proposal(block),
      prepare(block),
      commit(block),
      roundChange(1),
      roundChange(2, { block, round: 0 }),
    ];
    for (const message of unsigned) {
      const { bytes } = await signer.sign(message, bytesOf(block));
      const received = decodeConsensusMessage(bytes);
      const verdict = await verifyMessage(
        received,
        world.genesisHash,
        node.chain.validators,
        new CachedVerifier(10),
      );
      assert.equal(verdict, 'valid', message.kind);
    }
  });

  it('has the message on disk before it hands the bytes out', async () => {
    const { bytes } = await signer.sign(prepare(block), bytesOf(block));
    assert.deepEqual(
      journal.recordsOf(1).map(({ message }) => message),
      [bytes],
    );
  });

  it('refuses a second content in one step of one round, and signs on in later rounds', async () => {
    for (const step of [proposal, prepare, commit]) {
      await signer.sign(step(block), bytesOf(block));
      await assert.rejects(signer.sign(step(other), bytesOf(other)), refused);
      await signer.sign(step(other, 1), bytesOf(other));
    }
    await signer.sign(roundChange(2), undefined);
    await assert.rejects(signer.sign(roundChange(2, { block, round: 0 }), undefined), refused);
  });

  it('refuses two round changes that claim different prepared rounds of one block', async () => {
    await signer.sign(roundChange(3, { block, round: 1 }), undefined);
    await assert.rejects(signer.sign(roundChange(3, { block, round: 2 }), undefined), refused);
  });

  it('refuses to contradict after a restart what it signed before', async () => {
    await signer.sign(proposal(block), bytesOf(block));
    await signer.sign(prepare(block), bytesOf(block));
    await signer.sign(commit(block), undefined);
    await signer.sign(roundChange(1, { block, round: 0 }), undefined);
    await restart();
    await assert.rejects(signer.sign(proposal(other), bytesOf(other)), refused);
    await assert.rejects(signer.sign(prepare(other), bytesOf(other)), refused);
    await assert.rejects(signer.sign(commit(other), undefined), refused);
    await assert.rejects(signer.sign(roundChange(1), undefined), refused);
    await assert.rejects(signer.sign(roundChange(1, { block, round: 1 }), undefined), refused);
    await signer.sign(prepare(other, 1), bytesOf(other));
  });

  it('never signs for a height below one that it has signed for', async () => {
    await signer.sign({ ...roundChange(1), height: 2 }, undefined);
    await assert.rejects(signer.sign(prepare(block), bytesOf(block)), refused);
  });

  it('signs nothing for heights that are decided', async () => {
    await signer.closeUpTo(1);
    assert.equal(signer.maySign(1), false);
    await assert.rejects(signer.sign(prepare(block), bytesOf(block)), { code: 'HEIGHT_NOT_SIGNABLE' });
    assert.equal(signer.maySign(2), true);
  });

  it('hands nothing out when the journal cannot be written', async () => {
    await journal.close();
    await assert.rejects(signer.sign(prepare(block), bytesOf(block)), { code: 'JOURNAL_FAILED' });
    await open();
    assert.deepEqual(signer.restore(1).records, []);
  });

  it('gives a restarted core its messages, blocks, round and prepared certificate back', async () => {
    const sent = [
      await signer.sign(prepare(block), bytesOf(block)),
      await signer.sign(commit(block), undefined),
      await signer.sign(roundChange(1, { block, round: 0 }), undefined),
      await signer.sign(prepare(block, 1), bytesOf(block)),
      await signer.sign(roundChange(4, { block, round: 0 }), undefined),
    ];
    const { state, complete } = restoredState(await restart());
    assert.equal(state.round, 4);
    assert.equal(state.mayNotSign, false);
    assert.deepEqual(
      state.messages,
      sent.map(({ message }) => message),
    );
    assert.deepEqual(state.blocks, [proposed(block)]);
    assert.deepEqual(complete, [block]);
    assert.equal(state.prepared?.round, 0);
    assert.equal(state.prepared?.blockHash, block.hash);
    assert.equal(state.prepared?.certificate.length, 3);
  });

  it('restores the prepared certificate of the latest round', async () => {
    await signer.sign(commit(block), undefined);
    await signer.sign(commit(other, 2), undefined);
    const { state } = restoredState(await restart());
    assert.deepEqual([state.prepared?.round, state.prepared?.blockHash], [2, other.hash]);
  });

  it('restores nothing of a height that was committed meanwhile', async () => {
    await signer.sign(prepare(block), bytesOf(block));
    const { state } = restoredState(await restart(1));
    assert.deepEqual(state, { round: 0, messages: [], blocks: [], prepared: undefined, mayNotSign: false });
  });

  it('lets a validator whose journal does not reach back watch without signing', () => {
    const { state } = restoredState({ records: [], maySign: false });
    assert.equal(state.mayNotSign, true);
  });
});
