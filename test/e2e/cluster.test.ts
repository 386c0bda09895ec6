import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyFinalityProofJson } from '../../src/client/verify-proof.ts';
import { addressToText } from '../../src/types/address.ts';
import { toHex } from '../../src/util/bytes.ts';
import { LIMITS } from '../../src/util/limits.ts';
import { Cluster } from '../support/cluster.ts';
import { waitFor } from '../support/wait-for.ts';

const VALIDATORS = [0, 1, 2, 3];
const OBSERVER = 4;
const OTHER_GENESIS = 'ab'.repeat(32);

/** Real nodes on loopback, one story: each test finds the chain where the one before left it. */
describe('A cluster of four validators', function () {
  this.timeout(600_000);
  let directory: string;
  let cluster: Cluster;
  /** Every receipt that anybody was given: none may ever be lost. */
  const receipted = new Map<string, { height: number; hash: string }>();

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'metanode-cluster-'));
    cluster = await Cluster.create({
      directory,
      validators: VALIDATORS.length,
      blockTimeMs: 200,
      emptyBlocksMs: 250,
      options: { baseTimeoutMs: 500, resendIntervalMs: 300 },
    });
    await cluster.startAll();
  });

  after(async () => {
    await cluster?.stopAll();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Sends a payment to node k, and notes where its receipt stands. */
  async function pay(k: number, amount = 1_000n) {
    const transaction = cluster.transaction(await cluster.nextNonce(), { amount });
    const receipt = await cluster.sendAndWait(k, transaction);
    receipted.set(transaction.id, {
      height: receipt.height,
      hash: await cluster.blockHash(k, receipt.height),
    });
    return { transaction, receipt };
  }

  /** Every node that runs has the same blocks from the first to the lowest head. */
  async function assertOneChain(): Promise<void> {
    const nodes = [...cluster.nodes.keys()];
    const lowest = Math.min(...(await Promise.all(nodes.map((k) => cluster.height(k)))));
    const [first, ...others] = await Promise.all(nodes.map((k) => cluster.blockHashes(k, lowest)));
    for (const hashes of others) assert.deepEqual(hashes, first);
    const headers = await Promise.all(
      nodes.map((k) => cluster.client(k).call('chain_getHeader', { height: lowest })),
    );
    for (const header of headers) assert.deepEqual(header, headers[0]);
  }

  /** Every node that runs gives the same receipt in the same block. */
  async function assertReceiptEverywhere(txId: string): Promise<void> {
    const place = receipted.get(txId);
    assert.ok(place !== undefined);
    await cluster.waitForHeight(place.height);
    const nodes = [...cluster.nodes.keys()];
    for (const k of nodes) assert.equal(await cluster.blockHash(k, place.height), place.hash);
    const receipts = await Promise.all(
      nodes.map((k) => cluster.client(k).call('tx_getReceipt', { txId: `0x${txId}` })),
    );
    for (const receipt of receipts) assert.deepEqual(receipt, receipts[0]);
  }

  async function errorOf(k: number, transaction: string): Promise<{ code?: string; hint?: string }> {
    return await cluster
      .client(k)
      .call('tx_send', { transaction })
      .then(
        () => assert.fail('the transaction was accepted'),
        (error) => error,
      );
  }

  it('builds one chain', async () => {
    await cluster.waitForHeight(3);
    await assertOneChain();
  });

  it('gives every transaction that one node accepts a receipt in one block on all nodes', async () => {
    const nonce = await cluster.nextNonce();
    const transactions = Array.from({ length: 10 }, (_, i) => cluster.transaction(nonce + BigInt(i)));
    const receipts = await Promise.all(
      transactions.map((transaction) => cluster.sendAndWait(0, transaction)),
    );
    for (const [i, receipt] of receipts.entries()) {
      const { id } = transactions[i] as { id: string };
      assert.equal(receipt.txId, `0x${id}`);
      assert.equal(receipt.status, 'OK');
      receipted.set(id, { height: receipt.height, hash: await cluster.blockHash(0, receipt.height) });
      await assertReceiptEverywhere(id);
    }
  });

  it('gives a failed transaction a receipt that says why', async () => {
    const { transaction, receipt } = await pay(1, 10n ** 15n);
    assert.equal(receipt.status, 'INSUFFICIENT_BALANCE');
    assert.equal(receipt.failedOperation, 0);
    await assertReceiptEverywhere(transaction.id);
  });

  describe('refuses with a typed error, and nothing changes:', () => {
    const bytesOf = ({ bytes }: { bytes: Uint8Array }) => `0x${toHex(bytes)}`;
    const next = () => cluster.nextNonce();
    before(() => pay(2));
    const stateOfAlice = async () => {
      const address = addressToText(cluster.alice.address);
      const { balances } = await cluster.client(2).call('economy_getBalance', { address });
      const { nonce, pending } = await cluster.client(2).call('tx_getNonce', { address, ledger: 'economy' });
      return { balances, nonce, pending };
    };
    const cases: Record<string, { reason: string; make: () => Promise<string> }> = {
      'a signature for another genesis': {
        reason: 'BAD_SIGNATURE',
        make: async () => bytesOf(cluster.transaction(await next(), {}, OTHER_GENESIS)),
      },
      'a nonce that was used': {
        reason: 'NONCE_TOO_LOW',
        make: async () => bytesOf(cluster.transaction((await next()) - 1n, { amount: 5n })),
      },
      'a fee that the meter does not hold': {
        reason: 'INSUFFICIENT_METER',
        make: async () => bytesOf(cluster.transaction(await next(), { maxFee: 10n ** 15n })),
      },
      'more bytes than a transaction has': {
        reason: 'TRANSACTION_TOO_LARGE',
        make: async () => `0x${'00'.repeat(LIMITS.maxTransactionBytes + 1)}`,
      },
      'a trailing byte': {
        reason: 'BAD_SIGNATURE_LENGTH',
        make: async () => `${bytesOf(cluster.transaction(await next()))}00`,
      },
      'bytes that are no transaction': { reason: 'MALFORMED_BYTES', make: async () => '0x0123' },
      'an operation that nobody knows': {
        reason: 'UNKNOWN_OPERATION',
        make: async () =>
          bytesOf(
            cluster.transaction(await next(), { operations: [{ kind: 999, data: new Uint8Array(0) }] }),
          ),
      },
      'a deadline that is over': {
        reason: 'EXPIRED',
        make: async () => bytesOf(cluster.transaction(await next(), { validUntilMs: Date.now() - 60_000 })),
      },
    };
    for (const [what, { reason, make }] of Object.entries(cases))
      it(`${what} (${reason})`, async () => {
        const transaction = await make();
        const before = await stateOfAlice();
        const error = await errorOf(2, transaction);
        assert.equal(error.code, reason);
        assert.ok(reason === 'MALFORMED_BYTES' || (error.hint ?? '') !== '', 'a refusal says what to do');
        assert.deepEqual(await stateOfAlice(), before);
      });
  });

  it('proves a receipt offline with nothing but the genesis file', async () => {
    const { transaction, receipt } = await pay(3);
    const proof = await cluster.client(3).call('chain_getTransactionProof', { txId: `0x${transaction.id}` });
    const file = JSON.parse(JSON.stringify(proof));
    const verdict = verifyFinalityProofJson(file, cluster.genesis);
    assert.ok(verdict.valid, JSON.stringify(verdict));
    assert.equal(verdict.txId, transaction.id);
    assert.equal(verdict.height, receipt.height);
    assert.equal(verdict.status, 'OK');
    assert.ok(verdict.seals >= 3);
    const forged = { ...file, receipt: { ...file.receipt, gas: file.receipt.gas + 1 } };
    const refusal = verifyFinalityProofJson(forged, cluster.genesis);
    assert.equal(refusal.valid ? undefined : refusal.check, 'RECEIPT_PATH');
  });

  it('takes in an observer that knows one peer, and a transaction sent to it gets a receipt', async () => {
    await cluster.init(OBSERVER);
    await cluster.start(OBSERVER);
    await cluster.waitForHeight((await cluster.highest()) + 2, [OBSERVER]);
    const { transaction } = await pay(OBSERVER);
    await assertReceiptEverywhere(transaction.id);
    const state = await cluster.client(OBSERVER).call('ibft_getRoundState');
    assert.equal(state.voting, false);
    await assertOneChain();
  });

  it('goes on with one validator stopped, which then catches up with blocks and certificates', async () => {
    await cluster.stop(3);
    const missedFrom = (await cluster.highest()) + 1;
    const { transaction } = await pay(0);
    await cluster.waitForHeight(missedFrom + 31, [0]);
    await cluster.start(3);
    await cluster.waitForHeight(await cluster.height(0), [3]);
    for (const height of [missedFrom, missedFrom + 15, missedFrom + 31]) {
      const { signedBy, quorum } = await cluster.client(3).call('chain_getCertificate', { height });
      assert.ok(signedBy.length >= quorum);
    }
    await assertReceiptEverywhere(transaction.id);
    await assertOneChain();
    await waitFor('the validator votes again', async () => {
      const { voting } = await cluster.client(3).call('ibft_getRoundState');
      return voting;
    });
  });

  it('stops without a fork when two validators are gone, and goes on when they are back', async () => {
    await cluster.stop(2);
    await cluster.stop(3);
    const waiting = cluster.transaction(await cluster.nextNonce());
    await cluster.client(0).call('tx_send', { transaction: `0x${toHex(waiting.bytes)}` });
    // What was decided already when the second one left may still arrive.
    const roundOf = async (k: number) => await cluster.client(k).call('ibft_getRoundState');
    const stuck = await waitFor('both validators left wait in a later round', async () => {
      const [first, second] = await Promise.all([roundOf(0), roundOf(1)]);
      return (
        first.round >= 1 && second.round >= 1 && first.consensusHeight === second.consensusHeight && first
      );
    });
    await waitFor('both hear each other’s round change, and no quorum', async () => {
      const { roundChanges } = await roundOf(0);
      return roundChanges.length === 2;
    });
    for (const k of [0, 1]) assert.equal(await cluster.height(k), stuck.consensusHeight - 1);
    const { state } = await cluster.client(0).call('tx_status', { txId: `0x${waiting.id}` });
    assert.equal(state, 'pooled');

    await cluster.start(2);
    await cluster.start(3);
    await cluster.waitForHeight(stuck.consensusHeight + 2);
    const receipt = await waitFor('the transaction that waited is in a block', async () => {
      const status = await cluster.client(3).call('tx_status', { txId: `0x${waiting.id}` });
      return status.state === 'included' && status;
    });
    receipted.set(waiting.id, { height: receipt.height, hash: await cluster.blockHash(3, receipt.height) });
    await assertReceiptEverywhere(waiting.id);
    await assertOneChain();
  });

  it('lets a validator whose database is gone sync from genesis with its keys and journal', async () => {
    await cluster.stop(1);
    await cluster.wipeDatabase(1);
    const target = await cluster.highest();
    await cluster.start(1);
    await cluster.waitForHeight(target, [1]);
    for (const txId of receipted.keys()) await assertReceiptEverywhere(txId);
    await assertOneChain();
    await waitFor('the validator votes again', async () => {
      const { voting } = await cluster.client(1).call('ibft_getRoundState');
      return voting;
    });
  });

  it('goes on after all were stopped and started, and has lost no receipt', async () => {
    const { transaction } = await pay(1);
    const before = await cluster.highest();
    await cluster.stopAll();
    await cluster.startAll();
    await cluster.waitForHeight(before + 2);
    assert.ok(receipted.has(transaction.id));
    for (const txId of receipted.keys()) await assertReceiptEverywhere(txId);
    await pay(0);
    await assertOneChain();
  });
});
