import { checkInvariants, type InvariantOptions, type InvariantReport } from '../invariants.ts';
import { connectNode, type NodeRpc } from '../rpc.ts';
import { checkChain, type SecondCheckReport } from '../second-checker.ts';
import type { Supervisor } from '../supervisor.ts';

export interface CheckReport {
  readonly ok: boolean;
  readonly invariants: InvariantReport;
  readonly secondChecker: SecondCheckReport;
}

/** Everything that can be checked from outside: all nodes against each other, and one of them against a replay. */
export async function check(supervisor: Supervisor, options: InvariantOptions): Promise<CheckReport> {
  const nodes = supervisor.running.map(connectNode);
  const invariants = await supervisor.guard(checkInvariants(nodes, options));
  const secondChecker = await supervisor.guard(checkChain(nodes[0] as NodeRpc));
  return { ok: invariants.ok && secondChecker.ok, invariants, secondChecker };
}
