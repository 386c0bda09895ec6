import assert from 'node:assert/strict';
import { type AddressInfo, createServer } from 'node:net';
import { probePeer } from '../../src/network/probe/probe.ts';
import { swarmKeyToFile } from '../../src/types/invite.ts';
import { utf8 } from '../../src/util/bytes.ts';
import { systemClock } from '../../src/util/clock.ts';
import { NetworkCluster, validatorSet } from '../support/network-cluster.ts';

const CHAIN = { chainId: 7, genesisHash: 'ab'.repeat(32), protocolVersion: 1 };
const swarmKey = (byte: number) => utf8(swarmKeyToFile(new Uint8Array(32).fill(byte)));

describe('A test of the way to a peer', () => {
  let cluster: NetworkCluster;
  beforeEach(() => {
    cluster = new NetworkCluster(validatorSet(1, 2, 3, 4));
  });
  afterEach(() => cluster.stop());

  async function startPeer(settings: Parameters<NetworkCluster['start']>[1] = {}): Promise<string> {
    const { network } = await cluster.start(1, settings);
    return network.addresses()[0] as string;
  }

  const probe = (address: string, overrides: Partial<Parameters<typeof probePeer>[1]> = {}) =>
    probePeer(address, {
      nodeKeySeed: new Uint8Array(32).fill(77),
      swarmKey: undefined,
      chain: CHAIN,
      upTo: 'handshake',
      nowMs: () => systemClock.monotonicMs(),
      wallMs: () => systemClock.wallMs(),
      ...overrides,
    });

  /** Where it ended, and why; every step before is fine. */
  async function endOf(address: string, overrides: Partial<Parameters<typeof probePeer>[1]> = {}) {
    const { ok, steps } = await probe(address, overrides);
    assert.equal(ok, false);
    assert.ok(steps.slice(0, -1).every((step) => step.ok));
    const last = steps.at(-1);
    assert.ok(last !== undefined && !last.ok);
    assert.ok(last.hint.length > 10);
    return [last.step, last.reason];
  }

  it('passes all steps to a peer that lets it in, also by a name', async () => {
    const address = await startPeer();
    for (const way of [address, address.replace('/ip4/127.0.0.1/', '/dns4/localhost/')]) {
      const { ok, steps, peerId, status } = await probe(way);
      assert.ok(ok, JSON.stringify(steps.at(-1)));
      assert.deepEqual(
        steps.map(({ step }) => step),
        ['address', 'dns', 'tcp', 'swarm-key', 'noise', 'identify', 'handshake'],
      );
      assert.ok(address.endsWith(peerId as string));
      assert.equal(status?.genesisHash, CHAIN.genesisHash);
    }
  });

  it('fetches the genesis of a peer in as many parts as it takes', async () => {
    const address = await startPeer();
    const genesis = new Uint8Array(2_500_000).map((_, i) => i % 251);
    cluster.nodes[0]?.network.serve({
      genesis: () => genesis,
      transactions: () => [],
      blockByHash: () => undefined,
      blocks: () => [],
    });
    const result = await probe(address, { upTo: 'genesis' });
    assert.deepEqual(result.genesis, genesis);
  });

  it('names a bad address, an unknown name and a closed port', async () => {
    assert.deepEqual(await endOf('/ip4/127.0.0.1/udp/4101'), ['address', 'BAD_MULTIADDR']);
    assert.deepEqual(await endOf('/dns4/nowhere.invalid/tcp/4101'), ['dns', 'NAME_NOT_FOUND']);
    assert.deepEqual(await endOf('/ip4/127.0.0.1/tcp/1'), ['tcp', 'CONNECTION_REFUSED']);
  });

  it('names a program that is no libp2p node', async () => {
    const server = createServer((socket) =>
      socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    assert.deepEqual(await endOf(`/ip4/127.0.0.1/tcp/${port}`), ['swarm-key', 'NO_ANSWER']);
    server.close();
  });

  it('names a swarm key that is missing here, missing there, or another', async () => {
    const secret = await startPeer({ swarmKey: swarmKey(1) });
    const open = (await cluster.start(2)).network.addresses()[0] as string;
    assert.deepEqual(await endOf(secret), ['swarm-key', 'SWARM_KEY_NEEDED']);
    assert.deepEqual(await endOf(open, { swarmKey: swarmKey(1) }), ['swarm-key', 'SWARM_KEY_NOT_USED_THERE']);
    const other = await endOf(secret, { swarmKey: swarmKey(2) });
    assert.deepEqual(other, ['swarm-key', 'SWARM_KEY_MISMATCH_LIKELY']);
    assert.ok((await probe(secret, { swarmKey: swarmKey(1) })).ok);
  });

  it('names another node at the address', async () => {
    const address = await startPeer();
    const other = (await cluster.start(2)).network.peerId;
    const wrong = `${address.slice(0, address.indexOf('/p2p/'))}/p2p/${other}`;
    assert.deepEqual(await endOf(wrong), ['noise', 'PEER_ID_MISMATCH']);
  });

  it('names another chain, and a peer that is not on the allow-list there', async () => {
    const address = await startPeer({ allowPeer: () => false });
    const other = { ...CHAIN, genesisHash: 'cd'.repeat(32) };
    assert.deepEqual(await endOf(address, { chain: other }), ['handshake', 'GENESIS_MISMATCH']);
    assert.deepEqual(await endOf(address), ['handshake', 'PEER_NOT_ALLOWED']);
  });
});
