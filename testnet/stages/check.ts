import { checkInvariants, type InvariantOptions, type InvariantReport } from '../invariants.ts';
import { connectNode, type NodeRpc } from '../rpc.ts';
import { checkChain, type SecondCheckReport } from '../second-checker.ts';
import { checkSent, type SentReport } from '../sent-check.ts';
import type { Supervisor } from '../supervisor.ts';

export interface CheckReport {
  readonly ok: boolean;
  readonly invariants: InvariantReport;
  readonly secondChecker: SecondCheckReport;
  /** Null where the manifest asks for no record. */
  readonly sent: SentReport | null;
}

/**
 * Everything that can be checked from outside: all nodes against each other, one of them against a replay, and each
 * against what it ever sent.
 */
export async function check(supervisor: Supervisor, options: InvariantOptions): Promise<CheckReport> {
  const { directory } = supervisor;
  const nodes = await supervisor.guard(byHistory(supervisor.running.map(connectNode)));
  const invariants = await supervisor.guard(checkInvariants(nodes, options));
  const secondChecker = await supervisor.guard(checkChain(nodes[0] as NodeRpc));
  const { recordSent } = await directory.loadManifest();
  const sent = recordSent ? await checkSent(directory, supervisor.nodes) : null;
  return { ok: invariants.ok && secondChecker.ok && (sent?.ok ?? true), invariants, secondChecker, sent };
}

/** The node that has most of the chain first; one that began at a snapshot cannot be replayed from genesis. */
async function byHistory(nodes: readonly NodeRpc[]): Promise<NodeRpc[]> {
  const heads = await Promise.all(nodes.map((node) => node.call('chain_getFinalizedHead')));
  return nodes
    .map((node, index) => ({ node, lowest: heads[index]?.lowestHeight ?? 1 }))
    .sort((a, b) => a.lowest - b.lowest)
    .map(({ node }) => node);
}
