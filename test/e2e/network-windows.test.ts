import '../../src/util/promise-with-resolvers.ts';
import assert from 'node:assert/strict';
import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import type { Stream } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { createLibp2p, type Libp2p } from 'libp2p';
import { adaptMuxers, updateWindowsByHalves } from '../../src/network/libp2p/muxer-adapters.ts';
import { freePort } from '../support/ports.ts';

const PROTOCOL = '/test/windows/1';
const WINDOW = 256 * 1024;

describe('The window of a stream', () => {
  let hosts: Libp2p[];
  let inbound: Stream;
  let outbound: Stream;
  let received: number;

  beforeEach(async () => {
    const create = async () =>
      await createLibp2p({
        addresses: { listen: [`/ip4/127.0.0.1/tcp/${await freePort()}`] },
        transports: [tcp()],
        connectionEncrypters: [noise()],
        streamMuxers: [adaptMuxers(yamux(), updateWindowsByHalves)],
      });
    hosts = [await create(), await create()];
    const [receiver, sender] = hosts as [Libp2p, Libp2p];
    received = 0;
    const accepted = new Promise<Stream>((resolve) => {
      void receiver.handle(PROTOCOL, (stream) => {
        stream.addEventListener('message', ({ data }) => {
          received += data.byteLength;
        });
        resolve(stream);
      });
    });
    outbound = await sender.dialProtocol(receiver.getMultiaddrs(), PROTOCOL);
    inbound = await accepted;
  });

  afterEach(async () => {
    await Promise.all(hosts.map((host) => host.stop()));
  });

  async function send(bytes: number): Promise<void> {
    const before = received;
    if (!outbound.send(new Uint8Array(bytes))) await outbound.onDrain();
    while (received < before + bytes) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  it('is not given back for small messages, so that none costs a second one', async () => {
    await send(1_000);
    const before = windowLeft(inbound);
    for (let i = 0; i < 50; i++) await send(1_000);
    assert.ok(windowLeft(inbound) <= before - 50_000);
  });

  it('is given back before it is used up, so that a long message arrives whole', async () => {
    for (let i = 0; i < 4; i++) await send(WINDOW);
    assert.ok(windowLeft(inbound) > WINDOW / 2);
  });
});

function windowLeft(stream: Stream): number {
  return (stream as unknown as { recvWindowCapacity: number }).recvWindowCapacity;
}
