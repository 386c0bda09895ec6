import { type BlockTransactions, executeBlock } from '../../../src/ledger/execute-block.ts';
import { LEDGERS, type LedgerName } from '../../../src/types/names.ts';
import { findKind } from '../../../src/types/operations/catalog.ts';
import { CATALOGS } from '../../../src/types/operations/catalogs.ts';
import { preparedChain, successes, transactionsOf } from '../../../test/support/compliance/world.ts';
import { median } from '../arithmetic.ts';
import type { Metrics } from '../context.ts';
import { extraMicrosOf } from './cpu-time.ts';

const ROUND_MS = 20;
const NO_BEACON = '00'.repeat(32);

interface OperationCost {
  readonly name: string;
  readonly micros: number;
  readonly nanosPerGas: number;
}

/**
 * What each kind of operation costs: alone in a block from BeginBlock to EndBlock, less what an empty block costs. In a
 * full block an operation shares the hashing of its keys with others and is cheaper. Gas is calibrated where the costs
 * of all operations per gas are within four times their median.
 */
export function measureSections(note: (text: string) => void): Metrics {
  const metrics: Record<string, number> = {};
  const all: OperationCost[] = [];
  for (const ledger of LEDGERS) {
    const costs = costsOf(ledger);
    all.push(...costs);
    metrics[`${ledger}OperationMicros`] = median(costs.map(({ micros }) => micros));
    for (const { name, micros } of costs) metrics[`${ledger}.${name}Micros`] = micros;
  }
  const perGas = all.map(({ nanosPerGas }) => nanosPerGas);
  const middle = median(perGas);
  for (const { name, nanosPerGas } of all)
    if (nanosPerGas > 4 * middle || nanosPerGas * 4 < middle)
      note(`${name}: ${nanosPerGas.toFixed(1)} ns per gas, the median is ${middle.toFixed(1)}`);
  return {
    ...metrics,
    nanosPerGasMedian: middle,
    nanosPerGasMin: Math.min(...perGas),
    nanosPerGasMax: Math.max(...perGas),
  };
}

function costsOf(ledger: LedgerName): OperationCost[] {
  const chain = preparedChain();
  const { genesis, genesisHash, timeMs, mined, state } = chain;
  const facts = { height: chain.height + 1, timeMs, genesis, genesisHash };
  const input = { ...mined, beacon: NO_BEACON, lastCertificate: undefined, evidence: [] };
  const gasOf = (transactions: BlockTransactions): number => {
    const outcome = executeBlock(state, facts, transactions, input);
    if (!outcome.valid) throw new Error(`invalid section: ${outcome.fault.code}`);
    outcome.ended.discard();
    return outcome.sections.reduce((sum, { gas }) => sum + gas, 0);
  };
  const costs: OperationCost[] = [];
  // Each alone, so each has its sender's next nonce.
  for (const plan of successes(chain, ledger)) {
    const transactions = transactionsOf(chain, ledger, [plan]);
    const { kind } = plan.operation;
    const run = () => gasOf({ [ledger]: transactions });
    const micros = Math.max(
      0,
      extraMicrosOf(ROUND_MS, run, () => gasOf({})),
    );
    const name = findKind(CATALOGS[ledger].operations, kind)?.name ?? String(kind);
    costs.push({ name, micros, nanosPerGas: (micros * 1000) / run() });
  }
  return costs.filter(({ nanosPerGas }) => nanosPerGas > 0);
}
