import assert from 'node:assert/strict';
import { statusName } from '../../../../src/types/operations/catalogs.ts';
import { decodeTransaction } from '../../../../src/types/transaction.ts';
import { createTestnetGenesis } from '../../../../testnet/genesis.ts';
import { deriveAuthorityKeys, deriveLane } from '../../../../testnet/identities.ts';
import { bpciScenarios } from '../../../../testnet/load/bpci.ts';
import { Planner } from '../../../../testnet/load/plan.ts';
import { certificateOf } from '../../../support/foreign-chain.ts';
import { LedgerChain } from '../../../support/ledger-chain.ts';

const SEED = 'load of bpci';
const BLOCK_HASH = 'ab'.repeat(32);

describe('the load of the bpci ledger', () => {
  it('plans what then comes to the statuses that it expects, successes and failures of every operation', () => {
    const timeMs = 1_700_000_000_000;
    const genesis = createTestnetGenesis({
      seed: SEED,
      validators: 1,
      chainId: 7,
      timeMs,
      blockTimeMs: 1_000,
      emptyBlocksMs: 10_000,
    });
    const chain = new LedgerChain(genesis);
    for (let height = 0; height < 3; height++)
      chain.block([], 1_000, height === 0 ? undefined : certificateOf({ height, blockHash: BLOCK_HASH }, 1));
    const planner = new Planner({
      seed: SEED,
      chainId: 7,
      genesisHash: chain.genesisHash,
      lane: deriveLane(SEED, 0),
      validators: [],
      authorities: deriveAuthorityKeys(SEED),
      startMs: chain.timeMs,
      finalBlock: { height: 1, hash: BLOCK_HASH },
      runId: chain.height,
      maxFee: 1_000_000n,
      nonces: new Map(),
    });
    const prepared = planner.plan([bpciScenarios], 25, 10);
    const seen = new Map<string, Set<string>>();
    for (let first = 0; first < prepared.length; first += 10) {
      const part = prepared.slice(first, first + 10);
      const { receipts } = chain.block(
        part.map(({ bytes }) => decodeTransaction(bytes)),
        400,
      );
      for (const { operation, expected, txId } of part) {
        const receipt = receipts.find((one) => one.txId === txId);
        const status = statusName('bpci', receipt?.status as number);
        assert.equal(status, expected, operation);
        seen.set(operation, (seen.get(operation) ?? new Set()).add(status === 'OK' ? 'ok' : 'failed'));
      }
    }
    assert.deepEqual(
      [...seen].map(([operation, outcomes]) => `${operation} ${[...outcomes].sort().join(' ')}`).sort(),
      ['Anchor', 'ClientCreate', 'ClientMisbehaviour', 'ClientUpdate', 'NodeMsg'].map(
        (operation) => `${operation} failed ok`,
      ),
    );
  });
});
