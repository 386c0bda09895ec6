import type { Connection, Stream } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { keyPairFromSeed } from '../../src/crypto/ed25519.ts';
import type { ValidatorIdentity } from '../../src/network/contract.ts';
import { createHost, type Host } from '../../src/network/libp2p/host.ts';
import { STATUS_PROTOCOL, shakeHands } from '../../src/network/peers/handshake.ts';
import { signPeerRecord } from '../../src/network/peers/peer-record.ts';
import { PUSH_PROTOCOL, RELAY_PROTOCOL } from '../../src/network/push/push-link.ts';
import type { Status } from '../../src/types/network.ts';
import { systemClock } from '../../src/util/clock.ts';
import { silentLogger } from '../../src/util/logger.ts';

export const GENESIS = 'ab'.repeat(32);

/** Every protocol that a node answers beside those of libp2p itself. */
export const PROTOCOLS: readonly string[] = [
  STATUS_PROTOCOL,
  '/metanode/peers/1',
  '/metanode/transactions/1',
  '/metanode/block/1',
  '/metanode/blocks/1',
  '/metanode/genesis/1',
  PUSH_PROTOCOL,
  RELAY_PROTOCOL,
  '/meshsub/1.2.0',
];

/** A libp2p peer that speaks only what a test makes it speak, for misbehaviour that a real node never shows. */
export class RawPeer {
  readonly host: Host;
  readonly #seed: Uint8Array;
  readonly #identity: ValidatorIdentity | undefined;
  readonly #chain: { readonly genesisHash: string; readonly chainId: number };

  private constructor(
    host: Host,
    seed: Uint8Array,
    identity: ValidatorIdentity | undefined,
    chain: { readonly genesisHash: string; readonly chainId: number },
  ) {
    this.host = host;
    this.#seed = seed;
    this.#identity = identity;
    this.#chain = chain;
  }

  static async start(
    index: number,
    identity?: ValidatorIdentity,
    chain = { genesisHash: GENESIS, chainId: 7 },
  ): Promise<RawPeer> {
    const seed = new Uint8Array(32).fill(13);
    seed[0] = index;
    const head = { height: 0, hash: '00'.repeat(32) };
    const host = await createHost({
      ...chain,
      protocolVersion: 1,
      forkId: '00'.repeat(32),
      nodeKeySeed: seed,
      listen: [],
      bootnodes: [],
      maxPeers: 32,
      loopbackTestnet: true,
      role: 'observer',
      head: () => head,
      logger: silentLogger,
      clock: systemClock,
    });
    await host.start();
    return new RawPeer(host, seed, identity, chain);
  }

  get peerId(): string {
    return this.host.peerId.toString();
  }

  status(overrides: Partial<Status> = {}): Status {
    const own = { peerId: this.peerId, role: 'observer', addresses: [], sequence: Date.now() } as const;
    return {
      protocolVersion: 1,
      ...this.#chain,
      forkId: '00'.repeat(32),
      head: { height: 0, hash: '00'.repeat(32) },
      record: signPeerRecord(this.#chain.genesisHash, keyPairFromSeed(this.#seed), this.#identity, own),
      ...overrides,
    };
  }

  async connect(address: string): Promise<Connection> {
    return await this.host.dial(multiaddr(address));
  }

  /** Connects and completes an honest handshake. */
  async join(address: string): Promise<Connection> {
    const connection = await this.connect(address);
    await this.shakeHands(connection);
    return connection;
  }

  async shakeHands(connection: Connection, status = this.status()): Promise<void> {
    const stream = await connection.newStream(STATUS_PROTOCOL);
    const signal = AbortSignal.timeout(60_000);
    await shakeHands(stream, status, () => undefined, systemClock.monotonicMs, signal);
  }

  /** Opens a stream and writes these bytes as they are; false if the other side had ended it before. */
  async send(connection: Connection, protocol: string, bytes: Uint8Array): Promise<Stream> {
    const stream = await connection.newStream(protocol);
    stream.send(bytes);
    return stream;
  }

  async stop(): Promise<void> {
    await this.host.stop();
  }
}
