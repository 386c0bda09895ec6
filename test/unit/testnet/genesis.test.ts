import assert from 'node:assert/strict';
import { genesisState } from '../../../src/ledger/genesis-state.ts';
import { isBic, isLei } from '../../../src/types/bank-identifiers.ts';
import { hashGenesis } from '../../../src/types/genesis.ts';
import { validateGenesis } from '../../../src/types/genesis-check.ts';
import { bankIdentifierCode, legalEntityIdentifier } from '../../../testnet/bank-codes.ts';
import { createTestnetGenesis } from '../../../testnet/genesis.ts';

const options = {
  seed: 'unit',
  validators: 4,
  chainId: 7,
  timeMs: 1_700_000_000_000,
  blockTimeMs: 1_000,
  emptyBlocksMs: 10_000,
};

describe('testnet genesis', () => {
  it('is valid and gives away exactly 100 000 GEN with 1, 4, 21 and 64 validators', () => {
    for (const validators of [1, 4, 21, 64]) {
      const genesis = createTestnetGenesis({ ...options, validators });
      validateGenesis(genesis);
      let total = genesis.validators.reduce((sum, { bond }) => sum + bond, 0n);
      for (const { token, amount } of [...genesis.allocations, ...genesis.meters])
        if (token === 'GEN') total += amount;
      assert.equal(total, 100_000_000_000n);
      assert.equal(genesisState(genesis).validators.size, validators);
    }
  });

  it('follows from the seed, the time and the sizes alone', () => {
    const hash = hashGenesis(createTestnetGenesis(options));
    assert.equal(hashGenesis(createTestnetGenesis(options)), hash);
    assert.notEqual(hashGenesis(createTestnetGenesis({ ...options, seed: 'other' })), hash);
  });

  it('invents bank codes that pass the checks of ISO 17442 and ISO 9362', () => {
    const seen = new Set<string>();
    for (const number of [0, 1, 99, 1_000, 123_456, 16_001_000]) {
      const lei = legalEntityIdentifier(number);
      const bic = bankIdentifierCode(number);
      assert.ok(isLei(lei), lei);
      assert.ok(isBic(bic), bic);
      seen.add(lei).add(bic);
    }
    assert.equal(seen.size, 12);
  });
});
