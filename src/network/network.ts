import '../util/promise-with-resolvers.ts';
import type { Topic } from '../types/network.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import type { ValidatorSet } from '../types/validator.ts';
import { LIMITS } from '../util/limits.ts';
import { BlockExchange } from './block-exchange.ts';
import type {
  EdgeReport,
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
import { networkError } from './errors.ts';
import type { MessageHandler } from './inbound-message.ts';
import { createHost, type Host, listeningAddresses } from './libp2p/host.ts';
import { Messaging } from './messaging.ts';
import { NetworkEvents } from './network-events.ts';
import { Discovery } from './peers/discovery.ts';
import { PeerBook } from './peers/peer-book.ts';
import { PeerTable } from './peers/peer-table.ts';
import { Peering } from './peers/peering.ts';
import { type Admitted, type Registrar, Requests } from './requests.ts';
import type { GossipInspection, MessageWatcher, OwnMessage } from './statistics.ts';

/** Creates a network that listens and dials once it is started. */
export async function createNetwork(options: NetworkOptions): Promise<Network> {
  return new Libp2pNetwork(options, await createHost(options));
}

/** Peers, messages with them, and requests to them, on one libp2p host. */
class Libp2pNetwork implements Network {
  readonly peerId: string;
  readonly #options: NetworkOptions;
  readonly #host: Host;
  readonly #events: NetworkEvents;
  readonly #peers: PeerTable;
  readonly #discovery: Discovery;
  readonly #peering: Peering;
  readonly #messaging: Messaging;
  readonly #blocks: BlockExchange;
  #state: 'created' | 'started' | 'stopped' = 'created';

  constructor(options: NetworkOptions, host: Host) {
    const { genesisHash, maxPeers, clock, logger } = options;
    const events = new NetworkEvents(logger);
    const book = new PeerBook(genesisHash);
    const peers = new PeerTable(book, maxPeers, clock);
    const requests = new Requests({ clock, logger });
    const discovery = new Discovery({
      options,
      host,
      book,
      peers,
      requests,
      events,
      onNews: () => this.#peering.review(),
    });
    this.#peering = new Peering({
      options,
      host,
      book,
      peers,
      discovery,
      events,
      traffic: () => this.#messaging,
    });
    this.#messaging = new Messaging({
      options,
      host,
      peers,
      isValidator: () => discovery.isValidator,
      isSomeoneMissed: () => discovery.isSomeoneMissed,
      isMeetingOthers: () => discovery.isMeetingOthers,
      admitted: (connection) => this.#peering.admitted(connection),
      disconnect: (peer, code, message) => this.#peering.disconnect(peer, code, message),
    });
    this.#blocks = new BlockExchange(requests);
    this.#options = options;
    this.#host = host;
    this.#events = events;
    this.#peers = peers;
    this.#discovery = discovery;
    this.peerId = host.peerId.toString();
  }

  addresses(): string[] {
    return this.#discovery.addresses;
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
    const admitted: Admitted = (connection) => this.#peering.admitted(connection);
    const register: Registrar = (protocol, handler) =>
      this.#host.handle(protocol, handler, { maxInboundStreams: 2 * LIMITS.maxRequestsPerPeer });
    await this.#peering.serve();
    await this.#messaging.start();
    await this.#blocks.start(register, admitted);
    await this.#discovery.serve(register, admitted);
    await this.#host.start();
    this.#state = 'started';
    this.#peering.start();
    this.#options.logger.info({ peerId: this.peerId, addresses: this.addresses() }, 'network started');
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#peering.stop();
    this.#discovery.close();
    this.#messaging.stop();
    await this.#host.stop();
  }

  publish(topic: Topic, bytes: Uint8Array, { counter = 0 }: PublishOptions = {}): void {
    this.#messaging.publish(topic, bytes, counter);
  }

  onDeparture(listener: (peers: number) => void): void {
    this.#messaging.onDeparture(listener);
  }

  onMessage(topic: Topic, handler: MessageHandler): void {
    this.#messaging.onMessage(topic, handler);
  }

  forward(topic: Topic, bytes: Uint8Array): void {
    this.#messaging.forward(topic, bytes);
  }

  sendTo(validator: Address, topic: Topic, bytes: Uint8Array): boolean {
    return this.#messaging.sendTo(validator, topic, bytes);
  }

  relayToObservers(topic: Topic, encode: () => Uint8Array): void {
    this.#messaging.relayToObservers(topic, encode);
  }

  inspect(): GossipInspection {
    return this.#messaging.inspect();
  }

  ownMessage(id: Hash): OwnMessage | undefined {
    return this.#messaging.ownMessage(id);
  }

  watchMessages(watcher: MessageWatcher): () => void {
    return this.#messaging.watch(watcher);
  }

  serve(handlers: RequestHandlers): void {
    this.#blocks.setHandlers(handlers);
  }

  async fetchTransactions(
    ids: readonly Hash[],
    from: RequestTarget,
    signal?: AbortSignal,
  ): Promise<Uint8Array[]> {
    return await this.#blocks.transactions(this.#peering.find(from), ids, signal);
  }

  async fetchBlock(hash: Hash, from: RequestTarget, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    return await this.#blocks.block(this.#peering.find(from), hash, signal);
  }

  async fetchBlocks(peerId: string, fromHeight: number, count: number, signal?: AbortSignal) {
    return await this.#blocks.blocks(this.#peering.find({ peerId }), fromHeight, count, signal);
  }

  setValidators(current: ValidatorSet, next: ValidatorSet): void {
    this.#peering.setValidators(current, next);
  }

  setValidatorKey(identity: ValidatorIdentity | undefined): void {
    this.#discovery.setIdentity(identity);
  }

  peers(): PeerInfo[] {
    return this.#peering.infos;
  }

  validatorPeer(validator: Address): string | undefined {
    return this.#peers.ofValidator(validator)[0]?.peerId;
  }

  reachableValidators(): Address[] {
    return this.#discovery.reachable;
  }

  validatorPeerStates(): ValidatorPeerState[] {
    return this.#peering.validatorStates;
  }

  validatorOfPeer(peerId: string): Address | undefined {
    return this.#discovery.validatorOf(peerId);
  }

  async dial(address: string): Promise<string> {
    if (this.#state !== 'started') throw networkError('NOT_STARTED', 'the network is not started');
    return await this.#peering.dial(address);
  }

  removePeer(peerId: string): boolean {
    return this.#peering.remove(peerId);
  }

  allowedChanged(): void {
    this.#peering.allowedChanged();
  }

  isolate(forMs: number): void {
    this.#peering.isolate(forMs);
  }

  partition(peerIds: ReadonlySet<string>): void {
    this.#peering.partition(peerIds);
  }

  edgeReports(): EdgeReport[] {
    return this.#discovery.edgeReports;
  }

  async askForEdges(): Promise<void> {
    await this.#discovery.askForEdges();
  }

  subscribe(listener: (event: NetworkEvent) => void): () => void {
    return this.#events.subscribe(listener);
  }
}
