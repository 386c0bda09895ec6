import assert from 'node:assert/strict';
import fc from 'fast-check';
import { jobValues } from '../../../../src/ledger/docklock/jobs.ts';
import { meterAccount } from '../../../../src/ledger/economy/account.ts';
import { amountOf, totalOf } from '../../../../src/ledger/economy/books.ts';
import { DEFAULT_PARAMETERS } from '../../../../src/types/genesis.ts';
import { encodeOperation } from '../../../../src/types/operations/catalog.ts';
import { DOCKLOCK } from '../../../../src/types/operations/docklock.ts';
import { ECONOMY } from '../../../../src/types/operations/economy.ts';
import type { Receipt } from '../../../../src/types/receipt.ts';
import { decode } from '../../../../src/types/ssz.ts';
import { NO_USAGE } from '../../../../src/types/step-receipt.ts';
import type { OrchestrationChain } from '../../../support/cluster-ledger.ts';
import { APP, batchOf, owner, startedChain, step, stranger } from '../../../support/docklock-ledger.ts';
import type { Actor } from '../../../support/ledger-chain.ts';

const { operations, events } = DOCKLOCK;
const PRICES = DEFAULT_PARAMETERS;
/** Three actions, 40 ms of CPU and 3 MB·s of memory: 34 030 micro-FLX, of which 1 % is due. */
const USED = { ...NO_USAGE, cpuMs: 40, memoryMbS: 3 };
const VALUE = 3n * PRICES.jobPriceReceipt + 40n * PRICES.jobPriceCpuMs + 3n * PRICES.jobPriceMemoryMbS;
const FEE = VALUE / 100n;

const work = (chain: OrchestrationChain) =>
  batchOf(chain, [
    step(chain, 'create'),
    step(chain, 'created'),
    step(chain, 'start', { durationMs: 5, usage: USED }),
  ]);
const batches = (chain: OrchestrationChain, sender: Actor, maxFee?: bigint) =>
  chain.transaction(sender, 'docklock', [encodeOperation(operations.StepBatch, work(chain))], {
    ...(maxFee === undefined ? {} : { maxFee }),
  });
const meter = (chain: OrchestrationChain) =>
  amountOf(chain.state.reader('economy'), meterAccount('docklock', owner.address), 'FLX');

/** Leaves so much in the owner's meter on docklock. */
function leaveInMeter(chain: OrchestrationChain, amount: bigint): void {
  const withdraw = { ledger: 'docklock', token: 'FLX', amount: meter(chain) - amount } as const;
  const { status } = chain.send(owner, 'economy', ECONOMY, ECONOMY.operations.MeterWithdraw, withdraw);
  assert.equal(status, 'OK');
  assert.equal(meter(chain), amount);
}

function jobOf(receipt: Receipt | undefined) {
  const event = receipt?.events.find(({ kind }) => kind === events.JobValued.kind);
  assert.ok(event, `no job; status ${receipt?.status}`);
  return decode(events.JobValued.type, event.data, 'JobValued');
}

describe('The work of a batch', () => {
  it('is charged to the owner of the app, whoever reports it, and stands among the jobs of the section', () => {
    const chain = startedChain();
    const before = meter(chain);
    const { receipts, sections } = chain.block([batches(chain, stranger)]);
    const who = { app: APP, node: owner.consensus.publicKey, operator: owner.address };
    const amounts = [{ token: 'FLX', value: VALUE, fee: FEE }] as const;
    assert.deepEqual(jobOf(receipts[0]), { ...who, owner: owner.address, amounts, credited: true });
    const usage = {
      cpuMs: 40n,
      memoryMbS: 3n,
      storageMicroGbDay: 0n,
      egressBytes: 0n,
      receipts: 3n,
    };
    assert.deepEqual(sections.docklock?.jobs, [{ ...who, payer: owner.address, usage, amounts, receipt: 0 }]);
    assert.deepEqual(
      sections.docklock?.charges.map(({ reason, payer, amount }) => [reason, payer, amount]),
      [
        ['transaction', stranger.address, receipts[0]?.charges[0]?.amount],
        ['job', owner.address, FEE],
      ],
    );
    assert.equal(before - meter(chain), FEE);
    assert.equal(totalOf(chain.state.reader('economy'), 'jobFees', 'FLX'), FEE);
  });

  it('is recorded and not credited if the owner’s meter does not cover all of the fee', () => {
    for (const [left, credited] of [
      [0n, false],
      [FEE - 1n, false],
      [FEE, true],
    ] as const) {
      const chain = startedChain();
      leaveInMeter(chain, left);
      const { receipts, sections } = chain.block([batches(chain, stranger)]);
      assert.equal(receipts[0]?.status, 0);
      assert.equal(jobOf(receipts[0]).credited, credited, String(left));
      assert.equal(sections.docklock?.jobs.length, credited ? 1 : 0);
      assert.equal(meter(chain), credited ? 0n : left);
    }
  });

  it('leaves the owner what its own transaction may cost, when it reports the work itself', () => {
    for (const [room, credited] of [
      [FEE - 1n, false],
      [FEE, true],
    ] as const) {
      const chain = startedChain();
      const maxFee = 1_000_000n;
      leaveInMeter(chain, maxFee + room);
      const { receipts } = chain.block([batches(chain, owner, maxFee)]);
      assert.equal(jobOf(receipts[0]).credited, credited);
    }
  });

  it('is charged for at most what the meter holds, over all reports of a section and of a transaction', () => {
    const inOne = startedChain();
    leaveInMeter(inOne, 2n * FEE - 1n);
    const replicas = [0, 1].map((replica) => {
      const steps = [step(inOne, 'create'), step(inOne, 'created'), step(inOne, 'start', { usage: USED })];
      return encodeOperation(operations.StepBatch, batchOf(inOne, steps, { replica }));
    });
    const together = inOne.block([inOne.transaction(stranger, 'docklock', replicas)]);
    assert.equal(together.sections.docklock?.jobs.length, 1);
    assert.equal(meter(inOne), FEE - 1n);

    const inTwo = startedChain();
    leaveInMeter(inTwo, 2n * FEE - 1n);
    const apart = inTwo.block(
      replicas.map((operation, nonce) =>
        inTwo.transaction(stranger, 'docklock', [operation], { nonce: BigInt(nonce) }),
      ),
    );
    assert.deepEqual(
      apart.receipts.map((receipt) => jobOf(receipt).credited),
      [true, false],
    );
  });

  it('costs nothing and counts for nothing if the transaction fails after it', () => {
    const chain = startedChain();
    const before = meter(chain);
    const report = encodeOperation(operations.StepBatch, work(chain));
    const { receipts, sections } = chain.block([chain.transaction(stranger, 'docklock', [report, report])]);
    assert.equal(receipts[0]?.status, DOCKLOCK.statuses.SEQUENCE_GAP);
    assert.deepEqual(sections.docklock?.jobs, []);
    assert.equal(meter(chain), before);
    assert.ok(sections.docklock?.charges.every(({ reason }) => reason === 'transaction'));
  });

  it('is not credited where a chain asks nothing for it', () => {
    const chain = startedChain({ jobPriceCpuMs: 0n, jobPriceMemoryMbS: 0n, jobPriceReceipt: 0n });
    const { receipts } = chain.block([batches(chain, stranger)]);
    assert.deepEqual([jobOf(receipts[0]).amounts, jobOf(receipts[0]).credited], [[], false]);
  });

  it('is worth FLX, its storage NEX, and in pieces never more than as a whole', () => {
    const usage = fc.record({
      cpuMs: fc.bigInt(0n, 10n ** 9n),
      memoryMbS: fc.bigInt(0n, 10n ** 9n),
      storageMicroGbDay: fc.bigInt(0n, 10n ** 9n),
      egressBytes: fc.bigInt(0n, 10n ** 9n),
      receipts: fc.bigInt(0n, 32n),
    });
    const valueIn = (token: string, values: ReturnType<typeof jobValues>) =>
      values.find((one) => one.token === token)?.value ?? 0n;
    fc.assert(
      fc.property(usage, usage, (a, b) => {
        const both = {
          cpuMs: a.cpuMs + b.cpuMs,
          memoryMbS: a.memoryMbS + b.memoryMbS,
          storageMicroGbDay: a.storageMicroGbDay + b.storageMicroGbDay,
          egressBytes: a.egressBytes + b.egressBytes,
          receipts: a.receipts + b.receipts,
        };
        for (const token of ['FLX', 'NEX']) {
          const [one, other, whole] = [a, b, both].map((part) => valueIn(token, jobValues(part, PRICES)));
          assert.ok((one as bigint) + (other as bigint) <= (whole as bigint));
        }
        assert.equal(valueIn('NEX', jobValues(a, PRICES)), a.storageMicroGbDay * PRICES.jobPriceStorage);
      }),
    );
  });
});
