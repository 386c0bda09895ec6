import assert from 'node:assert/strict';
import type { CompleteBlock } from '../../../src/chain/complete-block.ts';
import { CachedVerifier } from '../../../src/crypto/cached-verifier.ts';
import { createJournal } from '../../../src/storage/new-journal.ts';
import { VoteJournal } from '../../../src/storage/vote-journal.ts';
import { type ConsensusMessage, encodeConsensusMessage } from '../../../src/types/consensus-message.ts';
import { silentLogger } from '../../../src/util/logger.ts';
import { BlockBudget } from '../../../src/validator/block-budget.ts';
import { BlockFetcher } from '../../../src/validator/block-fetcher.ts';
import { BlockPace } from '../../../src/validator/block-pace.ts';
import { ConsensusDriver } from '../../../src/validator/driver.ts';
import { ProposalBuilder } from '../../../src/validator/proposal-builder.ts';
import { VoteSigner } from '../../../src/validator/vote-signer.ts';
import { type ChainNode, ChainWorld, unchangingKeys } from '../../support/chain.ts';
import { ScriptedNetwork } from '../../support/scripted-network.ts';
import { SignedMessages } from '../../support/signed-messages.ts';
import { useTemporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

describe('The consensus driver', () => {
  const directory = useTemporaryDirectory();
  let world: ChainWorld;
  let node: ChainNode;
  let network: ScriptedNetwork;
  let journal: VoteJournal;
  let driver: ConsensusDriver;
  let halts: { height: number; reason: string }[];

  /** One validator with a clock that runs: alone in its set, it decides blocks by itself. */
  async function start(validators: number): Promise<void> {
    world = new ChainWorld({ validators });
    world.clock.run();
    node = await world.open();
    network = new ScriptedNetwork();
    halts = [];
    const producer = world.producer(0);
    const path = directory.join('votes.journal');
    const owner = { genesisHash: world.genesisHash, validator: producer.id };
    await createJournal(path, owner);
    ({ journal } = await VoteJournal.open(path, { ...owner, headHeight: 0 }));
    const { chain, pool } = node;
    driver = new ConsensusDriver(
      {
        chain,
        network: network.port,
        fetcher: new BlockFetcher({ chain, pool, network: network.port, logger: silentLogger }),
        signer: {
          votes: new VoteSigner(unchangingKeys(producer), world.genesisHash, journal),
          builder: new ProposalBuilder(chain, unchangingKeys(producer), {
            budget: new BlockBudget(1_500),
            reveal: () => undefined,
          }),
        },
        verifier: new CachedVerifier(1_000),
        pace: new BlockPace({ targetMs: 50, minMs: 50 }),
        clock: world.clock,
        logger: silentLogger,
        onBehind: () => undefined,
        onHalt: ({ height, reason }) => halts.push({ height, reason }),
      },
      {
        self: producer.id,
        baseTimeoutMs: 500,
        timeoutCapMs: 1_000,
        resendIntervalMs: 200,
        emptyBlockIntervalMs: 60_000,
        maxClockDriftMs: world.genesis.parameters.maxClockDriftMs,
      },
    );
    driver.start();
  }

  afterEach(async () => {
    driver.stop();
    await journal.close();
  });

  async function decideOneTransaction(nonce: number): Promise<void> {
    const { id, bytes } = world.transfer(nonce);
    await node.pool.submit(bytes);
    driver.workAvailable();
    await waitFor('the transaction is in a block', () => node.store.findTransaction(id) !== undefined);
  }

  it('decides blocks alone where it is the only validator, and journals what it signs', async () => {
    await start(1);
    await decideOneTransaction(0);
    await decideOneTransaction(1);
    const topics = network.published.map(({ topic }) => topic);
    assert.ok(topics.includes('proposal') && topics.includes('vote'));
    assert.ok(node.chain.head.height >= 2);
    assert.deepEqual(halts, []);
  });

  it('rejects bytes that are no message on every topic, and goes on', async () => {
    await start(1);
    const valid = encodeConsensusMessage(
      new SignedMessages(world).prepare(0, node.chain.build(world.producer(0))),
    );
    const garbage = [
      new Uint8Array(0),
      Uint8Array.of(5),
      Uint8Array.of(255, 1, 2, 3),
      new Uint8Array(10_000).fill(1),
      valid.subarray(0, -1),
      Uint8Array.of(...valid, 0),
    ];
    for (const topic of ['proposal', 'vote', 'block'] as const)
      for (const bytes of garbage) assert.equal(await network.deliver(topic, bytes), 'reject');
    await decideOneTransaction(0);
    assert.equal(driver.roundState().height, node.chain.head.height + 1);
  });

  it('tells forged, strange and stale messages apart', async () => {
    await start(4);
    const messages = new SignedMessages(world);
    const block = node.chain.build(world.producer(0));
    const honest = messages.vote('prepare', 1, block);
    const forged = { ...honest, signature: messages.vote('prepare', 2, block).signature };
    const stranger = { ...honest, signer: world.alice.address };
    const later = { ...honest, body: { ...honest.body, height: 9 } };
    const deliver = (prepare: typeof honest) =>
      network.deliver('vote', encodeConsensusMessage({ kind: 'prepare', prepare }));
    assert.equal(await deliver(honest), 'accept');
    assert.equal(await deliver(forged), 'reject');
    assert.equal(await deliver(stranger), 'ignore');
    assert.equal(await deliver(later), 'ignore', 'nobody knows yet who votes at that height');
    assert.deepEqual(driver.drops().BAD_SIGNATURE, 2);
  });

  it('Q01: keeps two votes of one validator that contradict each other as evidence', async () => {
    await start(4);
    const messages = new SignedMessages(world);
    for (const producer of [0, 1]) {
      const block = node.chain.build(world.producer(producer));
      await network.deliver('vote', encodeConsensusMessage(messages.prepare(2, block)));
    }
    const [found] = await waitFor('evidence', () => {
      const pending = node.chain.evidence.pending();
      return pending.length > 0 && pending;
    });
    const validator = world.producer(2).id;
    assert.deepEqual(found?.accusation, { offence: 'prepare', validator, height: 1 });
  });

  it('Q01: notices a vote that contradicts an earlier one when its height is long decided, and believes no forged one', async () => {
    await start(4);
    const messages = new SignedMessages(world);
    const [block, other] = [0, 1].map((k) => node.chain.build(world.producer(k))) as [
      CompleteBlock,
      CompleteBlock,
    ];
    const deliver = (message: ConsensusMessage) => network.deliver('vote', encodeConsensusMessage(message));
    assert.equal(await deliver(messages.prepare(2, block)), 'accept');
    assert.equal(await deliver(messages.commit(3, block)), 'accept');
    await node.chain.commit(block, world.certify(block, node.chain.validators));

    assert.equal(await deliver(messages.prepare(2, block)), 'ignore');
    const forged = { ...messages.vote('prepare', 1, other), signer: world.producer(2).id };
    assert.equal(await deliver({ kind: 'prepare', prepare: forged }), 'reject');
    const accused = () =>
      node.chain.evidence.pending().map(({ accusation: { offence, validator } }) => [offence, validator]);
    assert.deepEqual(accused(), []);
    assert.equal(await deliver(messages.prepare(2, other)), 'ignore');
    assert.deepEqual(accused(), [['prepare', world.producer(2).id]]);
    await world.extend(node);
    await world.extend(node);
    const forgotten = messages.roundChange(3, 1);
    assert.equal(await deliver({ kind: 'round-change', roundChange: forgotten, prepares: [] }), 'ignore');
    assert.deepEqual(accused(), [['amnesia', world.producer(3).id]], 'the first one stands in a block');
  });

  it('Q01: notices two votes that both come when their height is decided, and one against a seal of the chain', async () => {
    await start(4);
    const messages = new SignedMessages(world);
    const [block, other] = [0, 1].map((k) => node.chain.build(world.producer(k))) as [
      CompleteBlock,
      CompleteBlock,
    ];
    await node.chain.commit(block, world.certify(block, node.chain.validators));
    for (const message of [
      messages.prepare(2, block),
      messages.prepare(2, other),
      messages.commit(1, other), // the certificate has its seal for the block
    ])
      assert.equal(await network.deliver('vote', encodeConsensusMessage(message)), 'ignore');
    const { evidence } = (await world.extend(node)).block.body;
    assert.deepEqual(new Set(evidence.map(({ kind }) => kind)), new Set(['prepare', 'commit']));
  });

  it('goes on when sync brings the block that it is about to commit', async () => {
    await start(1);
    const append = journal.append.bind(journal);
    let synced = 0;
    journal.append = async (record) => {
      await append(record);
      if (record.step !== 'commit') return;
      const block = node.chain.candidate(record.blockHash);
      if (block === undefined) return;
      await node.chain.commit(block, world.certify(block, node.chain.validators));
      synced += 1;
    };
    await decideOneTransaction(0);
    await decideOneTransaction(1);
    assert.ok(synced >= 2);
    assert.deepEqual(halts, []);
  });

  it('halts in order when a decided block cannot be written, and stays silent afterwards', async () => {
    await start(1);
    node.memory.batch = () => Promise.reject(new Error('no space left on device'));
    driver.workAvailable();
    const [halt] = await waitFor('the node halts', () => halts.length > 0 && halts);
    assert.equal(halt?.height, 1);
    assert.equal(halt?.reason, 'no space left on device');
    const sent = network.published.length;
    const block = node.chain.build(world.producer(0));
    const vote = encodeConsensusMessage(new SignedMessages(world).prepare(0, block));
    assert.equal(await network.deliver('vote', vote), 'ignore');
    assert.equal(network.published.length, sent);
    assert.equal(node.chain.head.height, 0);
  });

  it('does nothing more once it is stopped', async () => {
    await start(1);
    driver.stop();
    const sent = network.published.length;
    await node.pool.submit(world.transfer(0).bytes);
    driver.workAvailable();
    const vote = new SignedMessages(world).prepare(0, node.chain.build(world.producer(0)));
    assert.equal(await network.deliver('vote', encodeConsensusMessage(vote)), 'ignore');
    assert.equal(network.published.length, sent);
    assert.equal(node.chain.head.height, 0);
  });
});
