import assert from 'node:assert/strict';
import { BitArray } from '@chainsafe/ssz';
import { beginBlock } from '../../../src/ledger/begin-block.ts';
import { endBlock } from '../../../src/ledger/end-block.ts';
import { executeBlock } from '../../../src/ledger/execute-block.ts';
import { InvariantViolation } from '../../../src/ledger/seam.ts';
import { buildSection } from '../../../src/ledger/section.ts';
import type { SectionResult } from '../../../src/ledger/section-result.ts';
import { proofItemsRoot, sectionRoots, wrongSectionField } from '../../../src/ledger/section-roots.ts';
import { lastBeacons, stateHeight } from '../../../src/ledger/system/chain-facts.ts';
import { outboxQueue } from '../../../src/ledger/system/outbox-queue.ts';
import { emptySection } from '../../../src/types/section.ts';
import { COMMON_STATUSES } from '../../../src/types/status.ts';
import {
  readSystemReceipt,
  SYSTEM_RECEIPTS,
  systemReceiptToJson,
} from '../../../src/types/system-receipt.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { actor, LedgerChain, testGenesis, unsignedTransaction } from '../../support/ledger-chain.ts';
import { minedBy } from '../../support/mined.ts';
import { PROBE_RULES, probeOperation, REFUSED_KIND, REFUSED_STATUS } from '../../support/probe-ledger.ts';

const validator = actor('validator');
const alice = actor('alice');
const MINED = minedBy(validator.address);

function probeChain(): LedgerChain {
  return new LedgerChain(testGenesis({ validators: [validator], accounts: [alice] }), PROBE_RULES);
}

function received(chain: LedgerChain): number {
  const bytes = chain.state.reader('cluster').get('received');
  return bytes === undefined ? 0 : new DataView(bytes.slice().buffer).getUint32(0, true);
}

const send = (count: number, nonce: bigint, options?: { kind?: number }) =>
  unsignedTransaction(alice, 'bpi', [probeOperation.send('cluster', count, options)], { nonce });

describe('delivery of messages between ledgers', () => {
  it('delivers in the next block, first in, first out, with a receipt each', () => {
    const chain = probeChain();
    const first = chain.block([send(3, 0n)]);
    assert.equal(received(chain), 0);
    assert.equal(first.hasPendingWork, true);
    const second = chain.block();
    assert.equal(received(chain), 3);
    for (const [i, expected] of [0, 1, 2].entries())
      assert.deepEqual(chain.state.reader('cluster').get(`received/${i}`), new Uint8Array(4).fill(expected));
    const delivered = second.systemReceipts.map((receipt) =>
      readSystemReceipt(SYSTEM_RECEIPTS.OutboxDelivered, receipt),
    );
    assert.deepEqual(delivered[2], { position: 2, sentAt: 1, from: 'bpi', to: 'cluster', kind: 1 });
    assert.equal(second.hasPendingWork, false);
  });

  it('delivers a bounded number per block and carries the rest over in order', () => {
    const chain = probeChain();
    for (let nonce = 0n; nonce < 2n; nonce++) chain.block([send(1_000, nonce)]);
    const { head, tail } = outboxQueue.range(chain.state.reader('system'));
    assert.equal(tail - head, 1_000, 'the first thousand is delivered with the second block');
    const begun = chain.begin();
    const room = begun.sectionOutboxBound;
    begun.discard();
    assert.equal(room, LIMITS.maxOutboxPerSection);
    const view = chain.state.extend();
    const message = { from: 'bpi', to: 'cluster', kind: 1, data: new Uint8Array(1) } as const;
    for (let i = 0; i < 3_000; i++) outboxQueue.push(view.writer('system'), { height: 2, message });
    chain.state.commit(view);
    const third = chain.block();
    assert.equal(received(chain), 1_000 + LIMITS.maxOutboxDeliveriesPerBlock);
    assert.equal(third.hasPendingWork, true);
    chain.block();
    assert.equal(received(chain), 5_000);
  });

  it('lets sections send nothing while the queue is full', () => {
    const chain = probeChain();
    const view = chain.state.extend();
    const message = { from: 'bpi', to: 'cluster', kind: 1, data: new Uint8Array(1) } as const;
    const backlog = LIMITS.maxOutboxQueue + LIMITS.maxOutboxDeliveriesPerBlock;
    for (let i = 0; i < backlog; i++) outboxQueue.push(view.writer('system'), { height: 0, message });
    chain.state.commit(view);
    assert.equal(
      chain.run(alice, 'bpi', [probeOperation.send('cluster', 1)]).status,
      COMMON_STATUSES.OUTBOX_FULL,
    );
  });

  it('bounces what the receiver refuses or nobody receives, without a trace but the receipt', () => {
    const chain = probeChain();
    const lost = unsignedTransaction(alice, 'bpi', [probeOperation.send('docklock', 1)], { nonce: 1n });
    chain.block([send(1, 0n, { kind: REFUSED_KIND }), lost]);
    const root = chain.state.root('cluster');
    const { systemReceipts } = chain.block();
    const bounced = systemReceipts.flatMap(
      (receipt) => readSystemReceipt(SYSTEM_RECEIPTS.OutboxBounced, receipt) ?? [],
    );
    assert.deepEqual(
      bounced.map(({ status }) => status),
      [REFUSED_STATUS, COMMON_STATUSES.NOT_DELIVERABLE],
    );
    assert.equal(chain.state.root('cluster'), root);
  });
});

describe('a block of the ledgers', () => {
  it('settles charges per ledger and token, numbers its receipts and names them', () => {
    const chain = probeChain();
    const { receipts, systemReceipts } = chain.block([send(0, 0n), send(0, 1n)]);
    assert.deepEqual(
      systemReceipts.map(({ height, index }) => [height, index]),
      systemReceipts.map((_, i) => [1, i]),
    );
    const settled = systemReceipts
      .map((receipt) => readSystemReceipt(SYSTEM_RECEIPTS.FeesSettled, receipt))
      .find(Boolean);
    const amount = receipts.reduce((sum, receipt) => sum + (receipt.charges[0]?.amount ?? 0n), 0n);
    assert.deepEqual(settled, { ledger: 'bpi', token: 'FLX', charges: 2, amount });
    assert.deepEqual(
      systemReceipts.map((receipt) => systemReceiptToJson(receipt).kind),
      ['FeesSettled'],
    );
    const unknown = { kind: 60_000, height: 1, index: 0, data: Uint8Array.of(1, 255) };
    assert.deepEqual(systemReceiptToJson(unknown), { kind: '60000', height: 1, index: 0, data: '0x01ff' });
  });

  it('books height and the beacon of the last two blocks', () => {
    const chain = probeChain();
    const genesisBeacon = lastBeacons(chain.state.reader('system')).last;
    chain.block();
    const after1 = lastBeacons(chain.state.reader('system'));
    assert.equal(after1.previous, genesisBeacon);
    chain.block();
    assert.equal(lastBeacons(chain.state.reader('system')).previous, after1.last);
    assert.equal(stateHeight(chain.state.reader('system')), 2);
  });

  it('reports the certificate that counts as the finality of the block before', () => {
    const chain = probeChain();
    chain.block();
    const begun = chain.begin();
    const signers = BitArray.fromBoolArray([true]);
    const lastCertificate = {
      height: 1,
      round: 2,
      blockHash: 'ab'.repeat(32),
      signers,
      seals: ['00'.repeat(64)],
    };
    const ended = endBlock(begun, [], { ...MINED, beacon: '01'.repeat(32), lastCertificate, evidence: [] });
    const finality = readSystemReceipt(SYSTEM_RECEIPTS.Finality, ended.systemReceipts[0] ?? assert.fail());
    assert.deepEqual([finality?.height, finality?.round, finality?.signers.getTrueBitIndexes()], [1, 2, [0]]);
  });

  it('refuses a state of another height or another chain', () => {
    const chain = probeChain();
    const { genesis, genesisHash, timeMs } = chain;
    assert.throws(
      () => beginBlock(chain.state, { height: 2, timeMs, genesis, genesisHash }, PROBE_RULES),
      InvariantViolation,
    );
    const other = { height: 1, timeMs, genesis, genesisHash: 'cd'.repeat(32) };
    assert.throws(() => beginBlock(chain.state, other, PROBE_RULES), InvariantViolation);
  });

  it('can be ended on the same sections in several candidates, until one is committed', () => {
    const chain = probeChain();
    const begun = chain.begin();
    const mined = buildSection(begun, 'bpi', [send(1, 0n)]).result;
    const full = endBlock(begun, [mined], {
      ...MINED,
      beacon: '01'.repeat(32),
      lastCertificate: undefined,
      evidence: [],
    });
    const empty = endBlock(begun, [], {
      ...MINED,
      beacon: '01'.repeat(32),
      lastCertificate: undefined,
      evidence: [],
    });
    const again = endBlock(begun, [mined], {
      ...MINED,
      beacon: '01'.repeat(32),
      lastCertificate: undefined,
      evidence: [],
    });
    assert.equal(full.stateRoot, again.stateRoot);
    assert.notEqual(full.stateRoot, empty.stateRoot);
    full.discard();
    chain.state.commit(again.view);
    assert.equal(chain.state.stateRoot(), again.stateRoot);
    assert.throws(() => empty.view.stateRoot(), { name: 'StaleStateError' });
    assert.throws(() => chain.state.commit(empty.view), { name: 'StaleStateError' });
  });

  it('stacks a speculative block on one that is still being voted', () => {
    const chain = probeChain();
    const { genesis, genesisHash } = chain;
    const input = { ...MINED, beacon: '01'.repeat(32), lastCertificate: undefined, evidence: [] };
    const facts = (height: number) => ({ height, timeMs: chain.timeMs + height, genesis, genesisHash });
    const first = executeBlock(chain.state, facts(1), { bpi: [send(2, 0n)] }, input, PROBE_RULES);
    assert.ok(first.valid);
    const second = executeBlock(first.ended.view, facts(2), { bpi: [send(1, 1n)] }, input, PROBE_RULES);
    assert.ok(second.valid);
    chain.state.commit(first.ended.view);
    assert.equal(received(chain), 0);
    chain.state.commit(second.ended.view);
    assert.equal(received(chain), 2);
    assert.equal(chain.state.stateRoot(), second.ended.stateRoot);
  });

  it('names the ledger and the transaction that make a block invalid', () => {
    const chain = probeChain();
    const { genesis, genesisHash, timeMs } = chain;
    const nodes = chain.state.nodeCount;
    const outcome = executeBlock(
      chain.state,
      { height: 1, timeMs, genesis, genesisHash },
      { bpi: [send(1, 4n)] },
      { ...MINED, beacon: '01'.repeat(32), lastCertificate: undefined, evidence: [] },
      PROBE_RULES,
    );
    assert.ok(!outcome.valid);
    assert.deepEqual([outcome.ledger, outcome.fault.code], ['bpi', 'NONCE_GAP']);
    assert.equal(chain.state.nodeCount, nodes, 'nothing of it stays in memory');
  });

  it('refuses two sections of one ledger', () => {
    const chain = probeChain();
    const begun = chain.begin();
    const { result } = buildSection(begun, 'bpi', []);
    const input = { ...MINED, beacon: '01'.repeat(32), lastCertificate: undefined, evidence: [] };
    assert.throws(() => endBlock(begun, [result, result], input), InvariantViolation);
  });
});

describe('roots of a section', () => {
  const mine = (): SectionResult => {
    const chain = probeChain();
    return buildSection(chain.begin(), 'bpi', [send(2, 0n), send(1, 1n)]).result;
  };

  it('follow from the execution alone and tell which field is wrong', () => {
    const result = mine();
    const section = {
      ...emptySection('bpi', 1, '00'.repeat(32), result.preRoot).section,
      ...sectionRoots(result),
    };
    assert.equal(wrongSectionField(section, mine()), undefined);
    for (const field of ['txRoot', 'receiptRoot', 'pre', 'post', 'outboxRoot', 'chargeRoot'] as const)
      assert.equal(wrongSectionField({ ...section, [field]: 'ee'.repeat(32) }, result), field);
    assert.equal(wrongSectionField({ ...section, work: section.work + 1 }, result), 'work');
    assert.match(proofItemsRoot(result), /^[0-9a-f]{64}$/);
  });

  it('of a section without transactions are those of the canonical empty section', () => {
    const chain = probeChain();
    const begun = chain.begin();
    const { result } = buildSection(begun, 'cluster', []);
    const empty = emptySection('cluster', 1, '00'.repeat(32), begun.preRoot('cluster')).section;
    assert.equal(wrongSectionField(empty, result), undefined);
  });
});
