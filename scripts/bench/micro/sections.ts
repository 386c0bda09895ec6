import { executeSection } from '../../../src/ledger/section.ts';
import { LEDGERS, type LedgerName } from '../../../src/types/names.ts';
import { findKind } from '../../../src/types/operations/catalog.ts';
import { CATALOGS } from '../../../src/types/operations/catalogs.ts';
import type { EncodedTransaction } from '../../../src/types/transaction.ts';
import { preparedChain, successes, transactionsOf } from '../../../test/support/compliance/world.ts';
import { median } from '../arithmetic.ts';
import type { Metrics } from '../context.ts';
import { cpuMicrosOf } from './cpu-time.ts';

const ROUND_MS = 4;

interface OperationCost {
  readonly name: string;
  readonly micros: number;
  readonly nanosPerGas: number;
}

/**
 * What executing a section costs for each kind of operation: alone in a section, less what an empty section costs. In
 * a full section an operation shares the hashing of its keys with others and is cheaper.
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
  return { ...metrics, nanosPerGasMedian: middle, nanosPerGasMax: Math.max(...perGas) };
}

function costsOf(ledger: LedgerName): OperationCost[] {
  const chain = preparedChain();
  const begun = chain.begin();
  const run = (transactions: readonly EncodedTransaction[]) => {
    const outcome = executeSection(begun, ledger, transactions);
    if (!outcome.valid) throw new Error(`invalid section: ${outcome.fault.code}`);
    outcome.result.discard();
    return outcome.result;
  };
  const empty = cpuMicrosOf(ROUND_MS, () => run([]));
  const costs: OperationCost[] = [];
  try {
    // Each alone, so each has its sender's next nonce.
    for (const plan of successes(chain, ledger)) {
      const [transaction] = transactionsOf(chain, ledger, [plan]);
      if (transaction === undefined) continue;
      const alone = cpuMicrosOf(ROUND_MS, () => run([transaction]));
      const micros = Math.max(0, alone - empty);
      const { gas } = run([transaction]).receipts[0] ?? { gas: 0 };
      const { kind } = transaction.value.body.operations[0] ?? { kind: 0 };
      const name = findKind(CATALOGS[ledger].operations, kind)?.name ?? String(kind);
      costs.push({ name, micros, nanosPerGas: gas === 0 ? 0 : (micros * 1000) / gas });
    }
  } finally {
    begun.discard();
  }
  return costs.filter(({ nanosPerGas }) => nanosPerGas > 0);
}
