import assert from 'node:assert/strict';
import fc from 'fast-check';
import { billFileOf, fetchBill } from '../../../src/client/bill.ts';
import type { Client } from '../../../src/client/client.ts';
import { BILL_CHECKS, verifyBillJson } from '../../../src/client/verify-bill.ts';
import { billingPort } from '../../../src/node/ports/billing-port.ts';
import { billOf } from '../../../src/rpc/bill.ts';
import type { MethodName } from '../../../src/rpc/schema/methods.ts';
import { addressToText } from '../../../src/types/address.ts';
import { BillProofType, billProofFromJson } from '../../../src/types/bill-proof.ts';
import { chargeClass } from '../../../src/types/billing.ts';
import { decode, encode } from '../../../src/types/ssz.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { ExecutingRpc } from '../../support/executing-rpc.ts';

/** Alice pays Bob three times, and he tries to pay, over two blocks; then the window ends, and the next is open. */
async function billedRpc(): Promise<ExecutingRpc> {
  const rpc = await ExecutingRpc.open(({ chain }) => ({ billing: billingPort(chain) }));
  const { world, node } = rpc;
  const { alice, bob, clock, genesis } = world;
  const payment = world.payment(1_000n);
  await rpc.run(alice, 'economy', [payment]);
  await rpc.submit(alice, 'economy', [payment]);
  // A payment to himself fails, and is charged for.
  await rpc.submit(bob, 'economy', [payment]);
  await rpc.run(alice, 'economy', [payment, payment]);
  clock.advance(genesis.parameters.billingWindowMs);
  await world.extend(node);
  await rpc.run(alice, 'economy', [payment]);
  return rpc;
}

const clientOf = (rpc: ExecutingRpc) =>
  ({
    url: '',
    call: (name: MethodName, params: object) => rpc.call(name, params as never),
  }) as unknown as Client;

describe('economy_getBill', () => {
  let rpc: ExecutingRpc;
  let payer: string;
  before(async () => {
    rpc = await billedRpc();
    payer = addressToText(rpc.world.alice.address);
  });

  it('lists what an address was charged in a closed window, as its receipts say, and sums it up', async () => {
    const bill = await rpc.call('economy_getBill', { payer, window: 0 });
    assert.ok(bill.closed && bill.nextCursor === null);
    assert.equal(bill.items.length, 3);
    let sum = 0n;
    for (const { line, txId } of bill.items) {
      const receipt = await rpc.call('tx_getReceipt', { txId: txId as string });
      const { height, index, ledger, charges } = receipt;
      assert.deepEqual(
        { height, index, ledger, charges },
        {
          height: line.height,
          index: line.receipt,
          ledger: line.ledger,
          charges: [{ token: line.token, amount: line.amount }],
        },
      );
      assert.equal(line.class, chargeClass(line.token));
      assert.equal(line.payer, payer);
      sum += BigInt(line.amount);
    }
    assert.deepEqual(bill.sums, [{ class: 'transaction', token: 'FLX', amount: String(sum) }]);
  });

  it('has no proof of lines while their window is open', async () => {
    const bill = await rpc.call('economy_getBill', { payer });
    assert.deepEqual([bill.closed, bill.commitment, bill.window], [false, null, 1]);
    assert.deepEqual(
      bill.items.map(({ path }) => path),
      [null],
    );
    await assert.rejects(async () => billFileOf(await fetchBill(clientOf(rpc), payer)), {
      code: 'BILL_NOT_CLOSED',
    });
  });

  it('comes in pages that together are the whole', async () => {
    const whole = await rpc.call('economy_getBill', { payer, window: 0 });
    const items = [];
    for (let cursor: string | null = null, pages = 0; pages === 0 || cursor !== null; pages++) {
      const page: typeof whole = await rpc.call('economy_getBill', { payer, window: 0, limit: 1, cursor });
      assert.ok(page.items.length <= 1);
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    assert.deepEqual(items, whole.items);
  });

  it('refuses windows that no block fell into, and cursors of other methods', async () => {
    await rpc.rejects('economy_getBill', { payer, window: 7 }, 'BILLING_WINDOW_NOT_FOUND');
    await rpc.rejects('economy_getBill', { payer, window: 0, cursor: '7' }, 'INVALID_PARAMS');
  });

  const openWindowFrom = (fromHeight: number, lowestHeight: number, look: (height: number) => void) =>
    ({
      chain: { head: () => ({ height: 10_000 }), lowestHeight: () => lowestHeight },
      billing: { openWindow: () => ({ window: 0, fromHeight }), blockBill: look },
    }) as unknown as Parameters<typeof billOf>[0];

  it('has no bill of a window of which the node lacks the beginning', async () => {
    const ports = openWindowFrom(6, 7, () => assert.fail('looked'));
    const query = { payer: rpc.world.alice.address, limit: 10 };
    await assert.rejects(billOf(ports, query), { code: 'PRUNED' });
  });

  it('looks at a bounded number of blocks, and says where to go on', async () => {
    const looked: number[] = [];
    const ports = openWindowFrom(1, 1, (height) => void looked.push(height));
    const query = { payer: rpc.world.alice.address, limit: 10 };
    const { nextCursor } = await billOf(ports, query);
    assert.equal(looked.length, LIMITS.maxBilledBlocksPerCall);
    await billOf(ports, { ...query, cursor: nextCursor });
    assert.deepEqual(
      looked,
      Array.from({ length: 2 * LIMITS.maxBilledBlocksPerCall }, (_, i) => i + 1),
    );
  });
});

describe('A bill file', () => {
  let rpc: ExecutingRpc;
  let file: unknown;
  before(async () => {
    rpc = await billedRpc();
    const bill = await fetchBill(clientOf(rpc), addressToText(rpc.world.alice.address), 0);
    file = JSON.parse(JSON.stringify(billFileOf(bill)));
  });
  const verify = (json: unknown) => verifyBillJson(json, rpc.world.genesis);
  type Content = { payer: string; lines: { line: { amount: string } }[]; window: { commitment: object } };
  const changed = (change: (content: Content) => void) => {
    const content = structuredClone(file) as Content;
    change(content);
    return verify(content);
  };
  const checkOf = (verdict: ReturnType<typeof verify>) => (verdict.valid ? 'valid' : verdict.check);

  it('is checked with the genesis file alone', () => {
    const verdict = verify(file);
    assert.ok(verdict.valid, checkOf(verdict));
    const { payer, window, lines, sums } = verdict;
    assert.deepEqual([payer, window, lines], [rpc.world.alice.address, 0, 3]);
    assert.equal(sums.length, 1);
    assert.equal(verdict.seals, verdict.quorum);
  });

  it('may leave lines out, but name none twice and none of another payer', () => {
    const verdict = changed(({ lines }) => lines.splice(1, 1));
    assert.ok(verdict.valid && verdict.lines === 2);
    assert.equal(
      checkOf(changed(({ lines }) => lines.push(structuredClone(lines[2] as (typeof lines)[0])))),
      'ORDER',
    );
    assert.equal(checkOf(changed(({ lines }) => lines.reverse())), 'ORDER');
    assert.equal(checkOf(changed((bill) => (bill.payer = addressToText(rpc.world.bob.address)))), 'LINE');
    assert.equal(checkOf(changed(({ lines }) => lines.splice(0, 3))), 'LINE');
  });

  it('names the check that another amount, root or chain fails', () => {
    assert.equal(
      checkOf(changed(({ lines }) => ((lines[0] as (typeof lines)[0]).line.amount = '1'))),
      'LINE_PATH',
    );
    assert.equal(
      checkOf(changed(({ window }) => Object.assign(window.commitment, { root: `0x${'11'.repeat(32)}` }))),
      'COMMITMENT',
    );
    const other = verifyBillJson(file, { ...rpc.world.genesis, chainId: 9 });
    assert.equal(checkOf(other), 'GENESIS');
    const trusted = { height: 1, hash: '11'.repeat(32) };
    assert.equal(checkOf(verifyBillJson(file, rpc.world.genesis, trusted)), 'ANCHOR');
  });

  it('finds every flipped byte', () => {
    const bytes = encode(BillProofType, billProofFromJson(file));
    for (let i = 0; i < bytes.length; i++) {
      const flipped = Uint8Array.from(bytes);
      flipped[i] = (flipped[i] as number) ^ (1 << (i % 8));
      let json: unknown;
      try {
        json = BillProofType.toJson(decode(BillProofType, flipped, 'bill'));
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'MALFORMED_BYTES', `byte ${i}: ${error}`);
        continue;
      }
      const verdict = verify(json);
      assert.ok(!verdict.valid, `byte ${i} of ${bytes.length} is bound by nothing`);
      assert.ok(BILL_CHECKS.includes(verdict.check));
    }
  });

  it('finds every changed character', () => {
    const text = JSON.stringify(file);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 0x20, max: 0x7e }), (position, code) => {
        const character = String.fromCharCode(code);
        fc.pre(text[position] !== character);
        let json: unknown;
        try {
          json = JSON.parse(text.slice(0, position) + character + text.slice(position + 1));
        } catch {
          return;
        }
        const verdict = verify(json);
        assert.ok(!verdict.valid, `character ${position} is bound by nothing`);
      }),
      { numRuns: 300 },
    );
  });
});
