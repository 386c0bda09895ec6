import assert from 'node:assert/strict';
import { BPI } from '../../../../src/types/operations/bpi.ts';
import { statusName } from '../../../../src/types/operations/catalogs.ts';
import { decodeTransaction } from '../../../../src/types/transaction.ts';
import { deriveAuthorityKeys, deriveLane } from '../../../../testnet/identities.ts';
import { bpiScenarios } from '../../../../testnet/load/bpi.ts';
import { Planner, type PreparedTransaction } from '../../../../testnet/load/plan.ts';
import { CHAIN_SEED, ChainWorld } from '../../../support/chain.ts';

const RATE = 20;
const SECONDS = 40;
const BLOCK_MS = 1_000;

/** Executes a plan on a chain with a block a second, and returns the status of each transaction. */
async function execute(seed: string): Promise<{ planned: PreparedTransaction; status: string }[]> {
  const world = new ChainWorld();
  const node = await world.open();
  const planner = new Planner({
    seed,
    chainId: world.genesis.chainId,
    genesisHash: world.genesisHash,
    lane: deriveLane(CHAIN_SEED, 1),
    validators: [],
    authorities: deriveAuthorityKeys(CHAIN_SEED),
    startMs: world.clock.wallMs(),
    runId: 0,
    finalBlock: undefined,
    maxFee: 1_000_000n,
    nonces: new Map(),
  });
  const plan = planner.plan([bpiScenarios], RATE, SECONDS);
  const statuses = new Map<string, string>();
  for (let next = 0, untilMs = BLOCK_MS; next < plan.length; untilMs += BLOCK_MS) {
    for (; next < plan.length && (plan[next] as PreparedTransaction).atMs < untilMs; next++)
      node.pool.mempool.add(decodeTransaction((plan[next] as PreparedTransaction).bytes), 'gossip');
    await world.extend(node);
    const receipts = node.chain.history.block(node.chain.head.height)?.receipts.sections.flat() ?? [];
    for (const { txId, status } of receipts) statuses.set(txId, statusName('bpi', status));
  }
  return plan.map((planned) => ({ planned, status: statuses.get(planned.txId) ?? 'no receipt' }));
}

describe('the load of the bpi ledger', () => {
  it('ends every transaction as planned, every operation with successes and failures', async () => {
    const outcomes = await execute('load');
    for (const { planned, status } of outcomes)
      assert.equal(status, planned.expected, `${planned.operation} at ${planned.atMs} ms`);
    const seen = new Set(outcomes.map(({ planned, status }) => `${planned.operation} ${status === 'OK'}`));
    for (const operation of Object.keys(BPI.operations))
      for (const succeeds of [true, false]) assert.ok(seen.has(`${operation} ${succeeds}`), operation);
    const statuses = new Set(outcomes.map(({ status }) => status));
    for (const status of ['DENIED', 'YAML_TOO_DEEP', 'YAML_ALIAS', 'AUDITORS_TOO_FEW'])
      assert.ok(statuses.has(status), status);
  });
});
