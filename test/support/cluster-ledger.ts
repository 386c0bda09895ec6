import assert from 'node:assert/strict';
import type { Begun } from '../../src/ledger/begin-block.ts';
import { cluster } from '../../src/ledger/cluster/cluster.ts';
import { LEDGER_RULES } from '../../src/ledger/ledgers.ts';
import type { LedgerModule } from '../../src/ledger/seam.ts';
import { buildSection } from '../../src/ledger/section.ts';
import {
  type NodeRecord,
  nodes,
  type WorkloadRecord,
  workloads,
} from '../../src/ledger/state/cluster-records.ts';
import type { ProofInput } from '../../src/mining/proofs/proof-scheme.ts';
import type { Resources } from '../../src/types/cluster-state.ts';
import type { Genesis, Parameters } from '../../src/types/genesis.ts';
import type { LedgerName } from '../../src/types/names.ts';
import {
  encodeOperation,
  findKind,
  type KindSpec,
  type LedgerCatalog,
} from '../../src/types/operations/catalog.ts';
import {
  appId,
  CLUSTER,
  CLUSTER_SYSTEM_RECEIPTS,
  type HeartbeatBody,
  heartbeatSigningBytes,
  type Move,
  type NodeJoin,
  nodeClaimBytes,
  refuteSigningBytes,
  type WorkloadSubmit,
} from '../../src/types/operations/cluster.ts';
import type { Receipt } from '../../src/types/receipt.ts';
import { decode } from '../../src/types/ssz.ts';
import { COMMON_STATUSES } from '../../src/types/status.ts';
import { readSystemReceipt, type SystemReceiptBody } from '../../src/types/system-receipt.ts';
import type { EncodedTransaction, Operation } from '../../src/types/transaction.ts';
import { type Actor, actor, type ExecutedTestBlock, LedgerChain, testGenesis } from './ledger-chain.ts';

/** A chain of the real ledgers with `modules` besides. */
export class OrchestrationChain extends LedgerChain {
  constructor(
    accounts: readonly Actor[],
    modules: Partial<Record<LedgerName, LedgerModule>> = { cluster },
    parameters: Partial<Parameters> = {},
    change: (genesis: Genesis) => Genesis = (genesis) => genesis,
  ) {
    const genesis = testGenesis({ validators: [actor('validator')], accounts, parameters });
    const { settlement, modules: real } = LEDGER_RULES;
    super(change(genesis), {
      modules: { ...real, ...modules },
      settlement,
    });
  }

  /** Runs one operation in a block of its own; its status by name. */
  send<T>(sender: Actor, ledger: LedgerName, catalog: LedgerCatalog, spec: KindSpec<T>, value: T): Outcome {
    const receipt = this.run(sender, ledger, [encodeOperation(spec, value)]);
    return { status: statusOf(catalog, receipt.status), receipt };
  }

  node(of: Actor): NodeRecord {
    const node = nodes.get(this.state.reader('cluster'), of.consensus.publicKey);
    assert.ok(node, 'no such node');
    return node;
  }

  workload(owner: Actor, app: string): WorkloadRecord {
    const workload = workloads.get(this.state.reader('cluster'), appId(owner.address, app));
    assert.ok(workload, 'no such workload');
    return workload;
  }

  /** Blocks without transactions; each is `elapsedMs` later than the one before. Returns the last. */
  idle(blocks: number, elapsedMs: number): ExecutedTestBlock {
    let last: ExecutedTestBlock | undefined;
    for (let i = 0; i < blocks; i++) last = this.block([], elapsedMs);
    assert.ok(last);
    return last;
  }

  /** What the proof of a section of the next block is made from. */
  proofInput(ledger: LedgerName, transactions: readonly EncodedTransaction[]): ProofInput {
    const begun: Begun = this.begin();
    const { result } = buildSection(begun, ledger, transactions);
    return {
      ledger,
      parent: 'ab'.repeat(32),
      context: begun.context,
      result,
      before: begun.view.reader(ledger),
      after: result.view.reader(ledger),
      at: (subtree) => begun.view.reader(subtree),
    };
  }
}

export interface Outcome {
  readonly status: string;
  readonly receipt: Receipt;
}

export function statusOf(catalog: LedgerCatalog, code: number): string {
  for (const [name, status] of Object.entries({ ...COMMON_STATUSES, ...catalog.statuses }))
    if (status === code) return name;
  throw new Error(`no status ${code}`);
}

/** The first event of a receipt, decoded. */
export function firstEvent(catalog: LedgerCatalog, receipt: Receipt): { name: string; value: unknown } {
  const [event] = receipt.events;
  assert.ok(event, `no event; status ${receipt.status}`);
  const found = findKind<unknown>(catalog.events, event.kind);
  assert.ok(found);
  return { name: found.name, value: decode(found.spec.type, event.data, found.name) };
}

export const BIG: Resources = { cpuMilli: 4_000, memoryMib: 8_192, diskMib: 10_000 };
export const SMALL: Resources = { cpuMilli: 500, memoryMib: 256, diskMib: 100 };

/** A node named after an actor: the operator is its account, the node's key its consensus key. */
export function joinOf(chain: LedgerChain, who: Actor, change: Partial<NodeJoin> = {}): NodeJoin {
  const node = who.consensus.publicKey;
  const claim = nodeClaimBytes(chain.genesisHash, { operator: who.address, node });
  return {
    node,
    possession: who.consensus.sign(claim),
    capacity: BIG,
    region: 'eu',
    asn: 64_500,
    implementation: 'metanode',
    bondRef: [],
    ...change,
  };
}

export function heartbeat(
  chain: LedgerChain,
  who: Actor,
  sequence: number,
  change: Partial<HeartbeatBody> = {},
): Operation {
  const node = who.consensus.publicKey;
  const body: HeartbeatBody = { node, sequence, incarnation: 0, free: SMALL, suspects: [], ...change };
  const signature = who.consensus.sign(heartbeatSigningBytes(chain.genesisHash, body));
  return encodeOperation(CLUSTER.operations.Heartbeat, { ...body, signature });
}

export function refute(chain: LedgerChain, who: Actor, incarnation: number, signer: Actor = who) {
  const node = who.consensus.publicKey;
  const signature = signer.consensus.sign(refuteSigningBytes(chain.genesisHash, { node, incarnation }));
  return { node, incarnation, signature };
}

export function submission(app: string, change: Partial<WorkloadSubmit> = {}): WorkloadSubmit {
  return { app, generation: 1, replicas: 1, request: SMALL, regions: [], priorityPpm: 500_000, ...change };
}

/** What a block's BeginBlock moved, out of its system receipts. */
export function movesOf(block: { readonly systemReceipts: readonly SystemReceiptBody[] }): Move[] {
  return block.systemReceipts.flatMap(
    (receipt) => readSystemReceipt(CLUSTER_SYSTEM_RECEIPTS.ReplicasMoved, receipt)?.moves ?? [],
  );
}
