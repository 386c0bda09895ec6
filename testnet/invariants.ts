import { LEDGERS } from '../src/types/names.ts';
import { CATALOGS } from '../src/types/operations/catalogs.ts';
import type { NodeRpc } from './rpc.ts';
import { receiptsOf } from './rpc.ts';

/** One rule that the whole testnet must keep, checked from outside through the nodes' RPC. */
export interface Finding {
  readonly invariant: InvariantName;
  readonly message: string;
}

export type InvariantName = 'agreement' | 'conservation' | 'single-receipt' | 'no-rejects' | 'coverage';

export interface InvariantReport {
  readonly ok: boolean;
  /** Heights at which all nodes were compared. */
  readonly heights: number;
  readonly nodes: number;
  readonly findings: readonly Finding[];
}

export interface InvariantOptions {
  /** Whether every kind of operation must have both a successful and a failed receipt, as after a complete load. */
  readonly coverage: boolean;
}

/** Checks all rules on the nodes that are given, which must all run; the first has the longest history. */
export async function checkInvariants(
  nodes: readonly NodeRpc[],
  options: InvariantOptions,
): Promise<InvariantReport> {
  const heads = await Promise.all(nodes.map((node) => node.call('chain_getFinalizedHead')));
  const lowest = Math.min(...heads.map(({ height }) => height));
  const findings = [
    ...(await checkAgreement(
      nodes,
      heads.map(({ lowestHeight }) => lowestHeight),
      lowest,
    )),
    ...(await checkConservation(nodes)),
    ...(await checkReceipts(nodes[0] as NodeRpc, lowest, options.coverage)),
    ...(await checkRejects(nodes)),
  ];
  return { ok: findings.length === 0, heights: lowest, nodes: nodes.length, findings };
}

const BATCH = 50;

/** At every height all nodes that have it have one block hash, state root and receipts root. */
async function checkAgreement(
  nodes: readonly NodeRpc[],
  begins: readonly number[],
  lowest: number,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (let from = 1; from <= lowest; from += BATCH) {
    const to = Math.min(lowest, from + BATCH - 1);
    const starts = begins.map((begin) => Math.max(from, begin));
    const rows = await Promise.all(nodes.map((node, index) => rootsOf(node, starts[index] as number, to)));
    for (let height = from; height <= to; height++) {
      const variants = new Map<string, string[]>();
      for (const [index, row] of rows.entries()) {
        const roots = row[height - (starts[index] as number)];
        if (roots === undefined) continue; // it began above, at a snapshot
        variants.set(roots, [...(variants.get(roots) ?? []), (nodes[index] as NodeRpc).name]);
      }
      if (variants.size > 1)
        findings.push({
          invariant: 'agreement',
          message: `height ${height}: ${[...variants].map(([roots, names]) => `${names.join(' ')} have ${roots}`).join('; ')}`,
        });
    }
  }
  return findings;
}

async function rootsOf(node: NodeRpc, from: number, to: number): Promise<string[]> {
  if (from > to) return [];
  const calls = Array.from({ length: to - from + 1 }, (_, index) => ({
    method: 'chain_getHeader' as const,
    params: { height: from + index },
  }));
  const outcomes = await node.batch(calls);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    const { hash, header } = outcome.value as {
      hash: string;
      header: { stateRoot: string; receiptsRoot: string };
    };
    return `block ${hash} state ${header.stateRoot} receipts ${header.receiptsRoot}`;
  });
}

/** The sum rule of every token, by every node's own account. */
async function checkConservation(nodes: readonly NodeRpc[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const node of nodes) {
    const supply = await node.call('economy_getSupply');
    for (const { token, supply: amount, held, ok } of supply.tokens)
      if (!ok || amount !== held)
        findings.push({
          invariant: 'conservation',
          message: `${node.name}: ${token} supply ${amount}, held ${held}`,
        });
  }
  return findings;
}

/** No transaction has two receipts; with `coverage`, every operation that the load sends was seen to succeed and to fail. */
async function checkReceipts(node: NodeRpc, lowest: number, coverage: boolean): Promise<Finding[]> {
  const findings: Finding[] = [];
  const seen = new Map<string, number>();
  const outcomes = new Map<string, Set<'ok' | 'failed'>>();
  for (let height = 1; height <= lowest; height++) {
    const receipts: { txId: string; status: string }[] = [];
    for await (const receipt of receiptsOf(node, height)) receipts.push(receipt);
    for (const { txId, status } of receipts) {
      const earlier = seen.get(txId);
      if (earlier !== undefined)
        findings.push({
          invariant: 'single-receipt',
          message: `${txId} has receipts at ${earlier} and ${height}`,
        });
      seen.set(txId, height);
      if (!coverage) continue;
      const { transaction } = await node.call('tx_get', { txId });
      for (const { name } of transaction.operations) {
        const key = `${transaction.ledger} ${name}`;
        outcomes.set(key, (outcomes.get(key) ?? new Set()).add(status === 'OK' ? 'ok' : 'failed'));
      }
    }
  }
  if (coverage)
    for (const ledger of LEDGERS)
      for (const name of Object.keys(CATALOGS[ledger].operations))
        for (const outcome of ['ok', 'failed'] as const)
          if (outcomes.get(`${ledger} ${name}`)?.has(outcome) !== true)
            findings.push({ invariant: 'coverage', message: `no ${outcome} receipt of ${ledger} ${name}` });
  return findings;
}

/** Honest peers never send each other anything that is to be rejected. */
async function checkRejects(nodes: readonly NodeRpc[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const node of nodes) {
    const { topics } = await node.call('gossip_stats');
    for (const { topic, carrier, rejected } of topics)
      if (rejected > 0)
        findings.push({
          invariant: 'no-rejects',
          message: `${node.name} rejected ${rejected} on ${topic} by ${carrier}`,
        });
  }
  return findings;
}
