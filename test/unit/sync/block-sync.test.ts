import assert from 'node:assert/strict';
import { completeBlock } from '../../../src/chain/complete-block.ts';
import { serveBlocks } from '../../../src/sync/block-server.ts';
import { BlockSync, type SyncHalt } from '../../../src/sync/block-sync.ts';
import { decodeBlock, encodeBlock, hashHeader } from '../../../src/types/block.ts';
import { CertificateType } from '../../../src/types/certificate.ts';
import type { CertifiedBlockBytes } from '../../../src/types/network.ts';
import { decode, encode } from '../../../src/types/ssz.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { silentLogger } from '../../../src/util/logger.ts';
import { type ChainNode, ChainWorld } from '../../support/chain.ts';
import { remakeBlock } from '../../support/remake-block.ts';
import { ScriptedNetwork } from '../../support/scripted-network.ts';
import { waitFor } from '../../support/wait-for.ts';

const BLOCKS = 6;

/** What an honest node with this chain answers. */
function honest(node: ChainNode): (fromHeight: number, count: number) => CertifiedBlockBytes[] {
  const network = new ScriptedNetwork();
  serveBlocks(network.port, node.chain, node.pool);
  return (fromHeight, count) =>
    network.handlers?.blocks(fromHeight, count, LIMITS.maxAnswerBytes) as CertifiedBlockBytes[];
}

describe('Block sync', () => {
  let world: ChainWorld;
  let source: ChainNode;
  let late: ChainNode;
  let network: ScriptedNetwork;
  let sync: BlockSync;
  let halts: SyncHalt[];

  beforeEach(async () => {
    world = new ChainWorld();
    source = await world.open();
    late = await world.open();
    for (let height = 1; height <= BLOCKS; height++) {
      await source.pool.submit(world.transfer(height - 1).bytes);
      await world.extend(source);
    }
    network = new ScriptedNetwork();
    halts = [];
    sync = new BlockSync({
      chain: late.chain,
      network: network.port,
      logger: silentLogger,
      onHalt: (fact) => halts.push(fact),
    });
  });
  afterEach(() => sync.stop());

  async function syncOnce(): Promise<void> {
    sync.trigger();
    await waitFor('sync is done', () => !sync.isSyncing);
  }

  it('M01 brings a node to the head, with certificates', async () => {
    network.peers = [{ peerId: 'honest', height: BLOCKS, blocks: honest(source) }];
    await syncOnce();
    assert.deepEqual(late.chain.head, source.chain.head);
    assert.equal(late.chain.state.stateRoot(), source.chain.state.stateRoot());
    for (let height = 1; height <= BLOCKS; height++)
      assert.deepEqual(late.chain.history.block(height), source.chain.history.block(height));
  });

  it('checks the signature of each transaction once', async () => {
    network.peers = [{ peerId: 'honest', height: BLOCKS, blocks: honest(source) }];
    await syncOnce();
    assert.equal(late.pool.verifiedSignatures, BLOCKS);
  });

  it('lets the node know that the block after the head is decided, until it is at the last one', async () => {
    const known: [height: number, isNextDecided: boolean][] = [];
    late.chain.onCommitted(({ height }) => known.push([height, late.chain.isNextDecided]));
    network.peers = [{ peerId: 'honest', height: BLOCKS, blocks: honest(source) }];
    await syncOnce();
    assert.deepEqual(
      known,
      Array.from({ length: BLOCKS }, (_, i) => [i + 1, i + 1 < BLOCKS]),
    );
  });

  it('takes no forged certificate for a decision', async () => {
    const answer = honest(source);
    const forged = answer(1, BLOCKS).map((one) => {
      const certificate = decode(CertificateType, one.certificate, 'certificate');
      if (certificate.height === 1) return one;
      const seals = certificate.seals.map(() => 'ab'.repeat(64));
      return { ...one, certificate: encode(CertificateType, { ...certificate, seals }) };
    });
    let isNextDecided: boolean | undefined;
    late.chain.onCommitted(() => {
      isNextDecided = late.chain.isNextDecided;
    });
    network.peers = [{ peerId: 'forger', height: BLOCKS, blocks: () => forged }];
    await syncOnce();
    assert.equal(late.chain.head.height, 1);
    assert.equal(isNextDecided, false);
    assert.equal(late.chain.isNextDecided, false);
  });

  it('M06 does nothing while nobody claims to be ahead', async () => {
    network.peers = [{ peerId: 'level', height: 0 }];
    await syncOnce();
    assert.deepEqual(network.requests, []);
  });

  it('M03 goes on with an honest peer after each kind of lie', async () => {
    const answer = honest(source);
    const changed =
      (change: (one: CertifiedBlockBytes) => CertifiedBlockBytes) => (from: number, count: number) =>
        answer(from, count).map(change);
    const certificateWith = (one: CertifiedBlockBytes, drop: number): Uint8Array => {
      const certificate = decode(CertificateType, one.certificate, 'certificate');
      const signers = certificate.signers.clone();
      for (const index of signers.getTrueBitIndexes().slice(0, drop)) signers.set(index, false);
      return encode(CertificateType, { ...certificate, signers, seals: certificate.seals.slice(drop) });
    };
    const lies: Record<string, (from: number, count: number) => CertifiedBlockBytes[]> = {
      nothing: () => [],
      garbage: () => [{ block: new Uint8Array(100).fill(7), certificate: new Uint8Array(100).fill(7) }],
      'one seal too few': changed((one) => ({ ...one, certificate: certificateWith(one, 1) })),
      'a forged seal': changed((one) => {
        const certificate = decode(CertificateType, one.certificate, 'certificate');
        const seals = certificate.seals.map((_, i) =>
          i === 0 ? 'ab'.repeat(64) : (certificate.seals[i] as string),
        );
        return { ...one, certificate: encode(CertificateType, { ...certificate, seals }) };
      }),
      'the body of another block': changed((one) => {
        const block = decodeBlock(one.block);
        const other = { ...block, transactions: block.transactions.map(() => []) };
        assert.equal(hashHeader(other.header), hashHeader(block.header));
        return { ...one, block: encodeBlock(other) };
      }),
      'blocks from the top': (_, count) => answer(BLOCKS, count),
    };
    network.peers = [
      ...Object.entries(lies).map(([peerId, blocks], i) => ({ peerId, height: 1_000 + i, blocks })),
      { peerId: 'honest', height: BLOCKS, blocks: answer },
    ];
    await syncOnce();
    assert.deepEqual(late.chain.head, source.chain.head);
    const asked = network.requests.filter(([, from]) => from === 1).map(([peerId]) => peerId);
    assert.deepEqual(asked.slice(0, -1).sort(), Object.keys(lies).sort(), 'every liar is asked once');
    assert.equal(asked.at(-1), 'honest');
  });

  it('M04 does not ask a peer for ever that claims much and serves what is known', async () => {
    network.peers = [{ peerId: 'honest', height: BLOCKS, blocks: honest(source) }];
    await syncOnce();
    network.requests.length = 0;
    network.peers = [{ peerId: 'stale', height: 1_000_000, blocks: (_, count) => honest(source)(1, count) }];
    await syncOnce();
    // The second one left before the answer to the first was looked at.
    assert.deepEqual(network.requests, [
      ['stale', BLOCKS + 1],
      ['stale', 2 * BLOCKS + 1],
    ]);
  });

  it('M04 comes to the honest peer after one attempt with each of many that never answer', async () => {
    const never = () => Promise.reject(new Error('timed out'));
    network.peers = [
      ...Array.from({ length: 20 }, (_, i) => ({ peerId: `silent${i}`, height: 1_000 + i, blocks: never })),
      { peerId: 'honest', height: BLOCKS, blocks: honest(source) },
    ];
    await syncOnce();
    assert.equal(late.chain.head.height, BLOCKS);
    assert.equal(network.requests.length, 21);
  });

  it('M04 asks validators, and peers that have served, before strangers with greater claims', async () => {
    const answer = honest(source);
    network.peers = [
      { peerId: 'stranger', height: 1_000_000, blocks: () => [] },
      {
        peerId: 'validator',
        height: 3,
        blocks: (from) => answer(from, 4 - from),
        validator: 'ab'.repeat(32),
      },
      { peerId: 'other', height: BLOCKS, blocks: answer },
    ];
    await syncOnce();
    assert.deepEqual(
      network.requests.map(([peerId]) => peerId),
      ['validator', 'stranger', 'other'],
    );
    await source.pool.submit(world.transfer(BLOCKS).bytes);
    await world.extend(source);
    network.peers = [
      { peerId: 'new stranger', height: 1_000_000, blocks: () => [] },
      { peerId: 'other', height: BLOCKS + 1, blocks: answer },
    ];
    network.requests.length = 0;
    await syncOnce();
    assert.deepEqual(network.requests[0], ['other', BLOCKS + 1]);
  });

  it('asks again by itself when everyone who is ahead has failed once', async () => {
    let isReady = false;
    const answer = honest(source);
    const blocks = (from: number, count: number) => (isReady ? answer(from, count) : []);
    network.peers = [{ peerId: 'honest', height: BLOCKS, blocks }];
    await syncOnce();
    assert.equal(late.chain.head.height, 0);
    isReady = true;
    await waitFor('the node has caught up', () => late.chain.head.height === BLOCKS);
  });

  it('asks peers whose claims are old where the validators are known to be ahead', async () => {
    network.peers = [{ peerId: 'honest', height: 0, blocks: honest(source) }];
    sync.trigger(BLOCKS);
    await waitFor('the node has caught up', () => late.chain.head.height === BLOCKS && !sync.isSyncing);
    network.requests.length = 0;
    await syncOnce();
    assert.deepEqual(network.requests, [], 'what was known is reached');
  });

  it('asks for the next batch while it executes one, and gives that request up with the peer', async () => {
    const answer = honest(source);
    let heightAtSecondRequest: number | undefined;
    const blocks = (from: number) => {
      if (from === 1) return answer(1, 2);
      heightAtSecondRequest ??= late.chain.head.height;
      return new Promise<never>(() => undefined);
    };
    network.peers = [{ peerId: 'stalling', height: BLOCKS, blocks }];
    sync.trigger();
    await waitFor('the first batch is executed', () => late.chain.head.height === 2);
    assert.equal(heightAtSecondRequest, 0);
    await sync.stop();
  });

  it('halts where the validators have decided a block that this node cannot commit, and blames nobody', async () => {
    const [first, second] = honest(source)(1, 2);
    assert.ok(first !== undefined && second !== undefined);
    const complete = completeBlock(decodeBlock(second.block));
    const forged = remakeBlock(complete, world.producer(1).consensusKey, world.genesisHash, {
      header: { stateRoot: 'ab'.repeat(32) },
    });
    const certificate = encode(CertificateType, world.certify(forged, source.chain.validators));
    const blocks = () => [first, { block: encodeBlock(forged.block), certificate }];
    network.peers = [
      { peerId: 'first', height: BLOCKS, blocks },
      { peerId: 'second', height: BLOCKS, blocks },
    ];
    await syncOnce();
    assert.equal(late.chain.head.height, 1);
    assert.deepEqual(
      halts.map(({ height, blockHash }) => ({ height, blockHash })),
      [{ height: 2, blockHash: forged.hash }],
    );
    assert.equal(new Set(network.requests.map(([peerId]) => peerId)).size, 1);
    sync.trigger();
    assert.equal(sync.isSyncing, false, 'a halted node does not go on');
  });

  it('continues where a short answer ended', async () => {
    const answer = honest(source);
    network.peers = [{ peerId: 'brief', height: BLOCKS, blocks: (from) => answer(from, 2) }];
    await syncOnce();
    assert.deepEqual(
      network.requests.map(([, from]) => from),
      [1, 3, 5],
    );
    assert.equal(late.chain.head.height, BLOCKS);
  });

  it('serves blocks by hash, decided or not, and transactions of the pool and of blocks', async () => {
    const server = new ScriptedNetwork();
    serveBlocks(server.port, source.chain, source.pool);
    const { handlers } = server;
    assert.ok(handlers !== undefined);
    const decided = source.store.hashAt(3) ?? '';
    assert.deepEqual(handlers.blockByHash(decided), source.store.loadBlockBytes(3));
    const undecided = source.chain.build(world.producer(2));
    assert.deepEqual(handlers.blockByHash(undecided.hash), encodeBlock(undecided.block));
    assert.equal(handlers.blockByHash('ab'.repeat(32)), undefined);
    const pooled = world.transfer(BLOCKS);
    await source.pool.submit(pooled.bytes);
    const [included] = source.chain.history.block(1)?.receipts.sections[4] ?? [];
    assert.ok(included !== undefined && source.pool.get(included.txId) === undefined);
    const wanted = ['ab'.repeat(32), included.txId, pooled.id];
    assert.deepEqual(handlers.transactions(wanted), [
      source.chain.history.transactionBytes(included.txId),
      pooled.bytes,
    ]);
  });

  it('J03 opens a few blocks at most for one request for transactions', () => {
    const server = new ScriptedNetwork();
    serveBlocks(server.port, source.chain, source.pool);
    const ids = Array.from(
      { length: BLOCKS },
      (_, i) => source.chain.history.block(i + 1)?.receipts.sections[4]?.[0]?.txId as string,
    );
    assert.deepEqual(
      server.handlers?.transactions(ids),
      ids.slice(0, LIMITS.maxBlocksOpenedPerRequest).map((id) => source.chain.history.transactionBytes(id)),
    );
  });

  it('serves at most the blocks that it has, and at least one however small the room', () => {
    const server = new ScriptedNetwork();
    serveBlocks(server.port, source.chain, source.pool);
    const blocks = (from: number, count: number, room: number) =>
      server.handlers?.blocks(from, count, room) as unknown[];
    assert.equal(blocks(1, 1_000, LIMITS.maxAnswerBytes).length, BLOCKS);
    assert.equal(blocks(BLOCKS + 1, 10, LIMITS.maxAnswerBytes).length, 0);
    assert.equal(blocks(0, 2, LIMITS.maxAnswerBytes).length, 1, 'genesis is no block');
    assert.equal(blocks(2, 10, 1).length, 1);
  });
});
