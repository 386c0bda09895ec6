import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cluster } from '../../src/ledger/cluster/cluster.ts';
import { docklock } from '../../src/ledger/docklock/docklock.ts';
import { balanceAccount } from '../../src/ledger/economy/account.ts';
import { amountOf, supplyOf } from '../../src/ledger/economy/books.ts';
import type { Genesis } from '../../src/types/genesis.ts';
import { LEDGERS, TOKENS } from '../../src/types/names.ts';
import { encodeOperation } from '../../src/types/operations/catalog.ts';
import { CLUSTER } from '../../src/types/operations/cluster.ts';
import { DOCKLOCK } from '../../src/types/operations/docklock.ts';
import { ECONOMY } from '../../src/types/operations/economy.ts';
import { REWARD_SYSTEM_RECEIPTS } from '../../src/types/operations/economy-rewards.ts';
import { decode } from '../../src/types/ssz.ts';
import type { NO_USAGE } from '../../src/types/step-receipt.ts';
import type { EncodedTransaction, Operation } from '../../src/types/transaction.ts';
import { Books } from '../../testnet/second-checker-books.ts';
import { joinOf, OrchestrationChain, SMALL, submission } from '../support/cluster-ledger.ts';
import {
  APP,
  batchOf,
  containerOf,
  deployOf,
  imageOf,
  operator,
  owner,
  signers,
  step,
  stranger,
} from '../support/docklock-ledger.ts';
import { approve, treasurers } from '../support/economy-chain.ts';
import { certificateOf } from '../support/foreign-chain.ts';
import {
  type Actor,
  actor,
  BOND,
  type ExecutedTestBlock,
  type LedgerChain,
} from '../support/ledger-chain.ts';
import { minedBy } from '../support/mined.ts';

const REPLICAS = 4;
const RUNS = 25;
const nodes = [owner, operator];
const validators = ['one', 'two', 'three', 'four'].map((name) => actor(`validator ${name}`));

/** Two nodes run one app, four validators sign, months are short and the owner's meters are soon empty. */
function worldGenesis(genesis: Genesis): Genesis {
  const keys = treasurers.map(({ key }) => key.publicKey);
  const isOwners = (meter: Genesis['meters'][number]) =>
    meter.payer === owner.address && meter.ledger === 'docklock';
  return {
    ...genesis,
    validators: validators.map(({ address, consensus, vrf }) => ({
      ...{ id: address, consensusKey: consensus.publicKey, vrfKey: vrf.publicKey, bond: BOND },
    })),
    meters: genesis.meters
      .map((meter) => (isOwners(meter) ? { ...meter, amount: 800_000n } : meter))
      .concat({ payer: owner.address, ledger: 'docklock', token: 'NEX', amount: 300n }),
    authorities: [
      { name: 'image-signers', threshold: 2, keys: signers.map(({ account }) => account.publicKey) },
      { name: 'owner', threshold: 2, keys },
      { name: 'treasury', threshold: 2, keys },
    ],
  };
}

/** A chain of which every block is booked by its receipts alone, and compared with the state. */
class BookedChain extends OrchestrationChain {
  readonly books: Books;

  constructor() {
    const parameters = {
      ...{ leaseMs: 10_000_000, ownerMonthMs: 20_000, ownerVestingMonths: 2 },
      ...{ ownerMonthlyCapUsd: 1_500n, treasuryTargetUsd: 1_000_000n, jobPriceCpuMs: 10_000n },
    };
    super([owner, operator, stranger], { cluster, docklock }, parameters, worldGenesis);
    this.mined = minedBy((validators[0] as Actor).address);
    this.books = new Books(this.genesis);
    const { ImageRegister, Deploy, Start } = DOCKLOCK.operations;
    for (const [i, who] of nodes.entries()) {
      const join = joinOf(this, who, { region: ['eu', 'us'][i] as string });
      assert.equal(this.send(who, 'cluster', CLUSTER, CLUSTER.operations.NodeJoin, join).status, 'OK');
    }
    const own = [
      encodeOperation(ImageRegister, imageOf()),
      encodeOperation(Deploy, deployOf({ replicas: REPLICAS })),
      encodeOperation(Start, { app: APP, expectedGeneration: 1 }),
    ];
    assert.equal(this.run(owner, 'docklock', own, { maxFee: 400_000n }).status, 0);
    const submit = submission('web', { replicas: REPLICAS, request: SMALL });
    const { WorkloadSubmit } = CLUSTER.operations;
    assert.equal(this.send(owner, 'cluster', CLUSTER, WorkloadSubmit, submit).status, 'OK');
    this.block();
  }

  override block(...[transactions, ...rest]: Parameters<LedgerChain['block']>): ExecutedTestBlock {
    const block = super.block(transactions, ...rest);
    const senders = new Map((transactions ?? []).map(({ id, value }) => [id, value.body.sender]));
    const sections = LEDGERS.map((ledger) => [...(block.sections[ledger]?.receipts ?? [])]);
    this.books.apply({ sections, system: [...block.systemReceipts] }, (id) => senders.get(id) ?? '');
    this.#compare();
    return block;
  }

  #compare(): void {
    const economy = this.state.reader('economy');
    assert.deepEqual(this.books.faults, []);
    for (const token of TOKENS) {
      assert.equal(this.books.supply(token), supplyOf(economy, token), token);
      assert.equal(this.books.held(token), this.books.supply(token), token);
      for (const address of this.books.addresses)
        assert.equal(
          this.books.balance(address, token),
          amountOf(economy, balanceAccount(address), token),
          `${address} ${token}`,
        );
    }
  }

  /** What a node reports of a replica on it: its start, and then what it uses. */
  report(replica: number, usage: typeof NO_USAGE): Operation {
    const place = this.workload(owner, 'web').nodes[replica];
    const node = nodes.find(({ consensus }) => consensus.publicKey === place);
    assert.ok(node);
    const steps =
      containerOf(this, replica) === undefined
        ? [step(this, 'create'), step(this, 'created'), step(this, 'start', { usage })]
        : [step(this, 'sample', { usage })];
    return encodeOperation(DOCKLOCK.operations.StepBatch, batchOf(this, steps, { node, replica }));
  }
}

const who = fc.constantFrom(owner, operator, stranger);
const work = fc.record({
  kind: fc.constant('work' as const),
  sender: fc.constantFrom(operator, stranger),
  replica: fc.integer({ min: 0, max: REPLICAS - 1 }),
  usage: fc.record({
    cpuMs: fc.integer({ min: 0, max: 900 }),
    memoryMbS: fc.integer({ min: 0, max: 100 }),
    storageMicroGbDay: fc.integer({ min: 0, max: 5 }),
    egressBytes: fc.constant(0),
  }),
});
const transfer = fc.record({
  kind: fc.constant('transfer' as const),
  sender: who,
  amount: fc.bigInt(1n, 9n),
});
const account = fc.record({ kind: fc.constant('owner' as const), to: who });
const hold = fc.record({ kind: fc.constant('hold' as const), held: fc.boolean() });
const act = fc.oneof(
  { weight: 6, arbitrary: work },
  { weight: 2, arbitrary: transfer },
  { weight: 1, arbitrary: account },
  { weight: 1, arbitrary: hold },
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;
const plannedBlock = fc.record({
  acts: fc.array(act, { maxLength: 4 }),
  elapsedMs: fc.integer({ min: 1_000, max: 15_000 }),
  proposer: fc.integer({ min: 0, max: 3 }),
  miner: fc.integer({ min: 0, max: 3 }),
  rank: fc.integer({ min: 0, max: 4 }),
  silent: fc.option(fc.subarray([0, 1, 2, 3], { maxLength: 1 })),
});

function economyOperation(chain: BookedChain, sender: Actor, one: Exclude<Act, { kind: 'work' }>): Operation {
  const approving = { genesisHash: chain.genesisHash, nonceOf: () => nonceOf(chain, 'economy', sender) };
  switch (one.kind) {
    case 'transfer': {
      const value = { to: stranger.address, token: 'NEX', amount: one.amount, reference: '' } as const;
      return encodeOperation(ECONOMY.operations.Transfer, value);
    }
    case 'owner': {
      const spec = ECONOMY.operations.OwnerAccount;
      const by = { authority: 'owner', sender, signers: treasurers } as const;
      return encodeOperation(spec, approve(approving, spec, { account: one.to.address, approvals: [] }, by));
    }
    case 'hold': {
      const spec = ECONOMY.operations.OwnerHold;
      const by = { authority: 'treasury', sender, signers: treasurers } as const;
      const operation = { held: one.held, basis: '01'.repeat(32), approvals: [] };
      return encodeOperation(spec, approve(approving, spec, operation, by));
    }
  }
}

function nonceOf(chain: BookedChain, ledger: 'economy' | 'docklock', sender: Actor): bigint {
  return chain.transaction(sender, ledger, []).value.body.nonce;
}

/** At most one transaction of each sender and ledger, and one report of each replica. */
function transactionsOf(chain: BookedChain, acts: readonly Act[]): EncodedTransaction[] {
  const used = new Set<string>();
  return acts.flatMap((one) => {
    const sender = 'sender' in one ? one.sender : stranger;
    const ledger = one.kind === 'work' ? 'docklock' : 'economy';
    const keys = [`${ledger} ${sender.address}`, ...(one.kind === 'work' ? [`replica ${one.replica}`] : [])];
    if (keys.some((key) => used.has(key))) return [];
    for (const key of keys) used.add(key);
    const operation =
      one.kind === 'work' ? chain.report(one.replica, one.usage) : economyOperation(chain, sender, one);
    return [chain.transaction(sender, ledger, [operation], { maxFee: 200_000n })];
  });
}

describe('What work earns', () => {
  it('is the same by the receipts as by the state, for any work, ranks, signers and months', () => {
    const seen = { credited: 0, refused: 0, providers: 0, salaries: 0, held: 0, locked: 0 };
    const look = ({ receipts, systemReceipts }: ExecutedTestBlock) => {
      const { JobValued } = DOCKLOCK.events;
      const reports = receipts.filter(({ ledger }) => ledger === 'docklock');
      for (const { kind, data } of reports.flatMap(({ events }) => events)) {
        if (kind !== JobValued.kind) continue;
        const job = decode(JobValued.type, data, 'event');
        seen[job.credited ? 'credited' : 'refused']++;
      }
      for (const { kind, data } of systemReceipts) {
        const { ProvidersRewarded, OwnerSalary, JobFeesSettled } = REWARD_SYSTEM_RECEIPTS;
        if (kind === ProvidersRewarded.kind)
          seen.providers += decode(ProvidersRewarded.type, data, 'receipt').payments.length > 1 ? 1 : 0;
        if (kind === JobFeesSettled.kind)
          seen.locked += decode(JobFeesSettled.type, data, 'receipt').locked > 0n ? 1 : 0;
        if (kind !== OwnerSalary.kind) continue;
        const { held, rows } = decode(OwnerSalary.type, data, 'receipt');
        if (rows.length > 0) seen[held ? 'held' : 'salaries']++;
      }
    };
    const booked = fc.property(fc.array(plannedBlock, { minLength: 4, maxLength: 16 }), (plan) => {
      const chain = new BookedChain();
      const sign = ({ operation }: { operation: Operation }) =>
        chain.transaction(stranger, 'economy', [operation], { maxFee: 200_000n });
      const first = economyOperation(chain, stranger, { kind: 'owner', to: operator });
      chain.block([sign({ operation: first })]);
      for (const { acts, elapsedMs, proposer, miner, rank, silent } of plan) {
        const [by, mined] = [proposer, rank === 4 ? proposer : miner].map(
          (index) => (validators[index] as Actor).address,
        ) as [string, string];
        chain.mined = minedBy(by, mined, rank);
        const header = { height: chain.height, blockHash: 'ab'.repeat(32) };
        const certificate = silent === null ? undefined : certificateOf(header, 4, silent);
        look(chain.block(transactionsOf(chain, acts), elapsedMs, certificate));
      }
      look(chain.block([], 20_000));
    });
    // The sequences are only worth something if all of it happens, which those of one seed do for certain.
    fc.assert(booked, { numRuns: RUNS, seed: 1 });
    for (const [what, times] of Object.entries(seen)) assert.ok(times > 0, `${what}: ${times}`);
    fc.assert(booked, { numRuns: RUNS });
  });
});
