import assert from 'node:assert/strict';
import { addressToText } from '../../../src/types/address.ts';
import { openRpc } from '../../support/rpc-calls.ts';

describe('the methods that tell how a node takes part in consensus', () => {
  it('name its time-outs, in seconds too, and the quorum of the next block', async () => {
    const { node, call } = openRpc();
    const config = await call('ibft_getConfig');
    const { parameters } = node.chain.genesis;
    assert.deepEqual(
      [config.validators, config.quorum, config.faultTolerance, config.requestTimeoutMs, config.timeoutCapMs],
      [4, 3, 1, 1_500, 8_000],
    );
    assert.deepEqual(
      [config.minBlockIntervalMs, config.maxClockDriftMs],
      [parameters.minBlockIntervalMs, parameters.maxClockDriftMs],
    );
    assert.deepEqual(await call('ibft_getRequestTimeoutSeconds'), {
      requestTimeoutSeconds: 1.5,
      capSeconds: 8,
    });
  });

  it('count the blocks that its validator proposed among the last ones that it has', async () => {
    const { node, call } = openRpc();
    const empty = await call('ibft_getNodeStatus');
    assert.deepEqual([empty.proposedBlocks, empty.lastProposedHeight, empty.toHeight], [0, null, 0]);
    for (let i = 0; i < 9; i++) node.commit();
    const self = node.chain.genesis.validators[0]?.id as string;
    const own = node.chain.blocks.filter(({ block }) => block.header.proposer === self);
    const status = await call('ibft_getNodeStatus');
    assert.deepEqual([status.validator, status.inSet, status.voting], [addressToText(self), true, true]);
    assert.deepEqual([status.fromHeight, status.toHeight, status.reason], [1, 9, null]);
    assert.deepEqual(
      [status.proposedBlocks, status.lastProposedHeight],
      [own.length, own.at(-1)?.height ?? null],
    );
    node.lowestHeight = 9;
    assert.equal((await call('ibft_getNodeStatus')).fromHeight, 9);
  });

  it('name the validators of a block by its hash, as by its height', async () => {
    const { node, call, rejects } = openRpc();
    node.commit();
    const { hash } = node.commit();
    assert.deepEqual(
      await call('ibft_getValidatorsByBlockHash', { hash: `0x${hash}` }),
      await call('ibft_getValidatorsByBlockNumber', { height: 2 }),
    );
    await rejects('ibft_getValidatorsByBlockHash', { hash: `0x${'00'.repeat(32)}` }, 'BLOCK_NOT_FOUND');
  });
});
