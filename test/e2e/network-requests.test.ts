import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CertifiedBlockBytes } from '../../src/types/network.ts';
import { utf8 } from '../../src/util/bytes.ts';
import { LIMITS } from '../../src/util/limits.ts';
import {
  eventsOf,
  NetworkCluster,
  type TestNode,
  validatorIdentity,
  validatorSet,
} from '../support/network-cluster.ts';

describe('Requests between peers', () => {
  const cluster = new NetworkCluster(validatorSet(1, 2));
  let server: TestNode;
  let client: TestNode;
  const known = new Map([
    ['aa'.repeat(32), utf8('transaction a')],
    ['bb'.repeat(32), utf8('transaction b')],
  ]);
  const chain = Array.from({ length: 100 }, (_, i): CertifiedBlockBytes => {
    return { block: new Uint8Array(100_000).fill(i), certificate: utf8(`certificate ${i}`) };
  });

  before(async () => {
    [server, client] = (await cluster.startMesh(2)) as [TestNode, TestNode];
    server.network.serve({
      transactions: (ids) => ids.flatMap((id) => known.get(id) ?? []),
      genesis: () => new Uint8Array(),
      blockByHash: (hash) => (hash === 'cc'.repeat(32) ? utf8('undecided block') : undefined),
      blocks: (fromHeight, count, maxBytes) => {
        const answer: CertifiedBlockBytes[] = [];
        let bytes = 0;
        for (const block of chain.slice(fromHeight, fromHeight + count)) {
          bytes += block.block.length + block.certificate.length;
          if (answer.length > 0 && bytes > maxBytes) break;
          answer.push(block);
        }
        return answer;
      },
    });
  });
  after(() => cluster.stop());

  it('bring those of the asked transactions that the peer has', async () => {
    const ids = ['bb'.repeat(32), 'ee'.repeat(32), 'aa'.repeat(32)];
    const found = await client.network.fetchTransactions(ids, { validator: validatorIdentity(1).id });
    assert.deepEqual(
      found.map((bytes) => new TextDecoder().decode(bytes)),
      ['transaction b', 'transaction a'],
    );
  });

  it('bring a block by its hash, or undefined', async () => {
    const from = { peerId: server.network.peerId };
    assert.deepEqual(await client.network.fetchBlock('cc'.repeat(32), from), utf8('undecided block'));
    assert.equal(await client.network.fetchBlock('dd'.repeat(32), from), undefined);
  });

  it('bring consecutive blocks with their certificates, as many as one answer holds', async () => {
    const blocks = await client.network.fetchBlocks(server.network.peerId, 10, 64);
    assert.equal(blocks.length, Math.floor(LIMITS.maxAnswerBytes / 100_020));
    for (const [i, block] of blocks.entries()) assert.deepEqual(block, chain[10 + i]);
    assert.deepEqual(await client.network.fetchBlocks(server.network.peerId, 100, 64), []);
  });

  it('say so when nobody is connected under that name (NOT_CONNECTED)', async () => {
    await assert.rejects(
      client.network.fetchTransactions(['aa'.repeat(32)], { validator: 'ff'.repeat(32) }),
      {
        code: 'NOT_CONNECTED',
      },
    );
  });

  it('end when the caller gives up, and with the code of a handler that throws', async () => {
    client.network.serve({
      transactions: async () => {
        await sleep(2000);
        return [];
      },
      genesis: () => new Uint8Array(),
      blockByHash: () => {
        throw Object.assign(new Error('no disk'), { code: 'DISK_FAILED' });
      },
      blocks: () => [],
    });
    const from = { peerId: client.network.peerId };
    const ids = ['aa'.repeat(32)];
    await assert.rejects(server.network.fetchTransactions(ids, from, AbortSignal.timeout(100)), {
      code: 'REQUEST_FAILED',
    });
    await assert.rejects(server.network.fetchBlock('aa'.repeat(32), from), {
      code: 'REQUEST_REFUSED',
      message: 'the peer answered DISK_FAILED',
    });
  });

  it('carry the heads that peers claim', () => {
    const claims = eventsOf(client, 'head-claim');
    assert.deepEqual(claims[0], {
      kind: 'head-claim',
      peerId: server.network.peerId,
      head: { height: 1, hash: '11'.repeat(32) },
    });
    const [info] = client.network.peers();
    assert.equal(info?.head.height, 1);
    assert.equal(info?.validator, validatorIdentity(1).id);
  });
});
