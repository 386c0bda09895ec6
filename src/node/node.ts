import { readFile } from 'node:fs/promises';
import type { BlockProducer } from '../chain/build-block.ts';
import type { Chain } from '../chain/chain.ts';
import { openChain } from '../chain/open-chain.ts';
import type { TransactionPool } from '../chain/transaction-pool.ts';
import { CachedVerifier } from '../crypto/cached-verifier.ts';
import type { Network } from '../network/contract.ts';
import { createNetwork } from '../network/network.ts';
import { createRpcServer } from '../rpc/server.ts';
import { BlockStore } from '../storage/block-store.ts';
import { dataDirPaths, lockDataDir } from '../storage/data-dir.ts';
import { LevelStore } from '../storage/level-store.ts';
import { acceptLostJournal, VoteJournal } from '../storage/vote-journal.ts';
import { serveBlocks } from '../sync/block-server.ts';
import { BlockSync } from '../sync/block-sync.ts';
import { spreadEvidence } from '../sync/evidence-gossip.ts';
import { TransactionGossip } from '../sync/transaction-gossip.ts';
import { hashGenesis } from '../types/genesis.ts';
import { validateGenesis } from '../types/genesis-check.ts';
import { systemClock } from '../util/clock.ts';
import { errorCode, NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import { createLogger, type Logger } from '../util/logger.ts';
import { BlockFetcher } from '../validator/block-fetcher.ts';
import { ConsensusDriver, type HaltFact } from '../validator/driver.ts';
import { ProposalBuilder } from '../validator/proposal-builder.ts';
import { VoteSigner } from '../validator/vote-signer.ts';
import { makeAdminToken } from './admin-token.ts';
import { readGenesisFile } from './genesis-file.ts';
import { JOURNAL_FAULTS, type JournalFault } from './journal-fault.ts';
import { loadNodeKeys, type NodeKeys } from './node-keys.ts';
import { type NodeOptions, type NodeOptionsInput, NodeOptionsSchema } from './options.ts';
import { rpcPorts } from './ports/rpc-ports.ts';
import { PROTOCOL_VERSION } from './protocol-version.ts';
import { waitForQuorum } from './quorum-wait.ts';
import { SentRecord } from './sent-record.ts';

export interface RunningNode {
  readonly peerId: string;
  /** Announced multiaddrs, with /p2p/. */
  readonly addresses: readonly string[];
  readonly rpcUrl: string;
  /** Resolves with the reason if the node has to stop by itself. */
  readonly failed: Promise<Error>;
  stop(): Promise<void>;
}

/** Steps that are undone in reverse order, each even if another fails. */
class Teardown {
  readonly #steps: { name: string; run: () => Promise<void> | void }[] = [];

  add(name: string, run: () => Promise<void> | void): void {
    this.#steps.push({ name, run });
  }

  async run(logger: Logger): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop())
      try {
        await step.run();
      } catch (error) {
        logger.error({ step: step.name, err: error }, 'a part of the node did not stop cleanly');
      }
  }
}

/**
 * Starts a node from its data directory: the only place where all parts meet. What is started is stopped in reverse
 * order, also when a later step fails.
 * @throws NodeError of the part that cannot start
 */
export async function startNode(input: NodeOptionsInput): Promise<RunningNode> {
  const options = NodeOptionsSchema.parse(input);
  const logger = createLogger(options.logLevel).child({ node: options.name });
  const teardown = new Teardown();
  try {
    return await start(options, logger, teardown);
  } catch (error) {
    await teardown.run(logger);
    throw error;
  }
}

async function start(options: NodeOptions, logger: Logger, teardown: Teardown): Promise<RunningNode> {
  const startedAtMs = systemClock.wallMs();
  const paths = dataDirPaths(options.dataDir);
  const lock = lockDataDir(options.dataDir);
  teardown.add('lock', () => lock.release());
  const genesis = await readGenesisFile(paths.genesis);
  const genesisHash = hashGenesis(genesis);
  const keys = await loadNodeKeys(paths, options);

  const store = await BlockStore.open(await LevelStore.open(paths.database), genesisHash);
  teardown.add('store', () => store.close());
  // A store that has a head is bound to the hash of a genesis that was checked when the store was made.
  if (store.head() === undefined) validateGenesis(genesis);
  const verifier = new CachedVerifier(LIMITS.maxVerifiedSignatures);
  const { chain, pool } = await openChain({
    genesis,
    store,
    verifier,
    clock: systemClock,
    logger: logger.child({ module: 'chain' }),
    onExecutable: () => driver?.workAvailable(),
  });
  const { votes, journalFault } =
    keys.validator === undefined
      ? { votes: undefined, journalFault: undefined }
      : await openVotes(options, keys.validator, chain, teardown, logger);

  const sent = options.recordSent === undefined ? undefined : new SentRecord(options.recordSent);
  teardown.add('record', () => sent?.close());

  const network = await createNetwork({
    genesisHash,
    chainId: genesis.chainId,
    protocolVersion: PROTOCOL_VERSION,
    forkId: genesisHash,
    nodeKeySeed: keys.nodeSeed,
    listen: options.listen,
    advertise: options.advertise,
    bootnodes: options.bootnodes,
    ...(options.swarmKeyFile === undefined ? {} : { swarmKey: await readFile(options.swarmKeyFile) }),
    maxPeers: options.maxPeers,
    loopbackTestnet: options.loopbackTestnet,
    role: keys.validator === undefined ? 'observer' : 'validator',
    ...(keys.validator === undefined
      ? {}
      : { validatorKey: { id: keys.validator.id, keyPair: keys.validator.consensusKey } }),
    head: () => ({ height: chain.head.height, hash: chain.head.hash }),
    ...(sent === undefined ? {} : { onSend: (topic, bytes) => sent.note(topic, bytes) }),
    logger: logger.child({ module: 'network' }),
    clock: systemClock,
  });
  const halt = Promise.withResolvers<Error>();
  const sync = new BlockSync({
    chain,
    network,
    logger: logger.child({ module: 'sync' }),
    onHalt: (fact) => {
      driver?.stop();
      halt.resolve(haltError({ code: 'CANNOT_COMMIT', ...fact }, logger));
    },
  });
  teardown.add('sync', () => sync.stop());
  const driver: ConsensusDriver | undefined = createDriver(
    { options, logger, chain, pool, network, verifier, sync, votes, keys },
    (error) => halt.resolve(error),
  );
  serveBlocks(network, chain, pool);
  spreadEvidence(network, chain.evidence);
  const gossip = new TransactionGossip(network, pool);
  network.setValidators(chain.validators, chain.nextValidators);
  await network.start();
  teardown.add('network', () => network.stop());
  teardown.add('gossip', () => gossip.stop());
  const stopWatching = network.subscribe((event) => {
    if (event.kind === 'head-claim' && event.head.height > chain.head.height + 1) sync.trigger();
    if (event.kind === 'peer-connected' && event.peer.head.height > chain.head.height) sync.trigger();
  });
  teardown.add('watch', stopWatching);
  await pool.restore();
  const stopping = new AbortController();
  const starting = waitForQuorum(network, chain.validators, stopping.signal).then(() => {
    if (!stopping.signal.aborted) driver.start();
  });
  teardown.add('driver', async () => {
    stopping.abort();
    await starting;
    driver.stop();
  });

  const rpc = await createRpcServer(
    rpcPorts({
      options,
      startedAtMs,
      chain,
      pool,
      network,
      sync,
      driver,
      keys,
      clock: systemClock,
      votes,
      journalFault,
    }),
    {
      host: options.rpcHost,
      port: options.rpcPort,
      hostAllowlist: options.rpcHostAllowlist,
      adminToken: await makeAdminToken(paths.adminToken),
      logger: logger.child({ module: 'rpc' }),
    },
  );
  teardown.add('rpc', () => rpc.close());
  logger.info(
    { peerId: network.peerId, rpc: rpc.url, height: chain.head.height, genesisHash },
    'node started',
  );
  return {
    peerId: network.peerId,
    addresses: network.addresses(),
    rpcUrl: rpc.url,
    failed: halt.promise,
    stop: () => teardown.run(logger),
  };
}

interface OpenedVotes {
  readonly votes: VoteSigner | undefined;
  /** Why the validator only watches. */
  readonly journalFault: JournalFault | undefined;
}

/**
 * Opens the vote journal. Where it is lost or cannot be read, the validator only watches, because nobody knows what it
 * has signed; where some of its records are damaged, it watches until the heights that they can be about are decided.
 */
async function openVotes(
  options: NodeOptions,
  validator: BlockProducer,
  chain: Chain,
  teardown: Teardown,
  logger: Logger,
): Promise<OpenedVotes> {
  const { journal: path } = dataDirPaths(options.dataDir);
  const owner = { genesisHash: chain.genesisHash, validator: validator.id };
  if (options.acceptLostJournal !== undefined) {
    logger.warn(
      { from: options.acceptLostJournal },
      'the loss of the vote journal is accepted: if this key has voted at or above that height, it may now contradict itself',
    );
    await acceptLostJournal(path, owner, options.acceptLostJournal);
  }
  let opened: Awaited<ReturnType<typeof VoteJournal.open>>;
  try {
    opened = await VoteJournal.open(path, { ...owner, headHeight: chain.head.height });
  } catch (error) {
    const journalFault = JOURNAL_FAULTS.find((code) => code === errorCode(error));
    if (journalFault === undefined) throw error;
    logger.error(
      { path, height: chain.head.height, reason: journalFault },
      `the vote journal ${journalFault === 'JOURNAL_MISSING' ? 'is lost' : 'is damaged'}: this validator watches without voting until it is started with --accept-lost-journal <height>`,
    );
    return { votes: undefined, journalFault };
  }
  const { journal, state } = opened;
  teardown.add('journal', () => journal.close());
  if (state.damaged)
    logger.error(
      { path, signableFrom: state.signableFrom },
      'records of the vote journal are damaged: this validator watches without voting below this height',
    );
  const votes = new VoteSigner(validator.id, validator.consensusKey, chain.genesisHash, journal);
  return { votes, journalFault: undefined };
}

interface DriverParts {
  readonly options: NodeOptions;
  readonly logger: Logger;
  readonly chain: Chain;
  readonly pool: TransactionPool;
  readonly network: Network;
  readonly verifier: CachedVerifier;
  readonly sync: BlockSync;
  readonly votes: VoteSigner | undefined;
  readonly keys: NodeKeys;
}

function createDriver(parts: DriverParts, onFailure: (error: Error) => void): ConsensusDriver {
  const { options, chain, pool, network, votes, keys } = parts;
  const { parameters } = chain.genesis;
  const logger = parts.logger.child({ module: 'consensus' });
  const targetBlockIntervalMs = options.targetBlockIntervalMs ?? parameters.targetBlockIntervalMs;
  const { validator } = keys;
  return new ConsensusDriver(
    {
      chain,
      network,
      verifier: parts.verifier,
      fetcher: new BlockFetcher({ chain, pool, network, logger }),
      ...(votes === undefined || validator === undefined
        ? {}
        : {
            signer: {
              votes,
              builder: new ProposalBuilder(chain, validator, {
                baseTimeoutMs: options.baseTimeoutMs,
                clock: systemClock,
              }),
            },
          }),
      clock: systemClock,
      logger,
      onBehind: (height) => parts.sync.trigger(height),
      onHalt: (fact) => onFailure(haltError(fact, logger)),
    },
    {
      self: votes?.id,
      baseTimeoutMs: options.baseTimeoutMs,
      timeoutCapMs: options.timeoutCapMs,
      resendIntervalMs: options.resendIntervalMs,
      targetBlockIntervalMs,
      emptyBlockIntervalMs: options.emptyBlockIntervalMs ?? parameters.emptyBlockIntervalMs,
      maxClockDriftMs: parameters.maxClockDriftMs,
    },
  );
}

/** Why the node stops by itself, logged. */
function haltError(fact: HaltFact, logger: Logger): NodeError {
  const error = new NodeError(fact.code, `this node cannot take part any more: ${fact.reason}`, {
    data: { ...fact },
    hint: 'look for a full disk, another version than the other nodes have, or a damaged data directory',
  });
  logger.fatal(fact, error.message);
  return error;
}
