import assert from 'node:assert/strict';
import { verifyFinalityProofJson } from '../../../src/client/verify-proof.ts';
import { rootOfPath, verifyMerklePath } from '../../../src/crypto/merkle.ts';
import { createHandlers } from '../../../src/rpc/handlers.ts';
import {
  METHODS,
  type MethodName,
  type MethodParams,
  type MethodResult,
} from '../../../src/rpc/schema/methods.ts';
import { addressToText } from '../../../src/types/address.ts';
import { decodeBlock, hashHeader } from '../../../src/types/block.ts';
import { LEDGERS, SUBTREES } from '../../../src/types/names.ts';
import { fromHex, toHex } from '../../../src/util/bytes.ts';
import { errorCode } from '../../../src/util/errors.ts';
import { openRpc } from '../../support/rpc-calls.ts';
import { RpcNode } from '../../support/rpc-ports.ts';

const hex = (bytes: Uint8Array) => `0x${toHex(bytes)}`;

describe('the RPC methods', () => {
  it('answer in the form of their schema, each of them, on a chain with blocks', async () => {
    const { node, call, send } = openRpc();
    const included = await send();
    node.commit();
    const pooled = await send();
    const address = addressToText(included.value.body.sender);
    const txId = `0x${included.id}`;
    const peerId = '12D3KooWGRUfh3kPmoBjDkJ3GgUBYNsbxBBmCBBB7ZpRZ1x5Dfnd';
    const raw = hex(node.chain.nextTransaction().bytes);
    const params: { [Name in MethodName]?: object } = {
      chain_getTransactionProof: { txId },
      chain_getReceiptProof: { txId },
      tx_send: { transaction: raw },
      tx_sendMany: { transactions: [hex(node.chain.nextTransaction().bytes), '0x00'] },
      tx_get: { txId },
      tx_getReceipt: { txId },
      tx_getNonce: { address, ledger: 'economy' },
      tx_simulate: { transaction: raw },
      tx_status: { txId },
      state_get: { subtree: 'economy', path: 'present' },
      state_getProof: { subtree: 'economy', path: 'absent' },
      txpool_contentFrom: { address },
      txpool_remove: { txId: `0x${pooled.id}` },
      miner_getQueue: { ledger: 'economy' },
      miner_getWork: { ledger: 'economy' },
      ibft_getValidatorsByBlockHash: { hash: `0x${node.chain.blockAt(1).hash}` },
      state_snapshotVerify: { file: 'snapshots/other.snapshot' },
      txpool_getTransaction: { txId: `0x${pooled.id}` },
      economy_getBalance: { address },
      economy_getMeter: { payer: address, ledger: 'bpci' },
      economy_getLocks: { address },
      economy_getRewards: { address },
      economy_getBill: { payer: address },
      gossip_message: { messageId: `0x${'99'.repeat(32)}` },
      admin_addPeer: { address: '/ip4/127.0.0.1/tcp/4102' },
      admin_removePeer: { peerId },
      admin_banPeer: { peerId },
      admin_unbanPeer: { peerId },
      admin_isolate: { forMs: 1_000 },
      admin_partition: { peerIds: ['12D3KooWGRUfh3kPmoBjDkJ3GgUBYNsbxBBmCBBB7ZpRZ1x5Dfnd'] },
      admin_setLogLevel: { level: 'warn' },
      debug_replayBlock: { height: 'latest' },
      debug_traceTransaction: { txId },
      debug_diffState: {
        height: 1,
        roots: Object.fromEntries(SUBTREES.map((name) => [name, `0x${'33'.repeat(32)}`])),
      },
      debug_getStateLeaves: { subtree: 'economy' },
    };
    const isElsewhere = (name: string) =>
      ['tx_sendAndWait', 'meta_subscribe', 'meta_unsubscribe'].includes(name) ||
      /^(?:bpci|bpi|cluster|docklock)_|^economy_get(?:Bill|ProofOfGold)$|^ibft_\w+ValidatorVote$|^perm_/.test(
        name,
      );
    for (const name of Object.keys(METHODS) as MethodName[])
      if (!isElsewhere(name)) await call(name, (params[name] ?? {}) as never);
  });

  it('split the network of a testnet, and of no other chain', async () => {
    const peerIds = ['12D3KooWGRUfh3kPmoBjDkJ3GgUBYNsbxBBmCBBB7ZpRZ1x5Dfnd'];
    const { node, call } = openRpc();
    assert.deepEqual(await call('admin_partition', { peerIds }), { cutOff: 1 });
    assert.deepEqual(node.network.cutOff, peerIds);
    assert.deepEqual(await call('admin_partition', { peerIds: [] }), { cutOff: 0 });
    assert.deepEqual(node.network.cutOff, []);
    const earnest = new RpcNode();
    const { chain, ...ports } = earnest.ports();
    const handlers = createHandlers({
      ...ports,
      chain: { ...chain, genesis: { ...chain.genesis, testnet: false } },
    });
    await assert.rejects(
      async () => await handlers.admin_partition({ peerIds }, {} as never),
      (error) => errorCode(error) === 'NOT_A_TESTNET',
    );
    assert.deepEqual(earnest.network.cutOff, []);
  });

  it('follow a transaction from unknown over pooled to included', async () => {
    const { node, call, rejects } = openRpc();
    const transaction = node.chain.nextTransaction();
    const txId = `0x${transaction.id}`;
    assert.deepEqual(await call('tx_status', { txId }), { state: 'unknown', txId });
    await rejects('tx_get', { txId }, 'TX_NOT_FOUND');
    await rejects('tx_getReceipt', { txId }, 'RECEIPT_NOT_FOUND');
    assert.deepEqual(await call('tx_send', { transaction: hex(transaction.bytes) }), { txId });
    assert.deepEqual(await call('tx_status', { txId }), { state: 'pooled', txId });
    assert.equal((await call('tx_get', { txId })).transaction.operations[0]?.name, 'Transfer');
    node.commit();
    assert.deepEqual(await call('tx_status', { txId }), {
      state: 'included',
      txId,
      height: 1,
      ledger: 'economy',
      index: 0,
    });
    const receipt = await call('tx_getReceipt', { txId });
    assert.equal(receipt.status, 'OK');
    assert.equal(receipt.failedOperation, null);
    assert.equal(receipt.events[0]?.name, 'CoinRedeemed');
    assert.deepEqual((await call('tx_get', { txId })).status.state, 'included');
  });

  it('name what was dropped, and why', async () => {
    const { node, call, send } = openRpc();
    const { id } = await send();
    node.drop(id);
    const status = await call('tx_status', { txId: `0x${id}` });
    assert.ok(status.state === 'dropped' && status.reason === 'EXPIRED');
    assert.equal((await call('txpool_dropped')).items[0]?.reason, 'EXPIRED');
  });

  it('take transactions out of the pool for who runs the node, one or all of a ledger', async () => {
    const { node, call, send } = openRpc();
    const [first, second] = [await send(), await send()];
    const txId = `0x${first.id}`;
    assert.deepEqual(await call('txpool_remove', { txId }), { txId, removed: true });
    assert.deepEqual(await call('txpool_remove', { txId }), { txId, removed: false });
    const status = await call('tx_status', { txId });
    assert.ok(status.state === 'dropped' && status.reason === 'REMOVED');
    assert.deepEqual(await call('txpool_flush', { ledger: 'bpci' }), { removed: 0 });
    assert.ok(node.pool.has(second.id));
    assert.deepEqual(await call('txpool_flush'), { removed: 1 });
    assert.equal(node.pool.size, 0);
  });

  it('sum up the last blocks, as many as are asked for and kept', async () => {
    const { node, call, send } = openRpc();
    const empty = await call('chain_stats');
    assert.deepEqual([empty.blocks, empty.intervalMs, empty.seals], [0, null, null]);
    for (const count of [2, 1, 0]) {
      for (let i = 0; i < count; i++) await send();
      node.commit();
    }
    const all = await call('chain_stats');
    assert.deepEqual([all.fromHeight, all.toHeight, all.blocks, all.transactions.economy], [1, 3, 3, 3]);
    const times = [1, 2, 3].map((height) => node.chain.blockAt(height).block.header.timeMs) as [
      number,
      number,
      number,
    ];
    const spanMs = times[2] - times[0];
    assert.equal(all.intervalMs?.mean, spanMs / 2);
    // Those of the first block came before.
    assert.equal(all.transactionsPerSecond, 1_000 / spanMs);
    const seals = [1, 2, 3].map((height) => node.chain.blockAt(height).certificate.seals.length);
    assert.equal(all.seals?.min, Math.min(...seals));
    assert.deepEqual([all.laterRounds, all.transactionBytes > 0], [0, true]);
    node.lowestHeight = 2;
    const kept = await call('chain_stats');
    assert.deepEqual([kept.fromHeight, kept.transactions.economy], [2, 1]);
    assert.equal((await call('chain_stats', { blocks: 1 })).transactions.economy, 0);
  });

  it('wait for the receipt, also when the transaction is sent a second time', async () => {
    const { node, call } = openRpc();
    const transaction = hex(node.chain.nextTransaction().bytes);
    const first = call('tx_sendAndWait', { transaction });
    const second = call('tx_sendAndWait', { transaction });
    await new Promise((resolve) => setImmediate(resolve));
    node.commit();
    assert.equal((await first).receipt.height, 1);
    assert.equal((await second).txId, (await first).txId);
    assert.equal(node.listeners, 0, 'a wait that ended still listens');
  });

  it('end a wait with the reason when the transaction is dropped, when time is over, and when the caller goes', async () => {
    const { node, rejects, controller } = openRpc();
    const waiting = node.chain.nextTransaction();
    const dropped = rejects('tx_sendAndWait', { transaction: hex(waiting.bytes) }, 'TX_DROPPED');
    await new Promise((resolve) => setImmediate(resolve));
    node.drop(waiting.id);
    await dropped;
    const late = hex(node.chain.nextTransaction().bytes);
    await rejects('tx_sendAndWait', { transaction: late, timeoutMs: 1 }, 'NOT_INCLUDED_YET');
    const gone = rejects('tx_sendAndWait', { transaction: late }, 'NOT_INCLUDED_YET');
    controller.abort();
    await gone;
    assert.equal(node.listeners, 0);
  });

  it('give each transaction of tx_sendMany its own outcome', async () => {
    const { node, call } = openRpc();
    const [a, b] = [node.chain.nextTransaction(), node.chain.nextTransaction()];
    const { items } = await call('tx_sendMany', {
      transactions: [hex(a.bytes), hex(b.bytes.subarray(1)), hex(a.bytes), hex(b.bytes)],
    });
    assert.deepEqual(
      items.map(({ txId, error }) => txId ?? error?.data.reason),
      [`0x${a.id}`, 'MALFORMED_BYTES', 'ALREADY_KNOWN', `0x${b.id}`],
    );
    assert.equal(items[1]?.error?.code, -32003);
    assert.equal(items[2]?.error?.data.details.txId, `0x${a.id}`);
    assert.match(String(items[2]?.error?.data.details.sender), /^meta1/);
  });

  it('find a block by height, hash and word', async () => {
    const { node, call, rejects } = openRpc();
    for (let i = 0; i < 3; i++) node.commit();
    const { hash } = node.chain.blockAt(2);
    for (const selector of [{ height: 2 }, { height: `0x${hash}` }, { hash: `0x${hash}` }]) {
      const block = await call('chain_getBlock', selector);
      assert.equal(block.hash, `0x${hash}`);
      assert.deepEqual(
        block.sections.map(({ ledger }) => ledger),
        [...LEDGERS],
      );
    }
    for (const height of ['latest', 'finalized'] as const)
      assert.equal((await call('chain_getBlock', { height })).height, 3);
    assert.equal((await call('chain_getBlock', { height: 'earliest' })).height, 1);
    assert.equal((await call('chain_getBlock')).height, 3);
    await rejects('chain_getBlock', { height: 4 }, 'BLOCK_NOT_FOUND');
    await rejects('chain_getBlock', { height: 0 }, 'BLOCK_NOT_FOUND');
    await rejects('chain_getBlock', { hash: `0x${'00'.repeat(32)}` }, 'BLOCK_NOT_FOUND');
    await rejects('chain_getBlock', { height: 1, hash: `0x${hash}` }, 'INVALID_PARAMS');
    await rejects('chain_getBlock', { height: 'first' }, 'INVALID_PARAMS');
  });

  it('say the lowest height kept when a block is pruned', async () => {
    const { node, rejects } = openRpc();
    for (let i = 0; i < 3; i++) node.commit();
    node.lowestHeight = 3;
    await rejects('chain_getHeader', { height: 2 }, 'PRUNED');
    await rejects('chain_getReceipts', { height: 1 }, 'PRUNED');
  });

  it('answer at genesis, before any block', async () => {
    const { node, call, rejects } = openRpc();
    const head = await call('chain_getFinalizedHead');
    assert.deepEqual([head.height, head.hash, head.receiptsRoot], [0, `0x${node.chain.genesisHash}`, null]);
    assert.equal((await call('chain_getBlockHash', { height: 0 })).hash, head.hash);
    await call('ibft_getRoundState');
    await rejects('chain_getBlock', {}, 'BLOCK_NOT_FOUND');
    await rejects('state_getProof', { subtree: 'bpi', path: 'x' }, 'BLOCK_NOT_FOUND');
  });

  it('page through receipts without loss or repetition', async () => {
    const { node, call, send } = openRpc();
    const ids: string[] = [];
    for (let i = 0; i < 7; i++) ids.push(`0x${(await send()).id}`);
    node.commit();
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const answer: MethodResult<'chain_getReceipts'> = await call('chain_getReceipts', {
        height: 1,
        limit: 3,
        cursor,
      });
      assert.equal(answer.total, 7);
      seen.push(...answer.items.map(({ txId }) => txId));
      cursor = answer.nextCursor;
    } while (cursor !== null);
    assert.deepEqual(seen, ids);
  });

  it('search receipts by ledger, type and address, and go on with the cursor', async () => {
    const { node, call, send, rejects } = openRpc();
    const ids: string[] = [];
    for (let height = 1; height <= 4; height++) {
      ids.push(`0x${(await send()).id}`, `0x${(await send()).id}`);
      node.commit();
    }
    const search = async (query: MethodParams<'chain_searchReceipts'>) => {
      const found: string[] = [];
      let cursor: string | null = null;
      do {
        const page: MethodResult<'chain_searchReceipts'> = await call('chain_searchReceipts', {
          ...query,
          limit: 3,
          cursor,
        });
        found.push(...page.items.map(({ txId }) => txId));
        cursor = page.nextCursor;
      } while (cursor !== null);
      return found;
    };
    const sender = addressToText(node.chain.blockAt(1).transactions[0]?.value.body.sender as string);
    const stranger = addressToText('00'.repeat(32));
    assert.deepEqual(await search({}), ids);
    assert.deepEqual(await search({ fromHeight: 2, toHeight: 3 }), ids.slice(2, 6));
    assert.deepEqual(await search({ type: 'Transfer', ledger: 'economy', address: sender }), ids);
    assert.deepEqual(await search({ type: 'CoinRedeemed' }), ids);
    assert.deepEqual(await search({ type: 'Faucet' }), []);
    assert.deepEqual(await search({ ledger: 'bpi' }), []);
    assert.deepEqual(await search({ address: stranger }), []);
    await rejects('chain_searchReceipts', { cursor: 'x' }, 'INVALID_PARAMS');
  });

  it('prove a transaction so that the offline verifier accepts it', async () => {
    const { node, call, send, rejects } = openRpc();
    const { id } = await send();
    await rejects('chain_getTransactionProof', { txId: `0x${id}` }, 'RECEIPT_NOT_FOUND');
    node.commit();
    const proof = await call('chain_getTransactionProof', { txId: `0x${id}` });
    const verdict = verifyFinalityProofJson(proof, node.chain.genesis);
    assert.ok(verdict.valid && verdict.txId === id, JSON.stringify(verdict));
  });

  it('prove a receipt up to the root in the header', async () => {
    const { node, call, send } = openRpc();
    await send();
    const { id } = await send();
    node.commit();
    const answer = await call('chain_getReceiptProof', { txId: `0x${id}` });
    const bytesOf = (text: string) => fromHex(text.slice(2));
    const sectionRoot = rootOfPath(
      bytesOf(answer.receiptBytes),
      answer.receiptPath.map(({ side, hash }) => ({ side, hash: bytesOf(hash) })),
    );
    const root = fromHex(node.chain.blockAt(1).block.header.receiptsRoot);
    const place = LEDGERS.indexOf(answer.receipt.ledger);
    assert.ok(verifyMerklePath(sectionRoot, place, 6, answer.ledgerPath.map(bytesOf), root));
    assert.equal(answer.receiptsRoot, hex(root));
  });

  it('hand out the bytes of a block from which its hash follows', async () => {
    const { node, call, send } = openRpc();
    await send();
    node.commit();
    const { block, hash } = await call('chain_getRawBlock', { height: 1 });
    assert.equal(`0x${hashHeader(decodeBlock(fromHex(block.slice(2))).header)}`, hash);
  });

  it('write integers above 2^53 as decimal text', async () => {
    const { node, call } = openRpc();
    const address = addressToText(node.chain.genesis.validators[0]?.id as string);
    assert.equal((await call('tx_getNonce', { address, ledger: 'bpi' })).nonce, String(2n ** 60n));
    const { balances } = await call('economy_getBalance', { address, token: 'GEN' });
    assert.deepEqual(balances, [{ token: 'GEN', amount: String(2n ** 80n) }]);
    assert.equal((await call('economy_getSupply')).ok, true);
  });

  it('tell who signed a certificate', async () => {
    const { node, call } = openRpc();
    node.commit();
    const { signedBy, quorum, validators } = await call('chain_getCertificate', { height: 1 });
    assert.deepEqual([signedBy.length, quorum, validators], [3, 3, 4]);
    const { validators: set } = await call('ibft_getValidatorsByBlockNumber', { height: 1 });
    assert.deepEqual(
      signedBy,
      set.slice(0, 3).map(({ id }) => id),
    );
  });

  it('show which contradictions of validators are seen and which are applied', async () => {
    const { node, call } = openRpc();
    const { seen, applied } = await call('ibft_getEvidence');
    const validator = (index: number) => addressToText(node.chain.genesis.validators[index]?.id as string);
    assert.deepEqual(seen, [
      {
        validator: validator(1),
        offence: 'prepare',
        evidenceHeight: 2,
        evidenceHash: `0x${'99'.repeat(32)}`,
      },
    ]);
    assert.deepEqual(applied, [
      {
        validator: validator(2),
        offence: 'amnesia',
        evidenceHeight: 1,
        evidenceHash: `0x${'aa'.repeat(32)}`,
        appliedAt: 2,
        slashed: '5000000',
        jailed: true,
      },
    ]);
  });

  it('say that a subscription needs a WebSocket', async () => {
    const { rejects } = openRpc();
    await rejects('meta_subscribe', { topic: 'newHeads' }, 'SUBSCRIPTION_NEEDS_WEBSOCKET');
  });
});
