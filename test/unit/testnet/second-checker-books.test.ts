import assert from 'node:assert/strict';
import { balanceAccount } from '../../../src/ledger/economy/account.ts';
import { amountOf, supplyOf } from '../../../src/ledger/economy/books.ts';
import { TOKENS } from '../../../src/types/names.ts';
import { encodeOperation } from '../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../src/types/operations/economy.ts';
import type { BlockReceipts, Receipt } from '../../../src/types/receipt.ts';
import { decode, encode } from '../../../src/types/ssz.ts';
import { SYSTEM_RECEIPTS } from '../../../src/types/system-receipt.ts';
import type { Operation } from '../../../src/types/transaction.ts';
import { Books } from '../../../testnet/second-checker-books.ts';
import type { ExportedBlock } from '../../../testnet/second-checker-export.ts';
import { ExportedChain } from '../../support/exported-chain.ts';

const ECONOMY_SECTION = 4;
const { operations, events } = ECONOMY;

async function open() {
  const chain = await ExportedChain.open();
  const { genesis, alice, bob } = chain.world;
  const books = new Books(genesis);
  const senderOf = () => alice.address;
  const apply = ({ receipts }: Pick<ExportedBlock, 'receipts'>) => books.apply(receipts, senderOf);
  /** Where the books differ from the state of the chain, by account and token. */
  const differences = () => {
    const state = chain.node.chain.state.reader('economy');
    return books.addresses.flatMap((address) =>
      TOKENS.filter(
        (token) => books.balance(address, token) !== amountOf(state, balanceAccount(address), token),
      ).map((token) => `${nameOf(address)} ${token}`),
    );
  };
  const nameOf = (address: string) =>
    address === alice.address ? 'alice' : address === bob.address ? 'bob' : address;
  /** Whether all that exists is in somebody's hands, and is as much as the chain says. */
  const isWhole = () => {
    const state = chain.node.chain.state.reader('economy');
    return TOKENS.every(
      (token) => books.held(token) === books.supply(token) && books.supply(token) === supplyOf(state, token),
    );
  };
  return { chain, books, alice, bob, apply, differences, isWhole, senderOf };
}

/** The receipts with another first event of the economy. */
function withForgedTransfer({ receipts }: ExportedBlock, forge: (amount: bigint) => bigint): BlockReceipts {
  return withReceipts(receipts, ([first, ...rest]) => {
    const [event, ...others] = (first as Receipt).events;
    assert.ok(event?.kind === events.Transferred.kind);
    const value = decode(events.Transferred.type, event.data, 'event');
    const data = encode(events.Transferred.type, { ...value, amount: forge(value.amount) });
    return [{ ...(first as Receipt), events: [{ ...event, data }, ...others] }, ...rest];
  });
}

function withReceipts(receipts: BlockReceipts, change: (list: Receipt[]) => Receipt[]): BlockReceipts {
  const sections = receipts.sections.map((list, index) =>
    index === ECONOMY_SECTION ? change([...list]) : list,
  );
  return { ...receipts, sections };
}

describe('the books of the second checker', () => {
  it('begin with what genesis gives, all of it in somebody’s hands', async () => {
    const { books, alice, differences, isWhole } = await open();
    assert.deepEqual(differences(), []);
    assert.ok(isWhole());
    assert.ok(books.balance(alice.address, 'FLX') > 0n);
    assert.equal(books.supply('GEN'), 100_000_000_000n);
  });

  it('follow transfers, locks, meters, redemptions and fees by the receipts alone', async () => {
    const { chain, books, alice, apply, differences, isWhole } = await open();
    const { world } = chain;
    const ref = 'cd'.repeat(32);
    const lock = { ledger: 'docklock', purpose: 'x', ref, token: 'NEX', amount: 7n } as const;
    const meter = { payer: alice.address, ledger: 'bpi', token: 'FLX', amount: 9n } as const;
    const blocks: Operation[][][] = [
      [[world.payment(5n)], [world.payment(10n ** 30n)]],
      [[encodeOperation(operations.Lock, lock), encodeOperation(operations.MeterDeposit, meter)]],
      [[encodeOperation(operations.CoinRedeem, { token: 'NEX', amount: 3n })]],
      [
        [encodeOperation(operations.Unlock, { ledger: 'docklock', ref })],
        [encodeOperation(operations.MeterWithdraw, { ledger: 'bpi', token: 'FLX', amount: 4n })],
      ],
      [],
    ];
    for (const transactions of blocks) {
      apply(await chain.block(...transactions));
      assert.deepEqual(differences(), []);
      assert.deepEqual(books.faults, []);
      assert.ok(isWhole());
    }
  });

  it('differ from a chain that tells another amount than it moved', async () => {
    const { chain, apply, differences } = await open();
    const block = await chain.block([chain.world.payment(5n)]);
    apply({ receipts: withForgedTransfer(block, (amount) => amount + 1n) });
    assert.deepEqual(differences().sort(), ['alice FLX', 'bob FLX']);
  });

  it('differ from a chain that moves value without telling', async () => {
    const { chain, apply, differences } = await open();
    const { receipts } = await chain.block([chain.world.payment(5n)]);
    apply({
      receipts: withReceipts(receipts, (list) => list.map((receipt) => ({ ...receipt, events: [] }))),
    });
    assert.deepEqual(differences().sort(), ['alice FLX', 'bob FLX']);
  });

  it('differ from a chain that charges without telling, or tells a receipt twice', async () => {
    const free = await open();
    const { receipts } = await free.chain.block([free.chain.world.payment(5n)]);
    free.apply({
      receipts: withReceipts(receipts, (list) => list.map((receipt) => ({ ...receipt, charges: [] }))),
    });
    assert.deepEqual(free.differences(), ['alice FLX']);
    const twice = await open();
    const block = await twice.chain.block([twice.chain.world.payment(5n)]);
    twice.apply({
      receipts: withReceipts(block.receipts, ([first]) => [first as Receipt, first as Receipt]),
    });
    assert.deepEqual(twice.differences().sort(), ['alice FLX', 'bob FLX']);
  });

  it('differ if a receipt was lost', async () => {
    const { chain, apply, differences } = await open();
    const { receipts } = await chain.block([chain.world.payment(5n)], [chain.world.payment(6n)]);
    apply({ receipts: withReceipts(receipts, (list) => list.slice(1)) });
    assert.deepEqual(differences().sort(), ['alice FLX', 'bob FLX']);
  });

  it('note a fault where somebody would hold less than nothing', async () => {
    const { chain, books, apply } = await open();
    const block = await chain.block([chain.world.payment(5n)]);
    apply({ receipts: withForgedTransfer(block, () => 10n ** 30n) });
    assert.match(books.faults.join(), /would hold -/);
  });

  it('note a fault for an event that no economy knows', async () => {
    const { chain, books, apply } = await open();
    const { receipts } = await chain.block([chain.world.payment(5n)]);
    const unknown = { operation: 0, kind: 999, data: new Uint8Array(0) };
    apply({
      receipts: withReceipts(receipts, (list) => list.map((one) => ({ ...one, events: [unknown] }))),
    });
    assert.match(books.faults.join(), /unknown kind 999/);
  });

  it('note a fault for a bond that is paid back and was never given up', async () => {
    const { chain, books, apply } = await open();
    const { receipts } = await chain.block();
    const { OutboxDelivered } = SYSTEM_RECEIPTS;
    const data = encode(OutboxDelivered.type, {
      position: 0,
      sentAt: 1,
      from: 'bpci',
      to: 'economy',
      kind: 1,
    });
    apply({ receipts: { ...receipts, system: [{ kind: OutboxDelivered.kind, height: 1, index: 0, data }] } });
    assert.match(books.faults.join(), /nobody gave up/);
  });
});
