import { rmSync } from 'node:fs';
import { fieldsOf } from '../../src/consensus/message-fields.ts';
import { CachedVerifier } from '../../src/crypto/cached-verifier.ts';
import type { Network, PeerInfo, RequestHandlers } from '../../src/network/contract.ts';
import type { MessageHandler } from '../../src/network/inbound-message.ts';
import type { Random } from '../../src/sim/random.ts';
import { createJournal } from '../../src/storage/new-journal.ts';
import { VoteJournal } from '../../src/storage/vote-journal.ts';
import { serveBlocks } from '../../src/sync/block-server.ts';
import { BlockSync } from '../../src/sync/block-sync.ts';
import { type ConsensusMessage, decodeConsensusMessage } from '../../src/types/consensus-message.ts';
import type { Topic } from '../../src/types/network.ts';
import { decodeSectionMessage, statementOf } from '../../src/types/section.ts';
import type { EncodedTransaction } from '../../src/types/transaction.ts';
import { silentLogger } from '../../src/util/logger.ts';
import { BlockBudget } from '../../src/validator/block-budget.ts';
import { BlockFetcher } from '../../src/validator/block-fetcher.ts';
import { BlockPace } from '../../src/validator/block-pace.ts';
import { ConsensusDriver } from '../../src/validator/driver.ts';
import { MiningScheduler } from '../../src/validator/mining/mining-scheduler.ts';
import { ProposalBuilder } from '../../src/validator/proposal-builder.ts';
import { VoteSigner } from '../../src/validator/vote-signer.ts';
import { StatementBook } from '../../testnet/statement-book.ts';
import { type ChainNode, ChainWorld, unchangingKeys } from './chain.ts';
import { FragileMachine } from './fragile-machine.ts';
import { ScriptedNetwork } from './scripted-network.ts';
import { waitFor } from './wait-for.ts';

const BLOCK_MS = 50;
const BASE_TIMEOUT_MS = 400;
const SYNC_POLL_MS = 100;
const RESUBMIT_MS = 500;

/** A running node: chain, journal, driver and sync as in a real one, on a machine that may die under it. */
interface Process {
  readonly node: Omit<ChainNode, 'memory'>;
  readonly driver: ConsensusDriver;
  readonly scheduler: MiningScheduler;
  readonly sync: BlockSync;
  readonly handlers: Map<Topic, MessageHandler>;
  requests: RequestHandlers | undefined;
  readonly polling: NodeJS.Timeout;
}

/** Decides of a consensus message on its way from one node to another; `false` loses it. */
export type Carry = (from: number, message: ConsensusMessage, to: number) => boolean;

/**
 * Validators with everything that a node has but sockets, on machines that die at any step of their disks. It watches
 * what they send: every signed message must be durable by then, and nobody may contradict what it ever sent.
 */
export class FragileCluster {
  readonly world: ChainWorld;
  readonly machines: readonly FragileMachine[];
  readonly book = new StatementBook();
  /** What must never happen. */
  readonly faults: string[] = [];
  carry: Carry = () => true;
  readonly #directory: string;
  readonly #processes = new Map<number, Process>();
  readonly #submitted: EncodedTransaction[] = [];
  #nonce = 0;

  private constructor(directory: string, validators: number) {
    this.#directory = directory;
    this.world = new ChainWorld({ validators, parameters: { targetBlockIntervalMs: BLOCK_MS } });
    this.machines = this.world.validators.map(() => new FragileMachine());
    this.world.clock.run();
  }

  /** Journals are made and all nodes run. `directory` holds nothing but the locks of the journals. */
  static async start(directory: string, validators = 4): Promise<FragileCluster> {
    const cluster = new FragileCluster(directory, validators);
    for (const [k, machine] of cluster.machines.entries()) {
      const { disk } = machine.boot();
      await createJournal(cluster.#journalPath(k), cluster.#owner(k), disk);
    }
    for (const k of cluster.machines.keys()) await cluster.boot(k);
    return cluster;
  }

  #journalPath(k: number): string {
    return `${this.#directory}/v${k}.journal`;
  }

  #owner(k: number) {
    return { genesisHash: this.world.genesisHash, validator: this.world.producer(k).id };
  }

  /** Starts the process of a machine. Resolves when it runs, never if its machine dies meanwhile. */
  async boot(k: number, options: { pool: 'kept' | 'lost' } = { pool: 'kept' }): Promise<void> {
    const { world } = this;
    const { disk, database, survive } = (this.machines[k] as FragileMachine).boot();
    const node = await world.openOn(database);
    const { chain, pool } = node;
    if (options.pool === 'kept') await pool.restore();
    await survive();
    rmSync(`${this.#journalPath(k)}.lock`, { force: true }); // its holder is this process, which does not die
    const opening = { ...this.#owner(k), headHeight: chain.head.height, maxDeadBytes: 0, disk };
    const { journal } = await VoteJournal.open(this.#journalPath(k), opening);
    const handlers: Process['handlers'] = new Map();
    const network = this.#networkOf(k, handlers);
    const producer = world.producer(k);
    const sync = new BlockSync({ chain, network, logger: silentLogger, onHalt: () => undefined });
    const fetcher = new BlockFetcher({ chain, pool, network, logger: silentLogger });
    const keys = unchangingKeys(producer);
    const votes = new VoteSigner(keys, world.genesisHash, journal);
    const budget = BlockBudget.of(chain, BASE_TIMEOUT_MS, world.clock);
    const pace = new BlockPace({ targetMs: BLOCK_MS, minMs: BLOCK_MS });
    const scheduler = new MiningScheduler({
      chain,
      pool,
      network,
      fetcher,
      votes,
      budget,
      reveal: () => undefined,
      pace,
      clock: world.clock,
      logger: silentLogger,
    });
    const driver = new ConsensusDriver(
      {
        chain,
        network,
        fetcher,
        signer: {
          votes,
          builder: new ProposalBuilder(chain, keys, { budget, sections: scheduler, reveal: () => undefined }),
          onCommitSent: (hash) => scheduler.prepareAbove(hash),
        },
        verifier: new CachedVerifier(1_000),
        pace,
        clock: world.clock,
        logger: silentLogger,
        onBehind: (height) => sync.trigger(height),
        onHalt: ({ reason }) => this.faults.push(`v${k} halted: ${reason}`),
      },
      {
        self: producer.id,
        baseTimeoutMs: BASE_TIMEOUT_MS,
        timeoutCapMs: 1_000,
        resendIntervalMs: 100,
        emptyBlockIntervalMs: 60_000,
        maxClockDriftMs: world.genesis.parameters.maxClockDriftMs,
      },
    );
    const polling = setInterval(() => sync.trigger(), SYNC_POLL_MS);
    const process: Process = { node, driver, scheduler, sync, handlers, requests: undefined, polling };
    this.#processes.set(k, process);
    serveBlocks(
      {
        ...network,
        serve: (requests) => {
          process.requests = requests;
        },
      },
      chain,
      pool,
    );
    driver.start();
    scheduler.start();
  }

  /** The process is gone, and with `power` all that was not synced. */
  crash(k: number, power?: Random): void {
    const machine = this.machines[k] as FragileMachine;
    if (power === undefined) machine.kill();
    else machine.losePower(power);
    const process = this.#processes.get(k);
    this.#processes.delete(k);
    if (process === undefined) return;
    process.scheduler.stop();
    process.driver.stop();
    clearInterval(process.polling);
    void process.sync.stop();
  }

  stop(): void {
    for (const k of this.machines.keys()) this.crash(k);
  }

  node(k: number): Process['node'] {
    const process = this.#processes.get(k);
    if (process === undefined) throw new Error(`v${k} is down`);
    return process.node;
  }

  get up(): readonly number[] {
    return [...this.#processes.keys()].filter((k) => this.machines[k]?.isUp === true);
  }

  get height(): number {
    return Math.max(0, ...this.up.map((k) => this.node(k).chain.head.height));
  }

  /** Who proposes the next block in round 0. */
  get nextProposer(): number {
    const last = this.world.validators.findIndex(
      ({ account }) => account.address === this.node(this.up[0] as number).chain.head.proposer,
    );
    return (last + 1) % this.machines.length;
  }

  /** Gives a new payment to the nodes named, by default all that run, as gossip would. */
  submit(nodes: readonly number[] = this.up): EncodedTransaction {
    const transaction = this.world.transfer(this.#nonce++);
    this.#submitted.push(transaction);
    for (const k of nodes) this.#give(k, transaction);
    return transaction;
  }

  /** Sees to it that there is a transaction which no node that runs has in a block. */
  work(): void {
    const last = this.#submitted.at(-1);
    if (last === undefined || this.#isFinal(last)) this.submit();
  }

  #isFinal({ id }: EncodedTransaction): boolean {
    return this.up.some((k) => this.node(k).store.findTransaction(id) !== undefined);
  }

  #give(k: number, transaction: EncodedTransaction): void {
    const process = this.#processes.get(k);
    void process?.node.pool.submit(transaction.bytes).then(
      () => process.driver.workAvailable(),
      () => undefined, // it is there, or in a block by now
    );
  }

  /** Waits until all nodes that run have a height, and gives them work meanwhile. */
  async reach(height: number): Promise<void> {
    let askedMs = 0;
    await waitFor(`all have height ${height}`, () => {
      this.work();
      if (performance.now() - askedMs > RESUBMIT_MS) {
        this.#resubmit();
        askedMs = performance.now();
      }
      return this.up.every((k) => this.node(k).chain.head.height >= height);
    });
  }

  /** A client sends again what it found in no block: a node may have died before it took it. */
  #resubmit(): void {
    for (const transaction of this.#submitted)
      if (!this.#isFinal(transaction)) for (const k of this.up) this.#give(k, transaction);
  }

  /** Waits until every payment is in a block of every node. */
  async settle(): Promise<void> {
    await waitFor('every transaction is in a block everywhere', () => {
      this.#resubmit();
      return this.#submitted.every(({ id }) =>
        this.up.every((k) => this.node(k).store.findTransaction(id) !== undefined),
      );
    });
  }

  /** What differs between the chains of the nodes that run. */
  disagreements(): string[] {
    const found: string[] = [];
    for (let height = 1; height <= this.height; height++) {
      const hashes = new Set(this.up.map((k) => this.node(k).store.hashAt(height)));
      hashes.delete(undefined);
      if (hashes.size !== 1) found.push(`height ${height}: ${[...hashes].join(', ')}`);
    }
    return found;
  }

  #peersOf(k: number): { j: number; process: Process }[] {
    return [...this.#processes]
      .filter(([j]) => j !== k && this.machines[j]?.isUp === true)
      .map(([j, process]) => ({ j, process }));
  }

  #send(k: number, to: readonly number[], topic: Topic, bytes: Uint8Array): void {
    const machine = this.machines[k] as FragileMachine;
    if (!machine.isUp) return;
    if (topic === 'proposal' || topic === 'vote') {
      const message = decodeConsensusMessage(bytes);
      this.book.add(message);
      if (message.kind !== 'decided' && !includes(machine.durable(this.#journalPath(k)), bytes))
        this.faults.push(
          `v${k} sent a ${message.kind} of height ${fieldsOf(message).height} that is not durable`,
        );
      this.#deliver(
        k,
        to.filter((j) => this.carry(k, message, j)),
        topic,
        bytes,
      );
      return;
    }
    if (topic === 'section') {
      const { signed } = decodeSectionMessage(bytes);
      this.book.addSection(statementOf(signed));
      if (!includes(machine.durable(this.#journalPath(k)), bytes))
        this.faults.push(`v${k} sent a section of height ${signed.section.height} that is not durable`);
    }
    this.#deliver(k, to, topic, bytes);
  }

  #deliver(k: number, to: readonly number[], topic: Topic, bytes: Uint8Array): void {
    for (const { j, process } of this.#peersOf(k))
      if (to.includes(j))
        setImmediate(() => {
          const handler = process.handlers.get(topic);
          if (this.machines[j]?.isUp === true && handler !== undefined)
            void handler({
              topic,
              bytes: bytes.slice(),
              from: peerName(k),
              validator: this.world.producer(k).id,
              carrier: 'push',
              receivedAtMs: 0,
            });
        });
  }

  #networkOf(k: number, handlers: Process['handlers']): Network {
    const all = [...this.machines.keys()];
    const requestsOf = (validator: string): RequestHandlers | undefined =>
      this.#peersOf(k).find(({ j }) => this.world.producer(j).id === validator)?.process.requests;
    return {
      ...new ScriptedNetwork().port,
      peerId: peerName(k),
      publish: (topic, bytes) => this.#send(k, all, topic, bytes),
      sendTo: (validator, topic, bytes) => {
        const to = all.filter((j) => this.world.producer(j).id === validator);
        this.#send(k, to, topic, bytes);
        return to.length > 0;
      },
      onMessage: (topic, handler) => handlers.set(topic, handler),
      fetchTransactions: async (ids, from) =>
        'validator' in from ? ((await requestsOf(from.validator)?.transactions(ids)) ?? []) : [],
      fetchBlock: async (hash, from) =>
        'validator' in from ? await requestsOf(from.validator)?.blockByHash(hash) : undefined,
      fetchBlocks: async (peerId, fromHeight, count) => {
        const peer = this.#peersOf(k).find(({ j }) => peerName(j) === peerId);
        return (await peer?.process.requests?.blocks(fromHeight, count, 1_000_000)) ?? [];
      },
      peers: () => this.#peersOf(k).map(({ j, process }) => this.#infoOf(j, process)),
      validatorPeer: (validator) => (requestsOf(validator) === undefined ? undefined : validator),
    };
  }

  #infoOf(j: number, { node }: Process): PeerInfo {
    const { height, hash } = node.chain.head;
    return {
      peerId: peerName(j),
      validator: this.world.producer(j).id,
      role: 'validator',
      direction: 'inbound',
      remoteAddress: '/ip4/127.0.0.1/tcp/1',
      addresses: [],
      head: { height, hash },
      forkId: this.world.genesisHash,
      connectedSinceMs: 0,
      rttMs: 0,
      score: 0,
      hasPushLink: true,
    };
  }
}

function includes(bytes: Uint8Array, part: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(part) >= 0;
}

function peerName(k: number): string {
  return `peer of v${k}`;
}
