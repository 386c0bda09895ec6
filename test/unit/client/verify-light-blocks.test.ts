import assert from 'node:assert/strict';
import { verifyLightBlocks } from '../../../src/client/verify-light-blocks.ts';
import { validatorGroup } from '../../support/certified-chain.ts';
import { ForeignChain } from '../../support/foreign-chain.ts';

describe('the walk over light blocks', () => {
  const [first, second] = [validatorGroup(40, 4), validatorGroup(50, 3)];
  // V(1..3) = first, V(4...) = second: header 3 makes the change.
  const foreign = new ForeignChain([first, first, first, second]);
  const { genesis } = foreign.chain;
  const walk = (...heights: number[]) =>
    verifyLightBlocks(
      genesis,
      heights.map((height) => foreign.lightBlock(height)),
    ).valid;

  it('leads from genesis over every change of the validators to the last block', () => {
    assert.equal(walk(2), true);
    assert.equal(walk(3, 8), true);
    assert.equal(walk(1, 2, 3, 4, 5), true);
  });

  it('does not skip a change, go back, or end nowhere', () => {
    assert.equal(walk(8), false);
    assert.equal(walk(2, 8), false);
    assert.equal(walk(3, 8, 8), false);
    assert.equal(walk(3, 8, 7), false);
    assert.equal(walk(), false);
  });

  it('takes no block of another chain, and none that is not final', () => {
    const { valid } = verifyLightBlocks({ ...genesis, chainId: 1 }, [foreign.lightBlock(2)]);
    assert.equal(valid, false);
    const salted = { ...genesis, salt: '99'.repeat(16) };
    assert.equal(verifyLightBlocks(salted, [foreign.lightBlock(2)]).valid, false);
    assert.equal(verifyLightBlocks(genesis, [foreign.variant(2, {}, 2)]).valid, false);
  });
});
