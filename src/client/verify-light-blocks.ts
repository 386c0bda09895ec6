import { type Genesis, hashGenesis } from '../types/genesis.ts';
import { type LightBlock, lightBlockFault } from '../types/light-block.ts';
import { ValidatorSet } from '../types/validator.ts';

export type LightBlockWalk = { readonly valid: true } | { readonly valid: false; readonly message: string };

/**
 * Whether blocks lead from genesis to the last of them: each is final under the validators that the one before names
 * as next, the first under those of genesis. Between two of them the set must not change, so every header that
 * changes it has to be there.
 */
export function verifyLightBlocks(genesis: Genesis, blocks: readonly LightBlock[]): LightBlockWalk {
  const genesisHash = hashGenesis(genesis);
  const members = genesis.validators.map(({ id, consensusKey, vrfKey }) => ({ id, consensusKey, vrfKey }));
  let expected = new ValidatorSet(members).hash;
  let height = 0;
  for (const block of blocks) {
    const { header } = block;
    const fail = (what: string): LightBlockWalk => ({
      valid: false,
      message: `block ${header.height}: ${what}`,
    });
    if (header.chainId !== genesis.chainId) return fail('another chain id');
    if (header.height <= height) return fail(`not above ${height}`);
    if (header.validatorsHash !== expected) return fail('other validators than the blocks before lead to');
    const fault = lightBlockFault(block, genesisHash);
    if (fault !== undefined) return fail(fault);
    expected = header.nextValidatorsHash;
    height = header.height;
  }
  return blocks.length === 0 ? { valid: false, message: 'no block' } : { valid: true };
}
