import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@libp2p/interface';
import fc from 'fast-check';
import { gossipTopic } from '../../src/network/gossip.ts';
import { prefixLength } from '../../src/network/length-prefix.ts';
import { PUSH_PROTOCOL } from '../../src/network/push/push-link.ts';
import {
  BlockRequestType,
  FrameType,
  GossipEnvelopeType,
  type WireMessage,
} from '../../src/types/network.ts';
import { encode } from '../../src/types/ssz.ts';
import { utf8 } from '../../src/util/bytes.ts';
import { errorCode } from '../../src/util/errors.ts';
import { LIMITS } from '../../src/util/limits.ts';
import {
  eventsOf,
  NetworkCluster,
  only,
  type TestNode,
  validatorIdentity,
  validatorSet,
} from '../support/network-cluster.ts';
import { GENESIS, PROTOCOLS, RawPeer } from '../support/raw-peer.ts';
import { waitFor } from '../support/wait-for.ts';

function frame(sequence: number, messages: WireMessage[]): Uint8Array {
  return prefixLength(encode(FrameType, { sequence, acknowledged: 0, messages }));
}

describe('A node among hostile peers', () => {
  let cluster: NetworkCluster;
  let node: TestNode;
  let friend: TestNode;
  let attacker: RawPeer;
  let unhandled: unknown[];
  const note = (error: unknown) => unhandled.push(error);

  beforeEach(async () => {
    unhandled = [];
    process.on('unhandledRejection', note);
    cluster = new NetworkCluster(validatorSet(1, 2, 3));
    [node, friend] = (await cluster.startMesh(2)) as [TestNode, TestNode];
    attacker = await RawPeer.start(1);
  });
  afterEach(async () => {
    await attacker.stop();
    await cluster.stop();
    process.off('unhandledRejection', note);
    assert.deepEqual(unhandled, []);
  });

  const address = () => node.network.addresses()[0] as string;

  async function stillServes() {
    const before = only(node, 'vote').length;
    friend.network.publish('vote', utf8(`still there ${before} ${Math.random()}`));
    await waitFor('the node still takes votes', () => only(node, 'vote').length > before);
  }

  it('outlives random bytes into every protocol, before and after the handshake', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...PROTOCOLS),
        fc.boolean(),
        fc.boolean(),
        fc.uint8Array({ maxLength: 600 }),
        async (protocol, isJoined, isPrefixed, bytes) => {
          let connection: Connection | undefined;
          try {
            connection = await attacker.connect(address());
            if (isJoined) await attacker.shakeHands(connection);
            const stream = await attacker.send(
              connection,
              protocol,
              isPrefixed ? prefixLength(bytes) : bytes,
            );
            await sleep(5);
            await stream.close({ signal: AbortSignal.timeout(200) });
          } catch {
            // Being cut off is what an attacker may expect.
          }
          connection?.abort(new Error('next run'));
        },
      ),
      { numRuns: 60 },
    );
    await stillServes();
  });

  it('takes no frame from a peer that has not shaken hands', async () => {
    const connection = await attacker.connect(address());
    const message: WireMessage = { topic: 'tx', counter: 0, content: utf8('stranger') };
    await attacker.send(connection, PUSH_PROTOCOL, frame(1, [message]));
    await sleep(300);
    assert.deepEqual(only(node, 'tx'), []);
  });

  it('cuts a peer off whose frame is malformed (MALFORMED_FRAME)', async () => {
    const connection = await attacker.join(address());
    await attacker.send(connection, PUSH_PROTOCOL, prefixLength(Uint8Array.of(1, 2, 3)));
    await waitFor('it is cut off', () => eventsOf(node, 'peer-disconnected').length === 1);
    assert.equal(eventsOf(node, 'peer-disconnected')[0]?.reason.code, 'MALFORMED_FRAME');
    await stillServes();
  });

  it('refuses a frame above the bound before it has arrived', async () => {
    const connection = await attacker.join(address());
    const hugeLength = Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x04); // 1 GiB
    await attacker.send(connection, PUSH_PROTOCOL, hugeLength);
    await waitFor('it is cut off', () => eventsOf(node, 'peer-disconnected').length === 1);
    assert.equal(eventsOf(node, 'peer-disconnected')[0]?.reason.code, 'MALFORMED_FRAME');
  });

  it('does not publish what others would refuse', () => {
    const tooLarge = new Uint8Array(LIMITS.maxWireMessageBytes + 1);
    assert.throws(() => node.network.publish('tx', tooLarge), { code: 'MESSAGE_TOO_LARGE' });
    assert.throws(() => node.network.sendTo(validatorIdentity(2).id, 'tx', tooLarge), {
      code: 'MESSAGE_TOO_LARGE',
    });
  });

  it('carries a message of the largest size', async () => {
    const largest = new Uint8Array(LIMITS.maxWireMessageBytes).fill(5);
    friend.network.publish('proposal', largest);
    await waitFor('it arrives', () => only(node, 'proposal').length === 1);
    assert.deepEqual(only(node, 'proposal')[0]?.bytes, largest);
  });

  it('reads no faster from a flooding peer than its bound, while others are served (flood)', async () => {
    await attacker.host.handle(PUSH_PROTOCOL, () => undefined);
    const connection = await attacker.join(address());
    const stream = await connection.newStream(PUSH_PROTOCOL);
    const total = 10 * LIMITS.maxMessagesPerSecondOfObserver;
    const beganMs = performance.now();
    for (let sequence = 1; sequence <= total / 100; sequence++) {
      const messages = Array.from({ length: 100 }, (_, i): WireMessage => {
        return { topic: 'tx', counter: 0, content: utf8(`${sequence} ${i} ${'x'.repeat(4000)}`) };
      });
      stream.send(frame(sequence, messages));
    }
    await sleep(500);
    const handled = only(node, 'tx').length;
    const bound = LIMITS.maxMessagesPerSecondOfObserver * (2 + (performance.now() - beganMs) / 1_000);
    assert.ok(handled <= bound, `${handled} messages were read, not ${bound}`);
    await stillServes();
    assert.equal(eventsOf(node, 'peer-disconnected').length, 0);
  });

  it('J03 hardly reads a peer that sends what is provably bad, while others are served', async () => {
    node.verdict = (message) => (message.topic === 'tx' ? 'reject' : 'accept');
    await attacker.host.handle(PUSH_PROTOCOL, () => undefined);
    const connection = await attacker.join(address());
    const stream = await connection.newStream(PUSH_PROTOCOL);
    const beganMs = performance.now();
    for (let sequence = 1; sequence <= 200; sequence++) {
      const content = utf8(`${sequence} ${'x'.repeat(15_000)}`);
      stream.send(frame(sequence, [{ topic: 'tx', counter: 0, content }]));
    }
    await waitFor('the node has seen some', () => only(node, 'tx').length > 0);
    await sleep(500);
    await stillServes();
    // A second's worth, what it earns by and by, and what came in one piece with a message that was read.
    const perSecond = LIMITS.maxMessagesPerSecondOfObserver / LIMITS.rejectedMessageCost;
    const handled = only(node, 'tx').length;
    const bound = perSecond * (2 + (performance.now() - beganMs) / 1_000) + 20;
    assert.ok(handled <= bound, `${handled} messages were read, not ${bound}`);
  });

  it('J03 ends the connection with a peer that floods gossipsub, which cannot be paused (GOSSIP_FLOOD)', async () => {
    await attacker.join(address());
    const topic = gossipTopic(GENESIS, 'tx');
    const { gossip } = attacker.host.services;
    gossip.subscribe(topic);
    await waitFor('gossipsub knows the node', () => gossip.getSubscribers(topic).length > 0);
    // Small enough that only their number counts.
    for (let i = 0; eventsOf(node, 'peer-disconnected').length === 0 && i < 20; i++)
      await Promise.all(
        Array.from({ length: 1_000 }, (_, k) => {
          const envelope = encode(GossipEnvelopeType, { counter: 0, content: utf8(`${i} ${k}`) });
          return gossip.publish(topic, envelope);
        }),
      );
    await waitFor('it is cut off', () => eventsOf(node, 'peer-disconnected').length === 1);
    assert.equal(eventsOf(node, 'peer-disconnected')[0]?.reason.code, 'GOSSIP_FLOOD');
    await stillServes();
  });

  it('J03 keeps only so many answers for a peer that does not read them, and answers others', async () => {
    let answers = 0;
    node.network.serve({
      transactions: () => [],
      genesis: () => new Uint8Array(),
      blockByHash: () => {
        answers++;
        return new Uint8Array(1024 * 1024);
      },
      blocks: () => [],
    });
    const connection = await attacker.join(address());
    for (let i = 0; i < 12; i++) {
      const stream = await connection.newStream('/metanode/block/1');
      stream.pause();
      stream.send(prefixLength(encode(BlockRequestType, { hash: 'ab'.repeat(32) })));
    }
    await waitFor('some were answered', () => answers > 0);
    await sleep(300);
    assert.ok(answers * 1024 * 1024 <= LIMITS.maxUnreadAnswerBytesPerPeer, `${answers} answers are kept`);
    const block = await friend.network.fetchBlock('ab'.repeat(32), { peerId: node.network.peerId });
    assert.equal(block?.length, 1024 * 1024);
  });

  it('J03 looks up only so many blocks for one peer in a second, and answers others', async () => {
    const tiny = { block: new Uint8Array(1), certificate: new Uint8Array(1) };
    node.network.serve({
      transactions: () => [],
      genesis: () => new Uint8Array(),
      blockByHash: () => new Uint8Array(1),
      blocks: (_, count) => Array.from({ length: count }, () => tiny),
    });
    const codes: (string | undefined)[] = [];
    const ask = async () => {
      const [outcome] = await Promise.allSettled([friend.network.fetchBlocks(node.network.peerId, 1, 64)]);
      codes.push(outcome.status === 'rejected' ? outcome.reason.data.code : undefined);
    };
    for (let turn = 0; turn < 100 && !codes.includes('RATE_LIMITED'); turn++)
      await Promise.all(Array.from({ length: 12 }, ask));
    assert.ok(codes.includes('RATE_LIMITED'), 'nobody gets as many blocks as it asks for');
    const other = await cluster.start(7, { bootnodes: [address()] });
    await waitFor('another peer is there', () => other.network.peers().length > 0);
    assert.equal((await other.network.fetchBlocks(node.network.peerId, 1, 64)).length, 64);
  });

  it('counts a handler that throws as ignore, and a rejected message as rejected', async () => {
    node.verdict = (message) => {
      if (message.topic === 'section') throw new Error('bug');
      return 'reject';
    };
    friend.network.publish('section', utf8('a section'));
    friend.network.publish('block', utf8('not for validators'));
    friend.network.publish('vote', utf8('bad'));
    await waitFor('both were handled', () => node.received.length >= 2);
    const statistics = (topic: string) =>
      node.network.inspect().topics.find((entry) => entry.topic === topic)?.statistics.push;
    await waitFor('both were counted', () => statistics('vote')?.rejected === 1);
    assert.equal(statistics('section')?.ignored, 1);
    assert.equal(statistics('section')?.rejected, 0);
  });

  it('answers at most its bound of requests at a time, and tells the rest so', async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    node.network.serve({
      transactions: async () => {
        await gate;
        return [];
      },
      genesis: () => new Uint8Array(),
      blockByHash: () => undefined,
      blocks: () => [],
    });
    const ask = () => friend.network.fetchTransactions(['00'.repeat(32)], { peerId: node.network.peerId });
    const refusals: unknown[] = [];
    const asked = Array.from({ length: LIMITS.maxRequestsPerPeer + 4 }, () =>
      ask().catch((error: unknown) => refusals.push(error)),
    );
    await waitFor('all beyond the bound are refused', () => refusals.length >= 4);
    release();
    await Promise.all(asked);
    assert.ok(refusals.length < asked.length, `${refusals.length} were refused`);
    for (const error of refusals) assert.equal(errorCode(error), 'REQUEST_REFUSED');
  });
});
