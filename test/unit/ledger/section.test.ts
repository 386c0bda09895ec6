import assert from 'node:assert/strict';
import { buildSection, executeSection, SectionBuilder } from '../../../src/ledger/section.ts';
import type { Parameters } from '../../../src/types/genesis.ts';
import { encodeOperation } from '../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../src/types/operations/economy.ts';
import { NO_FAILED_OPERATION } from '../../../src/types/receipt.ts';
import { COMMON_STATUSES } from '../../../src/types/status.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import {
  actor,
  GENESIS_TIME_MS,
  LedgerChain,
  testGenesis,
  unsignedTransaction,
} from '../../support/ledger-chain.ts';
import { baseGasOf, PROBE_GAS, PROBE_RULES, probeOperation } from '../../support/probe-ledger.ts';

const validator = actor('validator');
const alice = actor('alice');
const bob = actor('bob');

function probeChain(parameters: Partial<Parameters> = {}, meterFlx?: bigint): LedgerChain {
  const options = { validators: [validator], accounts: [alice, bob], parameters };
  return new LedgerChain(
    testGenesis(meterFlx === undefined ? options : { ...options, meterFlx }),
    PROBE_RULES,
  );
}

function meter(chain: LedgerChain, payer = alice): bigint {
  return chain.rules.settlement.meterBalance(chain.state.reader('economy'), payer.address, 'bpi', 'FLX');
}

function cell(
  chain: LedgerChain,
  key: number,
  ledger: 'bpi' | 'cluster' = 'bpi',
  table = 'cell',
): number | undefined {
  const bytes = chain.state.reader(ledger).get(`${table}/${key}`);
  return bytes === undefined ? undefined : new DataView(bytes.slice().buffer).getUint32(0, true);
}

describe('admission to a section', () => {
  it('requires the next nonce, no less and no more', () => {
    const chain = probeChain();
    const at = (nonce: bigint) => unsignedTransaction(alice, 'bpi', [probeOperation.write(1, 1)], { nonce });
    assert.equal(chain.faultOf('bpi', [at(1n)]).code, 'NONCE_GAP');
    chain.block([at(0n)]);
    assert.equal(chain.faultOf('bpi', [at(0n)]).code, 'NONCE_TOO_LOW');
    const fault = chain.faultOf('bpi', [at(1n), at(2n), at(2n)]);
    assert.deepEqual([fault.code, fault.index], ['NONCE_TOO_LOW', 2]);
  });

  it('counts nonces per ledger', () => {
    const chain = probeChain();
    const { receipts } = chain.block([
      unsignedTransaction(alice, 'bpi', [probeOperation.write(1, 1)]),
      unsignedTransaction(alice, 'economy', [
        encodeOperation(ECONOMY.operations.Transfer, {
          to: bob.address,
          token: 'FLX',
          amount: 1n,
          reference: '',
        }),
      ]),
    ]);
    assert.deepEqual(
      receipts.map((receipt) => receipt.status),
      [0, 0],
    );
  });

  it('judges expiry by rule time, the time of the parent', () => {
    const chain = probeChain();
    const until = (validUntilMs: number) =>
      chain.transaction(alice, 'bpi', [probeOperation.write(1, 1)], { validUntilMs });
    assert.equal(chain.faultOf('bpi', [until(GENESIS_TIME_MS - 1)]).code, 'EXPIRED');
    assert.equal(chain.block([until(GENESIS_TIME_MS)]).receipts.length, 1);
    assert.equal(chain.faultOf('bpi', [until(GENESIS_TIME_MS + 999)]).code, 'EXPIRED');
  });

  it('requires a meter that covers maxFee, less what the section charged the payer before', () => {
    const chain = probeChain({}, 3_000n);
    const tx = (nonce: bigint, maxFee: bigint) =>
      unsignedTransaction(alice, 'bpi', [probeOperation.write(1, 1)], { nonce, maxFee });
    assert.equal(chain.faultOf('bpi', [tx(0n, 3_001n)]).code, 'INSUFFICIENT_METER');
    const fee = BigInt(PROBE_GAS + baseGasOf(tx(0n, 3_000n)));
    const second = chain.faultOf('bpi', [tx(0n, 3_000n), tx(1n, 3_000n - fee + 1n)]);
    assert.deepEqual([second.code, second.index], ['INSUFFICIENT_METER', 1]);
    chain.block([tx(0n, 3_000n), tx(1n, 3_000n - fee)]);
    assert.equal(meter(chain), 3_000n - 2n * fee);
  });

  it('refuses unknown operations, foreign chains, wrong and missing ledgers', () => {
    const chain = probeChain();
    const unknown = { kind: 4_000, data: new Uint8Array(0) };
    const code = (ledger: 'bpi' | 'docklock', transaction: ReturnType<typeof chain.transaction>) =>
      chain.faultOf(ledger, [transaction]).code;
    assert.equal(
      code('bpi', chain.transaction(alice, 'bpi', [probeOperation.write(1, 1), unknown])),
      'UNKNOWN_OPERATION',
    );
    assert.equal(
      code('bpi', chain.transaction(alice, 'bpi', [probeOperation.write(1, 1)], { chainId: 8 })),
      'WRONG_CHAIN',
    );
    assert.equal(
      code('bpi', chain.transaction(alice, 'cluster', [probeOperation.write(1, 1)])),
      'WRONG_LEDGER',
    );
    assert.equal(code('docklock', chain.transaction(alice, 'docklock', [unknown])), 'LEDGER_NOT_AVAILABLE');
  });

  it('requires of economy transactions a balance that covers maxFee', () => {
    const chain = probeChain();
    const transfer = encodeOperation(ECONOMY.operations.Transfer, {
      to: bob.address,
      token: 'FLX',
      amount: 1n,
      reference: '',
    });
    const fault = chain.faultOf('economy', [
      chain.transaction(alice, 'economy', [transfer], { maxFee: 1_000_000_001n }),
    ]);
    assert.equal(fault.code, 'INSUFFICIENT_METER');
  });
});

describe('bounds of a section', () => {
  it('makes a section over maxSectionGas, maxSectionBytes or maxSectionOperations invalid', () => {
    const one = unsignedTransaction(alice, 'bpi', [probeOperation.write(1, 1)]);
    const two = unsignedTransaction(alice, 'bpi', [probeOperation.write(1, 2)], { nonce: 1n });
    const gas = PROBE_GAS + baseGasOf(one);
    for (const parameters of [
      { maxSectionGas: 2 * gas - 1 },
      { maxSectionBytes: 2 * one.bytes.length - 1 },
      { maxSectionOperations: 1 },
    ]) {
      const fault = probeChain(parameters).faultOf('bpi', [one, two]);
      assert.deepEqual([fault.code, fault.index], ['SECTION_TOO_LARGE', 1], JSON.stringify(parameters));
    }
    const fits = { maxSectionGas: 2 * gas, maxSectionBytes: 2 * one.bytes.length, maxSectionOperations: 2 };
    assert.equal(probeChain(fits).block([one, two]).receipts.length, 2);
  });

  it('refuses a transaction that fits in no section, or takes more than an equal part of a block', () => {
    const one = unsignedTransaction(alice, 'bpi', [probeOperation.write(1, 1)]);
    const gas = PROBE_GAS + baseGasOf(one);
    for (const parameters of [{ maxSectionGas: gas - 1 }, { maxBlockGas: 5 * gas - 1 }])
      assert.equal(probeChain(parameters).faultOf('bpi', [one]).code, 'TRANSACTION_TOO_EXPENSIVE');
    const fits = { maxSectionGas: gas, maxBlockGas: 5 * gas };
    assert.equal(probeChain(fits).block([one]).receipts.length, 1);
  });

  it('builds no further than its block has room', () => {
    const chain = probeChain();
    const candidates = [0n, 1n, 2n].map((nonce) =>
      unsignedTransaction(alice, 'bpi', [probeOperation.write(1, 1)], { nonce }),
    );
    const gas = candidates.reduce((sum, one) => sum + PROBE_GAS + baseGasOf(one), 0);
    const begun = chain.begin();
    const sizes = [gas, gas - 1].map((maxGas) => {
      const builder = new SectionBuilder(begun, 'bpi', maxGas);
      assert.deepEqual(builder.add(candidates), []);
      builder.abandon();
      return builder.size;
    });
    assert.deepEqual(sizes, [3, 2]);
  });

  it('builds up to the bound, leaves out what is inadmissible, and the result verifies to the same roots', () => {
    const chain = probeChain({ maxSectionOperations: 3 });
    const tx = (sender: typeof alice, nonce: bigint) =>
      unsignedTransaction(sender, 'bpi', [probeOperation.write(Number(nonce), 1)], { nonce });
    const gap = tx(bob, 5n);
    const candidates = [tx(alice, 0n), gap, tx(alice, 1n), tx(bob, 0n), tx(alice, 2n), tx(bob, 1n)];
    const begun = chain.begin();
    const { result, skipped } = buildSection(begun, 'bpi', candidates);
    assert.deepEqual(
      skipped.map(({ transaction, reason }) => [transaction.id, reason.code]),
      [[gap.id, 'NONCE_GAP']],
    );
    assert.deepEqual(result.txIds, [tx(alice, 0n).id, tx(alice, 1n).id, tx(bob, 0n).id]);
    const checked = executeSection(begun, 'bpi', result.transactions);
    assert.ok(checked.valid);
    assert.equal(checked.result.postRoot, result.postRoot);
    assert.deepEqual(checked.result.receipts, result.receipts);
    assert.notEqual(result.postRoot, result.preRoot);
  });
});

describe('execution of a transaction', () => {
  it('is all or nothing: a failed one leaves its nonce and its charge, nothing else', () => {
    const chain = probeChain();
    const before = meter(chain);
    const operations = [
      probeOperation.write(1, 7),
      probeOperation.emit(1),
      probeOperation.send('cluster', 2),
      probeOperation.fail(2_001),
      probeOperation.write(2, 7),
    ];
    const transaction = chain.transaction(alice, 'bpi', operations);
    const { receipts, sections, hasPendingWork } = chain.block([transaction]);
    const receipt = receipts[0];
    assert.ok(receipt);
    assert.deepEqual([receipt.status, receipt.failedOperation, receipt.events.length], [2_001, 3, 0]);
    assert.equal(
      receipt.gas,
      4 * PROBE_GAS + baseGasOf(transaction),
      'operations up to the failed one are paid',
    );
    assert.deepEqual(receipt.charges, [{ token: 'FLX', amount: BigInt(receipt.gas) }]);
    assert.deepEqual(sections.bpi?.outbox, []);
    assert.equal(hasPendingWork, false);
    assert.equal(cell(chain, 1), undefined);
    assert.equal(meter(chain), before - BigInt(receipt.gas));
    assert.equal(chain.transaction(alice, 'bpi', []).value.body.nonce, 1n);
  });

  it('fails OUT_OF_GAS at the first operation that maxFee does not cover, and pays maxFee', () => {
    const chain = probeChain();
    const operations = [probeOperation.write(1, 1), probeOperation.write(2, 2)];
    const full = BigInt(2 * PROBE_GAS + baseGasOf(chain.transaction(alice, 'bpi', operations)));
    const receipt = chain.run(alice, 'bpi', operations, { maxFee: full - 1n });
    assert.deepEqual([receipt.status, receipt.failedOperation], [COMMON_STATUSES.OUT_OF_GAS, 1]);
    assert.deepEqual(receipt.charges, [{ token: 'FLX', amount: full - 1n }]);
    assert.equal(cell(chain, 1), undefined);
    const enough = chain.run(alice, 'bpi', operations, { maxFee: full });
    assert.deepEqual([enough.status, enough.failedOperation], [0, NO_FAILED_OPERATION]);
    assert.equal(cell(chain, 2), 2);
  });

  it('gives a malformed body of a known kind a failed receipt', () => {
    const receipt = probeChain().run(alice, 'bpi', [{ kind: 1, data: new Uint8Array(3) }]);
    assert.deepEqual([receipt.status, receipt.failedOperation], [COMMON_STATUSES.MALFORMED_OPERATION, 0]);
  });

  it('takes nothing for a transaction of free operations only, and everything else in a mixed one', () => {
    const chain = probeChain();
    const before = meter(chain);
    const free = chain.run(alice, 'bpi', [probeOperation.free(1, 5)], { maxFee: 0n });
    assert.deepEqual([free.status, free.charges], [0, []]);
    assert.equal(meter(chain), before);
    const mixed = chain.transaction(alice, 'bpi', [probeOperation.free(1, 6), probeOperation.write(2, 6)]);
    chain.block([mixed]);
    assert.equal(meter(chain), before - BigInt(PROBE_GAS + baseGasOf(mixed)));
  });

  it('charges a transaction in which a free operation fails for all that was executed', () => {
    const chain = probeChain();
    const malformed = { ...probeOperation.free(1, 5), data: new Uint8Array(3) };
    const before = meter(chain);
    const alone = chain.transaction(alice, 'bpi', [malformed]);
    const [receipt] = chain.block([alone]).receipts;
    assert.equal(receipt?.status, COMMON_STATUSES.MALFORMED_OPERATION);
    assert.equal(meter(chain), before - BigInt(PROBE_GAS + baseGasOf(alone)));
    const mixed = chain.run(alice, 'bpi', [probeOperation.free(1, 5), probeOperation.fail(3_001)]);
    assert.equal(mixed.charges[0]?.amount, BigInt(mixed.gas));
    assert.equal(cell(chain, 1), undefined);
  });

  it('keeps a free operation that would fail without paying out of a section, and leaves nothing of it', () => {
    const chain = probeChain();
    const malformed = { ...probeOperation.free(1, 5), data: new Uint8Array(3) };
    const owed = BigInt(PROBE_GAS + baseGasOf(chain.transaction(alice, 'bpi', [malformed])));
    for (const maxFee of [0n, owed - 1n]) {
      const failing = chain.transaction(alice, 'bpi', [malformed], { maxFee });
      assert.equal(chain.faultOf('bpi', [failing]).code, 'FREE_OPERATION_FAILED');
      const begun = chain.begin();
      const good = chain.transaction(alice, 'bpi', [probeOperation.free(1, 5)], { maxFee: 0n });
      const { result, skipped } = buildSection(begun, 'bpi', [failing, good]);
      assert.deepEqual(
        skipped.map(({ transaction, reason }) => [transaction.id, reason.code]),
        [[failing.id, 'FREE_OPERATION_FAILED']],
      );
      assert.deepEqual(
        result.receipts.map(({ status, txId, index }) => [status, txId, index]),
        [[0, good.id, 0]],
      );
      const alone = buildSection(begun, 'bpi', [good]).result;
      assert.equal(result.postRoot, alone.postRoot);
      for (const made of [result, alone]) made.discard();
      begun.discard();
    }
    const paid = chain.run(alice, 'bpi', [malformed], { maxFee: owed });
    assert.deepEqual(paid.charges, [{ token: 'FLX', amount: owed }]);
  });

  it('does not contain a transaction whose maxFee does not cover itself and its bytes', () => {
    const chain = probeChain();
    const operations = [probeOperation.write(1, 1)];
    const base = BigInt(baseGasOf(chain.transaction(alice, 'bpi', operations)));
    const poor = chain.transaction(alice, 'bpi', operations, { maxFee: base - 1n });
    assert.equal(chain.faultOf('bpi', [poor]).code, 'MAX_FEE_TOO_LOW');
    const receipt = chain.run(alice, 'bpi', operations, { maxFee: base });
    assert.deepEqual(
      [receipt.status, receipt.charges],
      [COMMON_STATUSES.OUT_OF_GAS, [{ token: 'FLX', amount: base }]],
    );
  });

  it('bounds events by number and by size', () => {
    const chain = probeChain();
    const most = chain.run(alice, 'bpi', [probeOperation.emit(LIMITS.maxEventsPerReceipt)]);
    assert.deepEqual([most.status, most.events.length], [0, LIMITS.maxEventsPerReceipt]);
    const tooMany = [probeOperation.emit(LIMITS.maxEventsPerReceipt), probeOperation.emit(1)];
    assert.equal(chain.run(alice, 'bpi', tooMany).status, COMMON_STATUSES.TOO_MANY_EVENTS);
    const tooLarge = [probeOperation.emit(1, LIMITS.maxEventBytes)];
    assert.equal(chain.run(alice, 'bpi', tooLarge).status, COMMON_STATUSES.EVENT_TOO_LARGE);
  });

  it('bounds the outbox of a section over all its transactions', () => {
    const chain = probeChain();
    const tx = (nonce: bigint, count: number) =>
      unsignedTransaction(alice, 'bpi', [probeOperation.send('cluster', count)], { nonce });
    const { receipts, sections } = chain.block([tx(0n, 1_000), tx(1n, 25), tx(2n, 24)]);
    assert.deepEqual(
      receipts.map((receipt) => receipt.status),
      [0, COMMON_STATUSES.OUTBOX_FULL, 0],
    );
    assert.equal(sections.bpi?.outbox.length, LIMITS.maxOutboxPerSection);
    const long = probeOperation.send('cluster', 1, { bytes: LIMITS.maxOutboxMessageBytes + 1 });
    assert.equal(chain.run(alice, 'bpi', [long]).status, COMMON_STATUSES.OUTBOX_FULL);
  });

  it('holds the fee of an economy transaction first and returns what it did not use', () => {
    const chain = probeChain();
    const balance = () =>
      chain.rules.settlement.meterBalance(chain.state.reader('economy'), alice.address, 'economy', 'FLX');
    const before = balance();
    const transfer = (amount: bigint) =>
      encodeOperation(ECONOMY.operations.Transfer, { to: bob.address, token: 'FLX', amount, reference: '' });
    const tooMuch = chain.run(alice, 'economy', [transfer(before)], { maxFee: before / 2n });
    assert.equal(tooMuch.status, ECONOMY.statuses.INSUFFICIENT_BALANCE, 'what is held cannot be spent');
    const paid = tooMuch.charges[0]?.amount ?? 0n;
    assert.equal(balance(), before - paid);
    const receipt = chain.run(alice, 'economy', [transfer(1_000n)]);
    assert.equal(balance(), before - paid - 1_000n - (receipt.charges[0]?.amount ?? 0n));
  });
});

describe('isolation of sections', () => {
  it('reads other ledgers as of S, not as their sections left them', () => {
    const chain = probeChain();
    const free = chain.transaction(alice, 'cluster', [probeOperation.free(1, 42)], { maxFee: 0n });
    chain.block([free, chain.transaction(alice, 'bpi', [probeOperation.copyFromOther(1)])]);
    assert.equal(cell(chain, 1, 'cluster'), 42);
    assert.equal(cell(chain, 1, 'bpi', 'copy'), 0, 'the write of the same block is not visible');
    chain.run(alice, 'bpi', [probeOperation.copyFromOther(1)]);
    assert.equal(cell(chain, 1, 'bpi', 'copy'), 42);
  });

  it('changes only the sub-tree of its own ledger', () => {
    const chain = probeChain();
    const begun = chain.begin();
    const outcome = executeSection(begun, 'bpi', [
      chain.transaction(alice, 'bpi', [probeOperation.write(1, 1)]),
    ]);
    assert.ok(outcome.valid);
    for (const subtree of ['docklock', 'cluster', 'bpci', 'economy', 'system'] as const)
      assert.equal(outcome.result.view.root(subtree), begun.view.root(subtree), subtree);
    assert.notEqual(outcome.result.view.root('bpi'), begun.view.root('bpi'));
  });
});
