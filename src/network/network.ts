import '../util/promise-with-resolvers.ts';
import { multiaddr } from '@multiformats/multiaddr';
import type { Head, Status, Topic } from '../types/network.ts';
import type { Address, Hash } from '../types/ssz.ts';
import type { ValidatorSet } from '../types/validator.ts';
import { errorMessage } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import { BlockExchange } from './block-exchange.ts';
import type {
  DisconnectReason,
  MessageHandler,
  Network,
  NetworkEvent,
  NetworkOptions,
  PeerInfo,
  PublishOptions,
  RequestHandlers,
  RequestTarget,
  ValidatorIdentity,
  ValidatorPeerState,
} from './contract.ts';
import { type NetworkError, networkError } from './errors.ts';
import { createHost, type Host, listeningAddresses } from './libp2p-host.ts';
import { Messaging } from './messaging.ts';
import { Admission } from './peers/admission.ts';
import { missingTargets } from './peers/dial-targets.ts';
import { Dialer, type DialTarget } from './peers/dialer.ts';
import { DuplicateKeys } from './peers/duplicate-keys.ts';
import { judgeStatus } from './peers/handshake.ts';
import { Isolation } from './peers/isolation.ts';
import { OwnRecord } from './peers/own-record.ts';
import { PeerBook } from './peers/peer-book.ts';
import { PEERS_PROTOCOL, PeerExchange } from './peers/peer-exchange.ts';
import { isDialable, peerIdOf, verifyPeerRecord } from './peers/peer-record.ts';
import { type Peer, PeerTable } from './peers/peer-table.ts';
import { Reach } from './peers/reach.ts';
import { type Admitted, type Registrar, Requests } from './requests.ts';
import type { GossipInspection } from './statistics.ts';

/** Creates a network that listens and dials once it is started. */
export async function createNetwork(options: NetworkOptions): Promise<Network> {
  return new Libp2pNetwork(options, await createHost(options));
}

/** Composes the parts and routes between them; each rule lives in the part. */
class Libp2pNetwork implements Network {
  readonly peerId: string;
  readonly #options: NetworkOptions;
  readonly #host: Host;
  readonly #own: OwnRecord;
  readonly #book: PeerBook;
  readonly #peers: PeerTable;
  readonly #messaging: Messaging;
  readonly #admission: Admission;
  readonly #requests: Requests;
  readonly #blocks: BlockExchange;
  readonly #exchange: PeerExchange;
  readonly #dialer: Dialer;
  readonly #reach: Reach;
  readonly #duplicates = new DuplicateKeys();
  readonly #isolation = new Isolation(() => this.#review());
  readonly #listeners = new Set<(event: NetworkEvent) => void>();
  #state: 'created' | 'started' | 'stopped' = 'created';

  constructor(options: NetworkOptions, host: Host) {
    const { clock, logger, genesisHash } = options;
    const random = Math.random;
    this.#options = options;
    this.#host = host;
    this.peerId = host.peerId.toString();
    this.#own = new OwnRecord({
      genesisHash,
      nodeKeySeed: options.nodeKeySeed,
      peerId: this.peerId,
      role: options.role,
      identity: options.validatorKey,
      addresses: () => this.addresses(),
      clock,
    });
    this.#book = new PeerBook(genesisHash);
    this.#peers = new PeerTable(this.#book, options.maxPeers, clock);
    this.#requests = new Requests({ clock, logger });
    this.#blocks = new BlockExchange(this.#requests);
    this.#messaging = new Messaging({
      options,
      host,
      peers: this.#peers,
      isValidator: () => this.#isValidator,
      isSomeoneMissed: () => this.#reach.isSomeoneMissed,
      admitted: (connection) => this.#admission.admitted(connection),
      disconnect: (peer, code, message) => this.#admission.disconnect(peer, code, message),
    });
    this.#admission = new Admission({
      host,
      peers: this.#peers,
      localStatus: () => this.#status(),
      judge: (remote, peerId) => this.#judge(remote, peerId),
      onAdmitted: (peer) => this.#onAdmitted(peer),
      onReplaced: (peer) => this.#messaging.reattach(peer),
      onRemoved: (peer, reason) => this.#onRemoved(peer, reason),
      onRefused: (peerId, { refusedBy, reason: { code, message, data } }) => {
        logger.info({ peerId, refusedBy, code, data }, 'handshake refused');
        this.#emit({ kind: 'peer-refused', peerId, refusedBy, reason: { code, message, data } });
      },
      clock,
      logger,
    });
    this.#exchange = new PeerExchange({
      book: this.#book,
      peers: this.#peers,
      requests: this.#requests,
      ownRecord: () => this.#own.record,
      head: options.head,
      isIncomplete: () => this.#reach.isIncomplete,
      onHead: (peer, head) => this.#noteHead(peer, head),
      onNews: () => this.#review(),
      clock,
      logger,
      random,
    });
    this.#reach = new Reach({
      book: this.#book,
      peers: this.#peers,
      self: () => this.#self,
      isReportedConnected: (peerId) => this.#exchange.isReportedConnected(peerId),
      clock,
    });
    this.#dialer = new Dialer({
      missing: () =>
        missingTargets({
          bootnodes: options.bootnodes,
          book: this.#book,
          peers: this.#peers,
          ownRecord: () => this.#own.record,
          isValidator: () => this.#isValidator,
          isReportedConnected: (peerId) => this.#exchange.isReportedConnected(peerId),
          isAllowed: (peerId) => this.#isAllowed(peerId),
          monotonicMs: () => clock.monotonicMs(),
        }),
      dial: (target) => this.#dialTarget(target),
      clock,
      random,
    });
  }

  addresses(): string[] {
    return this.#host.getMultiaddrs().map(String);
  }

  listenAddresses(): string[] {
    return this.#state === 'started' ? listeningAddresses(this.#host) : [];
  }

  protocols(): string[] {
    return this.#host.getProtocols();
  }

  async start(): Promise<void> {
    if (this.#state !== 'created')
      throw networkError('NOT_STARTED', `a network that is ${this.#state} cannot start`);
    const admitted: Admitted = (connection) => this.#admission.admitted(connection);
    const register: Registrar = (protocol, handler) =>
      this.#host.handle(protocol, handler, { maxInboundStreams: 2 * LIMITS.maxRequestsPerPeer });
    await this.#admission.start();
    await this.#messaging.start();
    await this.#blocks.start(register, admitted);
    await this.#requests.serve(register, admitted, PEERS_PROTOCOL, async (request, peer) =>
      this.#exchange.answer(request, peer),
    );
    await this.#host.start();
    this.#state = 'started';
    this.#review();
    this.#exchange.hurry();
    this.#options.logger.info({ peerId: this.peerId, addresses: this.addresses() }, 'network started');
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#isolation.close();
    this.#dialer.close();
    this.#exchange.close();
    this.#admission.stop();
    this.#messaging.stop();
    await this.#host.stop();
  }

  publish(topic: Topic, bytes: Uint8Array, { counter = 0 }: PublishOptions = {}): void {
    this.#messaging.publish(topic, bytes, counter);
  }

  onDeparture(listener: () => void): void {
    this.#messaging.onDeparture(listener);
  }

  onMessage(topic: Topic, handler: MessageHandler): void {
    this.#messaging.onMessage(topic, handler);
  }

  sendTo(validator: Address, topic: Topic, bytes: Uint8Array): boolean {
    return this.#messaging.sendTo(validator, topic, bytes);
  }

  relayToObservers(topic: Topic, encode: () => Uint8Array): void {
    this.#messaging.relayToObservers(topic, encode);
  }

  setValidators(current: ValidatorSet, next: ValidatorSet): void {
    if (!this.#book.setValidators(current, next)) return;
    this.#review();
    if (this.#state === 'started' && this.#reach.isIncomplete) this.#exchange.hurry();
  }

  setValidatorKey(identity: ValidatorIdentity | undefined): void {
    this.#own.identity = identity;
    this.#review();
    for (const peer of this.#peers.all) void this.#exchange.exchange(peer);
  }

  serve(handlers: RequestHandlers): void {
    this.#blocks.setHandlers(handlers);
  }

  async fetchTransactions(
    ids: readonly Hash[],
    from: RequestTarget,
    signal?: AbortSignal,
  ): Promise<Uint8Array[]> {
    return await this.#blocks.transactions(this.#target(from), ids, signal);
  }

  async fetchBlock(hash: Hash, from: RequestTarget, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    return await this.#blocks.block(this.#target(from), hash, signal);
  }

  async fetchBlocks(peerId: string, fromHeight: number, count: number, signal?: AbortSignal) {
    return await this.#blocks.blocks(this.#target({ peerId }), fromHeight, count, signal);
  }

  peers(): PeerInfo[] {
    return this.#peers.all.map((peer) => this.#info(peer));
  }

  validatorPeer(validator: Address): string | undefined {
    return this.#peers.ofValidator(validator)[0]?.peerId;
  }

  validatorPeerStates(): ValidatorPeerState[] {
    const self = this.#self;
    return this.#book.validators.map((validator) =>
      this.#peers.validatorState(validator, validator === self),
    );
  }

  async dial(address: string): Promise<string> {
    if (this.#state !== 'started') throw networkError('NOT_STARTED', 'the network is not started');
    if (!isDialable(address))
      throw networkError('BAD_MULTIADDR', `not a TCP multiaddr: ${address.slice(0, 200)}`);
    return (await this.#connect([address])).peerId;
  }

  isolate(forMs: number): void {
    this.#options.logger.warn({ forMs }, 'this node is cut off from its peers on purpose');
    this.#isolation.begin(forMs);
    for (const peer of this.#peers.all)
      this.#admission.disconnect(peer, 'PEER_NOT_ALLOWED', 'this node is cut off on purpose');
  }

  inspect(): GossipInspection {
    return this.#messaging.inspect();
  }

  subscribe(listener: (event: NetworkEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The validator of the current or next set for which this node speaks. */
  get #self(): Address | undefined {
    const identity = this.#own.identity;
    return identity === undefined
      ? undefined
      : this.#book.validatorBehind(identity.keyPair.publicKey, identity.id);
  }

  get #isValidator(): boolean {
    return this.#self !== undefined;
  }

  #isAllowed(peerId: string): boolean {
    return !this.#isolation.isActive && (this.#options.allowPeer?.(peerId) ?? true);
  }

  #status(): Status {
    const { protocolVersion, chainId, genesisHash, forkId, head } = this.#options;
    return { protocolVersion, chainId, genesisHash, forkId, head: head(), record: this.#own.record };
  }

  #judge(remote: Status, peerId: string): NetworkError | undefined {
    const mismatch = judgeStatus(this.#options, remote);
    if (mismatch !== undefined) return mismatch;
    if (remote.record.body.peerId !== peerId)
      return networkError('BAD_PEER_RECORD', 'the record is of another peer', { data: { peerId } });
    try {
      verifyPeerRecord(this.#options.genesisHash, remote.record);
    } catch (error) {
      return error as NetworkError;
    }
    if (!this.#isAllowed(peerId))
      return networkError('PEER_NOT_ALLOWED', 'the peer is not allowed', { data: { peerId } });
    if (!this.#peers.hasSlotFor(remote.record))
      return networkError('TOO_MANY_PEERS', 'no slot is free', { data: { peers: this.#peers.size } });
    return undefined;
  }

  #onAdmitted(peer: Peer): void {
    this.#book.learn(peer.record);
    this.#options.logger.info(
      { peerId: peer.peerId, validator: this.#peers.validatorOf(peer), direction: peer.connection.direction },
      'peer connected',
    );
    this.#review();
    this.#emit({ kind: 'peer-connected', peer: this.#info(peer) });
    this.#emit({ kind: 'head-claim', peerId: peer.peerId, head: peer.head });
    if (!this.#reach.isIncomplete) return;
    const isBootnode = this.#options.bootnodes.some((address) => peerIdOf(address) === peer.peerId);
    if (isBootnode || this.#peers.size === 1) void this.#exchange.exchange(peer);
    else this.#exchange.hurry();
  }

  #onRemoved(peer: Peer, reason: DisconnectReason): void {
    const validator = this.#peers.validatorOf(peer);
    this.#messaging.drop(peer);
    this.#peers.remove(peer, reason);
    this.#options.logger.info({ peerId: peer.peerId, validator, ...reason }, 'peer disconnected');
    this.#emit({ kind: 'peer-disconnected', peerId: peer.peerId, validator, reason });
    if (this.#state !== 'started') return;
    this.#review();
    this.#exchange.hurry();
  }

  /** Peers, records or validator sets changed: who is linked, subscribed, dialed, and whether a key is held twice. */
  #review(): void {
    if (this.#state !== 'started') return;
    this.#reach.invalidate();
    this.#messaging.review();
    this.#peers.pruneDepartures();
    this.#dialer.reconsider();
    const records = this.#peers.all.map(({ record }) => record);
    for (const record of records) {
      const event = this.#duplicates.check(this.#own.record, record, records);
      if (event === undefined) continue;
      this.#options.logger.error(
        { code: 'DUPLICATE_VALIDATOR_KEY', ...event },
        'two peers hold one validator key',
      );
      this.#emit(event);
    }
  }

  #noteHead(peer: Peer, head: Head): void {
    if (head.height === peer.head.height && head.hash === peer.head.hash) return;
    peer.head = head;
    this.#emit({ kind: 'head-claim', peerId: peer.peerId, head });
  }

  async #dialTarget(target: DialTarget): Promise<void> {
    try {
      await this.#connect(target.addresses);
    } catch (error) {
      const record = this.#book.get(target.key);
      const validator = record === undefined ? undefined : this.#book.validatorOf(record);
      if (validator !== undefined) this.#peers.noteDialFailure(validator, errorMessage(error));
      throw error;
    }
  }

  async #connect(addresses: readonly string[]): Promise<Peer> {
    let connection: Parameters<Admission['outcome']>[0];
    try {
      connection = await this.#host.dial(addresses.map((address) => multiaddr(address)));
    } catch (error) {
      throw networkError('DIAL_FAILED', `${addresses.join(', ')}: ${errorMessage(error)}`, {
        data: { addresses: [...addresses] },
        cause: error,
      });
    }
    return await this.#admission.outcome(connection);
  }

  #target(from: RequestTarget): Peer {
    const peer = 'peerId' in from ? this.#peers.get(from.peerId) : this.#peers.ofValidator(from.validator)[0];
    if (peer === undefined)
      throw networkError('NOT_CONNECTED', 'no connection with that peer', { data: { ...from } });
    return peer;
  }

  #info(peer: Peer): PeerInfo {
    return this.#peers.info(peer, this.#messaging.score(peer.peerId));
  }

  #emit(event: NetworkEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#options.logger.error(
          { event: event.kind, error: errorMessage(error) },
          'network listener failed',
        );
      }
    }
  }
}
