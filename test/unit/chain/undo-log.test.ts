import { strict as assert } from 'node:assert';
import { LIMITS } from '../../../src/util/limits.ts';
import { type ChainNode, ChainWorld } from '../../support/chain.ts';
import { remakeBlock } from '../../support/remake-block.ts';

describe('what a chain keeps of its last blocks', () => {
  let world: ChainWorld;
  let builder: ChainNode;
  let follower: ChainNode;

  beforeEach(async () => {
    world = new ChainWorld();
    builder = await world.open();
    follower = await world.open();
  });

  const extendWithTransfer = async (nonce: number) => {
    await builder.pool.submit(world.transfer(BigInt(nonce)).bytes);
    return world.extend(builder, [follower]);
  };

  it('executes each of the last blocks once more, on the state below it, with the roots of its header', async () => {
    assert.equal(builder.chain.lowestReplayable(), undefined);
    const blocks = [];
    for (let i = 0; i < 4; i++) blocks.push(await extendWithTransfer(i));
    assert.equal(builder.chain.lowestReplayable(), 1);
    const root = builder.chain.state.stateRoot();
    const nodes = builder.chain.state.nodeCount;
    for (const [i, { hash, block }] of blocks.entries())
      for (const { chain } of [builder, follower])
        assert.deepEqual(chain.replay(i + 1), {
          hash,
          stateRoot: block.header.stateRoot,
          receiptsRoot: block.header.receiptsRoot,
        });
    assert.equal(builder.chain.state.stateRoot(), root);
    assert.equal(builder.chain.state.nodeCount, nodes, 'nothing of it stays');
    await extendWithTransfer(4);
    assert.equal(follower.chain.head.height, 5);
  });

  it('says what differs when a stored block does not follow from the state below it', async () => {
    await extendWithTransfer(0);
    await extendWithTransfer(1);
    const { history } = builder.chain;
    const read = history.block.bind(history);
    history.block = (height) => {
      const stored = read(height);
      if (stored === undefined) return undefined;
      const header = { ...stored.block.header, stateRoot: 'cd'.repeat(32) };
      return { ...stored, block: { ...stored.block, header } };
    };
    const replayed = builder.chain.replay(2);
    assert.ok(replayed !== undefined && 'fault' in replayed);
    assert.equal(replayed.fault, 'WRONG_STATE_ROOT');
  });

  it('knows the states of a bounded number of blocks, and none from before it was started', async () => {
    for (let i = 0; i < LIMITS.maxUndoBlocks + 2; i++) await world.extend(builder);
    assert.equal(builder.chain.lowestReplayable(), 3);
    assert.equal(builder.chain.replay(2), undefined);
    assert.ok(builder.chain.replay(3));
    assert.equal(builder.chain.replay(LIMITS.maxUndoBlocks + 3), undefined);
  });

  it('remembers refused candidates once per reason, newest first, and forgets the oldest', async () => {
    const producer = world.producer(0);
    const good = builder.chain.build(producer);
    const change = { header: { stateRoot: 'cd'.repeat(32) } };
    const faulty = remakeBlock(good, producer.consensusKey, world.genesisHash, change);
    for (let i = 0; i < 2; i++)
      assert.deepEqual(await follower.chain.validate(faulty, { reproposal: false }), {
        valid: false,
        reason: 'WRONG_STATE_ROOT',
      });
    const stranger = {
      ...good,
      block: { ...good.block, header: { ...good.block.header, sectionsRoot: 'ef'.repeat(32) } },
    };
    await follower.chain.validate(stranger, { reproposal: false });
    const list = follower.chain.badBlocks.list();
    assert.deepEqual(
      list.map(({ height, hash, reason, times }) => ({ height, hash, reason, times })),
      [
        { height: 1, hash: stranger.hash, reason: 'WRONG_SECTIONS_ROOT', times: 1 },
        { height: 1, hash: faulty.hash, reason: 'WRONG_STATE_ROOT', times: 2 },
      ],
    );
    for (let i = 0; i < LIMITS.maxBadBlocks; i++)
      follower.chain.badBlocks.note({ ...good, hash: i.toString(16).padStart(64, '0') }, 'BAD_PROOF', i);
    assert.equal(follower.chain.badBlocks.list().length, LIMITS.maxBadBlocks);
    assert.ok(follower.chain.badBlocks.list().every(({ reason }) => reason === 'BAD_PROOF'));
    assert.equal(builder.chain.badBlocks.list().length, 0);
  });
});
