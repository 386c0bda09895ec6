import assert from 'node:assert/strict';
import { statusName } from '../../src/types/operations/catalogs.ts';
import { decodeTransaction } from '../../src/types/transaction.ts';
import { deriveAuthorityKeys, deriveLane } from '../../testnet/identities.ts';
import { Planner, type PreparedTransaction } from '../../testnet/load/plan.ts';
import type { LedgerScenarios } from '../../testnet/load/scenario.ts';
import { CHAIN_SEED, ChainWorld } from './chain.ts';

const BLOCK_MS = 1_000;

export interface PlanOutcome {
  readonly planned: PreparedTransaction;
  /** Of its receipt. */
  readonly status: string;
}

/** Executes the plan of a ledger's load on a chain with a block a second. */
export async function executePlan(
  seed: string,
  scenarios: LedgerScenarios,
  rate: number,
  seconds: number,
): Promise<PlanOutcome[]> {
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
    finalBlock: { height: 1, hash: 'ab'.repeat(32) },
    maxFee: 1_000_000n,
    nonces: new Map(),
  });
  const plan = planner.plan([scenarios], rate, seconds);
  const statuses = new Map<string, string>();
  for (let next = 0, untilMs = BLOCK_MS; next < plan.length; untilMs += BLOCK_MS) {
    for (; next < plan.length && (plan[next] as PreparedTransaction).atMs < untilMs; next++)
      node.pool.mempool.add(decodeTransaction((plan[next] as PreparedTransaction).bytes), 'gossip');
    await world.extend(node);
    const receipts = node.chain.history.block(node.chain.head.height)?.receipts.sections.flat() ?? [];
    for (const { txId, ledger, status } of receipts) statuses.set(txId, statusName(ledger, status));
  }
  return plan.map((planned) => ({ planned, status: statuses.get(planned.txId) ?? 'no receipt' }));
}

/** Fails unless each transaction ended as planned, and each of the operations both succeeded and failed. */
export function assertAsPlanned(outcomes: readonly PlanOutcome[], operations: readonly string[]): void {
  for (const { planned, status } of outcomes)
    assert.equal(status, planned.expected, `${planned.operation} at ${planned.atMs} ms`);
  const seen = new Set(outcomes.map(({ planned, status }) => `${planned.operation} ${status === 'OK'}`));
  for (const operation of operations)
    for (const succeeds of [true, false])
      assert.ok(
        seen.has(`${operation} ${succeeds}`),
        `${operation} ${succeeds ? 'never succeeds' : 'never fails'}`,
      );
}
