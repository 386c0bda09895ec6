import { strict as assert } from 'node:assert';
import { setImmediate } from 'node:timers/promises';
import { chainBusy } from '../../../src/mempool/refusal.ts';
import { encodeOperation } from '../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../src/types/operations/economy.ts';
import { encodeTransaction, type Operation } from '../../../src/types/transaction.ts';
import type { NodeError } from '../../../src/util/errors.ts';
import type { Account } from '../../../testnet/identities.ts';
import { type ChainNode, ChainWorld } from '../../support/chain.ts';
import { waitFor } from '../../support/wait-for.ts';

/** What became of an own transaction: exactly one of these must hold. */
function fatesOf({ pool, store }: ChainNode, id: string): string[] {
  const fates: string[] = [];
  if (store.findTransaction(id) !== undefined) fates.push('receipt');
  if (store.findDrop(id) !== undefined) fates.push('drop');
  if (pool.mempool.has(id)) fates.push('pool');
  return fates;
}

describe('Transaction pool', () => {
  let world: ChainWorld;
  let node: ChainNode;
  let other: ChainNode;

  beforeEach(async () => {
    world = new ChainWorld();
    node = await world.open();
    other = await world.open();
  });

  describe('admission', () => {
    it('answers only after the transaction is on disk', async () => {
      const transaction = world.transfer(0);
      assert.equal(await node.pool.submit(transaction.bytes), transaction.id);
      assert.equal(node.store.isPooled(transaction.id), true);
      assert.deepEqual(fatesOf(node, transaction.id), ['pool']);
    });

    it('does not keep on disk what came from peers', async () => {
      const transaction = world.transfer(0);
      await node.pool.admit(transaction, 'gossip');
      assert.equal(node.store.isPooled(transaction.id), false);
      assert.equal(node.pool.mempool.has(transaction.id), true);
    });

    it('refuses all that stand behind one for which the chain is busy, so that none waits for it', async () => {
      const { pool } = node;
      const many = [0, 1, 2].map((nonce) => world.transfer(nonce));
      const bytes = many.map((transaction) => transaction.bytes);
      const answers = [undefined, chainBusy({ waiting: 9, retryAfterMs: 250 }), undefined];
      pool.mempool.whyBusy = () => answers.shift();
      const outcomes = await Promise.allSettled(pool.submitMany(bytes));
      const reasons = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.code);
      assert.deepEqual(reasons, [false, 'CHAIN_BUSY', 'CHAIN_BUSY']);
      pool.mempool.whyBusy = () => undefined;
      const again = await Promise.all(pool.submitMany(bytes.slice(1)));
      assert.deepEqual(again, [many[1]?.id, many[2]?.id]);
    });

    it('lets in an even part of what the chain does in time through its own door, whatever comes from others', async () => {
      const large = new ChainWorld({ validators: 21 });
      const { pool } = await large.open();
      const batch = (sender: Account, nonce: number) =>
        large.sign(sender, nonce, Array<Operation>(100).fill(large.payment(1n)), { maxFee: 10_000_000n });
      for (let nonce = 0; nonce < 12; nonce++) await pool.admit(batch(large.bob, nonce), 'gossip', false);
      const own = Array.from({ length: 12 }, (_, nonce) => batch(large.alice, nonce).bytes);
      const outcomes = await Promise.allSettled(pool.submitMany(own));
      const refused = outcomes.filter(({ status }) => status === 'rejected').length;
      // Two of 21 parts of 9216 operations, and each of these asks for 108, of which eight stand for the signature.
      assert.equal(refused, 12 - Math.ceil((2 * 9_216) / 21 / 108));
    });

    it('tells the door what is being checked, copies once, and what of it came through it', async () => {
      const { pool } = node;
      const asked: unknown[] = [];
      pool.mempool.whyBusy = (pending) => {
        asked.push({ ...pending });
        return undefined;
      };
      const copies = [0, 1].map(() => pool.admit(world.transfer(0), 'gossip', false));
      const own = pool.submitMany([world.transfer(1).bytes, world.transfer(2).bytes]);
      await Promise.allSettled([...copies, ...own]);
      await pool.submit(world.transfer(3).bytes);
      assert.deepEqual(asked, [
        { all: 9, own: 0 },
        { all: 18, own: 9 },
        { all: 0, own: 0 },
      ]);
    });

    it('refuses a signature that does not fit with BAD_SIGNATURE', async () => {
      const { body, auth } = world.transfer(0).value;
      const forged = encodeTransaction({ body: { ...body, maxFee: body.maxFee + 1n }, auth });
      await assert.rejects(node.pool.submit(forged.bytes), { code: 'BAD_SIGNATURE' });
      assert.equal(node.pool.mempool.status().transactions, 0);
      assert.equal(node.store.isPooled(forged.id), false);
    });

    it('refuses the signature for the genesis of another chain with BAD_SIGNATURE', async () => {
      const elsewhere = new ChainWorld({ parameters: { gasPrice: 2n } });
      assert.notEqual(elsewhere.genesisHash, world.genesisHash);
      await assert.rejects(node.pool.submit(elsewhere.transfer(0).bytes), { code: 'BAD_SIGNATURE' });
    });

    it('refuses a transaction that no block can hold before it looks at the signature', async () => {
      const unknown = world.sign(world.alice, 0, [{ kind: 999, data: new Uint8Array(0) }]);
      await assert.rejects(node.pool.submit(unknown.bytes), { code: 'UNKNOWN_OPERATION' });
    });

    it('refuses a maxFee that does not cover the transaction and its bytes', async () => {
      const cheap = world.transfer(0, { maxFee: 10n });
      await assert.rejects(node.pool.submit(cheap.bytes), { code: 'MAX_FEE_TOO_LOW' });
    });

    it('asks for a maxFee at the price of gas that the last block left', async () => {
      const busy = new ChainWorld({ parameters: { gasPrice: 8n, targetBlockGas: 1_000 } });
      const busyNode = await busy.open();
      const { gasPerTransaction } = busy.genesis.parameters;
      const asBefore = BigInt(gasPerTransaction + busy.transfer(1).bytes.length) * 8n;
      await busyNode.pool.submit(busy.transfer(0).bytes);
      await busy.extend(busyNode);
      const before = busy.transfer(1, { maxFee: asBefore });
      await assert.rejects(busyNode.pool.submit(before.bytes), { code: 'MAX_FEE_TOO_LOW' });
      await busyNode.pool.submit(busy.transfer(1, { maxFee: (asBefore * 9n) / 8n }).bytes);
    });

    const faucet = (nonce: number, maxFee: bigint) => {
      const to = world.alice.address;
      return world.sign(world.alice, nonce, [encodeOperation(ECONOMY.operations.Faucet, { to })], { maxFee });
    };

    it('drops a free operation whose quota another one used up before its turn came', async () => {
      const [first, second] = [faucet(0, 0n), faucet(1, 0n)];
      for (const { bytes } of [first, second]) await node.pool.submit(bytes);
      const block = await world.extend(node);
      assert.deepEqual(
        block.transactions.flat().map(({ id }) => id),
        [first.id],
      );
      assert.deepEqual(fatesOf(node, second.id), ['drop']);
      assert.equal(node.store.findDrop(second.id)?.reason, 'INADMISSIBLE');
    });

    it('takes a free operation while its quota is free, and then one that pays for its failure', async () => {
      await node.pool.submit(faucet(0, 0n).bytes);
      await world.extend(node);
      await assert.rejects(node.pool.submit(faucet(1, 0n).bytes), (error: NodeError) => {
        assert.equal(error.code, 'FREE_OPERATION_FAILED');
        assert.equal(error.data.status, 'FAUCET_TOO_SOON');
        return true;
      });
      assert.equal(node.pool.mempool.status().transactions, 0);
      const paying = faucet(1, 10_000n);
      await node.pool.submit(paying.bytes);
      await world.extend(node);
      const [receipt] = node.store.loadReceipts(2)?.sections.flat() ?? [];
      assert.equal(receipt?.txId, paying.id);
      assert.equal(receipt.status, ECONOMY.statuses.FAUCET_TOO_SOON);
      assert.deepEqual(receipt.charges, [{ token: 'FLX', amount: BigInt(receipt.gas) }]);
    });

    it('refuses bytes that are no transaction with a typed error', async () => {
      const { bytes } = world.transfer(0);
      await assert.rejects(node.pool.submit(Uint8Array.of(...bytes, 0)), { code: 'BAD_SIGNATURE_LENGTH' });
      await assert.rejects(node.pool.submit(bytes.subarray(0, -1)), { code: 'BAD_SIGNATURE_LENGTH' });
      await assert.rejects(node.pool.submit(bytes.subarray(0, 100)), { code: 'MALFORMED_BYTES' });
      await assert.rejects(node.pool.submit(new Uint8Array(0)), { code: 'MALFORMED_BYTES' });
    });

    it('takes one of two copies that arrive together', async () => {
      const { bytes, id } = world.transfer(0);
      const outcomes = await Promise.allSettled([node.pool.submit(bytes), node.pool.submit(bytes)]);
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      const refused = outcomes.find((outcome) => outcome.status === 'rejected');
      assert.equal(refused?.reason.code, 'ALREADY_KNOWN');
      assert.deepEqual(fatesOf(node, id), ['pool']);
    });

    it('tells listeners at once, and does not make them wait for the disk', async () => {
      const transaction = world.transfer(0);
      const told: string[] = [];
      node.pool.onAdmitted(({ id }) => told.push(id));
      let isWritten = (): void => undefined;
      const { store } = node;
      const savePooled = store.savePooled.bind(store);
      store.savePooled = async (id, bytes) => {
        await new Promise<void>((resolve) => {
          isWritten = resolve;
        });
        await savePooled(id, bytes);
      };
      let isAnswered = false;
      const submitted = node.pool.submit(transaction.bytes).finally(() => {
        isAnswered = true;
      });
      await waitFor('the listener heard of it', () => told.includes(transaction.id));
      assert.equal(isAnswered, false, 'who asked hears when it is on disk');
      isWritten();
      await submitted;
      assert.equal(store.isPooled(transaction.id), true);
    });

    it('tells listeners of each admitted transaction and where it came from', async () => {
      const seen: [string, string][] = [];
      node.pool.onAdmitted(({ id }, origin) => seen.push([id, origin]));
      const [first, second] = [world.transfer(0), world.transfer(1)];
      await node.pool.submit(first.bytes);
      await node.pool.admit(second, 'gossip');
      assert.deepEqual(seen, [
        [first.id, 'local'],
        [second.id, 'gossip'],
      ]);
    });
  });

  describe('transactions of a proposal', () => {
    it('serves fetched bytes without admitting them to the pool', async () => {
      const fetched = world.transfer(0);
      await node.pool.addFetched(fetched);
      assert.equal(node.pool.get(fetched.id)?.id, fetched.id);
      assert.equal(node.pool.mempool.has(fetched.id), false);
    });

    it('refuses fetched bytes that their sender did not sign', async () => {
      const { body, auth } = world.transfer(0).value;
      const forged = encodeTransaction({ body: { ...body, nonce: 5n }, auth });
      await assert.rejects(node.pool.addFetched(forged), { code: 'BAD_SIGNATURE' });
      assert.equal(node.pool.get(forged.id), undefined);
    });

    it('commits a variant that another node proposed and records that the own one lost its nonce', async () => {
      const own = world.transfer(0, { amount: 1n });
      const variant = world.transfer(0, { amount: 2n });
      await node.pool.submit(own.bytes);
      await other.pool.submit(variant.bytes);
      const drops: string[] = [];
      node.pool.onDropped(({ txId, reason }) => drops.push(`${txId} ${reason}`));
      await world.extend(other, [node]);
      assert.deepEqual(drops, [`${own.id} NONCE_USED`]);
      assert.deepEqual(fatesOf(node, own.id), ['drop']);
      assert.deepEqual(fatesOf(node, variant.id), ['receipt']);
    });
  });

  describe('restart', () => {
    it('brings back accepted transactions in order and gets them into a block', async () => {
      const transactions = [0, 1, 2].map((nonce) => world.transfer(nonce));
      for (const { bytes } of transactions) await node.pool.submit(bytes);
      const reopened = await world.open(node.memory);
      for (const { id } of transactions) assert.deepEqual(fatesOf(reopened, id), ['pool']);
      assert.equal(reopened.chain.hasWork(), true);
      await world.extend(reopened);
      for (const { id } of transactions) {
        assert.deepEqual(fatesOf(reopened, id), ['receipt']);
        assert.equal(reopened.store.isPooled(id), false);
      }
      assert.equal((await world.open(node.memory)).pool.mempool.status().transactions, 0);
    });

    it('does not bring back what came from peers', async () => {
      await node.pool.admit(world.transfer(0), 'gossip');
      assert.equal((await world.open(node.memory)).pool.mempool.status().transactions, 0);
    });

    it('remembers why an accepted transaction was given up', async () => {
      const replaced = world.transfer(0);
      const dearer = world.transfer(0, { maxFee: 200_000n });
      await node.pool.submit(replaced.bytes);
      await node.pool.submit(dearer.bytes);
      const reopened = await world.open(node.memory);
      assert.equal(reopened.store.findDrop(replaced.id)?.reason, 'REPLACED');
      assert.deepEqual(fatesOf(reopened, replaced.id), ['drop']);
      assert.deepEqual(fatesOf(reopened, dearer.id), ['pool']);
    });

    it('records as refused what does not fit the chain any more', async () => {
      await node.pool.submit(world.transfer(0).bytes);
      await world.extend(node);
      // As after a crash between a block that used the nonce and the record of the drop.
      const late = world.transfer(0, { amount: 5n });
      await node.store.savePooled(late.id, late.bytes);
      const reopened = await world.open(node.memory);
      assert.deepEqual(fatesOf(reopened, late.id), ['drop']);
      assert.equal(reopened.store.findDrop(late.id)?.reason, 'REFUSED');
    });

    it('records the drop of an own transaction that a peer brought back first', async () => {
      const own = world.transfer(0);
      await node.pool.submit(own.bytes);
      const reopened = await world.open(node.memory, { restore: false });
      await reopened.pool.admit(own, 'gossip');
      await reopened.pool.restore();
      assert.deepEqual(fatesOf(reopened, own.id), ['pool']);
      reopened.pool.mempool.drop(own.id, 'INADMISSIBLE');
      assert.deepEqual(fatesOf(reopened, own.id), ['drop']);
    });
  });

  describe('while a block is voted on', () => {
    const isPooled = ({ id }: { id: string }) => node.pool.mempool.has(id);
    /** Turns of the event loop in which a check that does not wait is made. */
    const aWhile = async () => {
      for (let turns = 0; turns < 10; turns++) await setImmediate();
    };

    it('checks what came from peers once the block is decided, and then without delay again', async () => {
      const [first, second, third] = [world.transfer(0), world.transfer(1), world.transfer(2)];
      await node.pool.submit(first.bytes);
      node.pool.deferChecks();
      const admitted = node.pool.admit(second, 'gossip');
      await aWhile();
      assert.equal(isPooled(second), false);
      await world.extend(node);
      await admitted;
      assert.equal(isPooled(second), true);
      await node.pool.admit(third, 'gossip');
      assert.equal(isPooled(third), true);
    });

    it('takes what its own users send at once, also if it came from a peer before', async () => {
      const [own, known] = [world.transfer(0), world.transfer(1)];
      node.pool.deferChecks();
      await node.pool.submit(own.bytes);
      const relayed = node.pool.admit(known, 'gossip').catch(({ code }) => code);
      await node.pool.submit(known.bytes).catch(({ code }) => code);
      assert.deepEqual([isPooled(own), isPooled(known)], [true, true]);
      await relayed;
    });

    it('checks what the block needs at once', async () => {
      const [fetched, listed, other] = [world.transfer(0), world.transfer(1), world.transfer(2)];
      node.pool.deferChecks();
      const admitted = [fetched, listed, other].map((transaction) => node.pool.admit(transaction, 'gossip'));
      await node.pool.settled([fetched.id]);
      assert.equal(await node.pool.areSigned([listed]), true);
      await aWhile();
      assert.deepEqual([fetched, listed, other].map(isPooled), [true, true, false]);
      node.pool.resumeChecks();
      await Promise.all(admitted);
    });

    it('lets checks wait once for each block, and not for long where none comes', async () => {
      node.pool.deferChecks();
      const transaction = world.transfer(0);
      const admitted = node.pool.admit(transaction, 'gossip');
      node.pool.deferChecks();
      await admitted;
      assert.equal(isPooled(transaction), true);
      node.pool.deferChecks();
      await node.pool.admit(world.transfer(1), 'gossip');
      await world.extend(node);
      await setImmediate();
      node.pool.deferChecks();
      const late = world.transfer(2);
      const waits = node.pool.admit(late, 'gossip');
      await aWhile();
      assert.equal(isPooled(late), false);
      node.pool.resumeChecks();
      await waits;
    });

    it('refuses a false signature after the wait as before it', async () => {
      const { body, auth } = world.transfer(0).value;
      const forged = encodeTransaction({ body: { ...body, maxFee: body.maxFee + 1n }, auth });
      node.pool.deferChecks();
      const refused = assert.rejects(node.pool.admit(forged, 'gossip'), { code: 'BAD_SIGNATURE' });
      node.pool.resumeChecks();
      await refused;
    });
  });

  it('gives every accepted transaction exactly one receipt or recorded drop', async () => {
    const accepted: string[] = [];
    const submit = async (transaction: { bytes: Uint8Array }) => {
      accepted.push(await node.pool.submit(transaction.bytes));
    };
    await submit(world.transfer(0));
    await submit(world.transfer(1, { amount: 10n ** 15n }));
    await submit(world.transfer(2));
    await submit(world.transfer(2, { maxFee: 200_000n }));
    // Waits for nonce 3, which never comes, until its time is over.
    await submit(world.transfer(4, { validUntilMs: world.clock.wallMs() + 1_500 }));
    await submit(world.transfer(5, { validUntilMs: world.clock.wallMs() + 3_600_000 }));
    for (let i = 0; i < 4; i++) await world.extend(node, [other]);
    await submit(world.transfer(3, { validUntilMs: world.clock.wallMs() + 3_600_000 }));
    await submit(world.transfer(4));
    for (let i = 0; i < 2; i++) await world.extend(node, [other]);
    const fates = accepted.map((id) => fatesOf(node, id).join(' and '));
    assert.deepEqual(fates, [
      'receipt',
      'receipt',
      'drop',
      'receipt',
      'drop',
      'receipt',
      'receipt',
      'receipt',
    ]);
    const reopened = await world.open(node.memory);
    assert.deepEqual(
      accepted.map((id) => fatesOf(reopened, id).join(' and ')),
      fates,
    );
  });
});
