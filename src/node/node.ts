import { readFile } from 'node:fs/promises';
import { openChain } from '../chain/open-chain.ts';
import { CachedVerifier } from '../crypto/cached-verifier.ts';
import { createNetwork } from '../network/network.ts';
import { createRpcServer } from '../rpc/server.ts';
import { BlockStore } from '../storage/block-store.ts';
import { dataDirPaths, lockDataDir } from '../storage/data-dir.ts';
import { LevelStore } from '../storage/level-store.ts';
import { serveBlocks } from '../sync/block-server.ts';
import { BlockSync } from '../sync/block-sync.ts';
import { spreadEvidence } from '../sync/evidence-gossip.ts';
import { TransactionGossip } from '../sync/transaction-gossip.ts';
import { hashGenesis } from '../types/genesis.ts';
import { validateGenesis } from '../types/genesis-check.ts';
import { systemClock } from '../util/clock.ts';
import { LIMITS } from '../util/limits.ts';
import { createLogger } from '../util/logger.ts';
import type { ConsensusDriver } from '../validator/driver.ts';
import { makeAdminToken } from './admin-token.ts';
import { readAllowlist } from './allowlist-file.ts';
import { readGenesisFile } from './genesis-file.ts';
import { listenLocally } from './local-socket.ts';
import { loadNodeKeys } from './node-keys.ts';
import { NodeLog } from './node-log.ts';
import { openScopes } from './open-scopes.ts';
import { openVotes } from './open-votes.ts';
import {
  type NodeOptions,
  type NodeOptionsInput,
  NodeOptionsSchema,
  type OptionOrigins,
  originsOf,
} from './options.ts';
import { readPageFiles } from './page-files.ts';
import { createParticipation, haltError } from './participation.ts';
import { rpcPorts } from './ports/rpc-ports.ts';
import { PROTOCOL_VERSION } from './protocol-version.ts';
import { waitForQuorum } from './quorum-wait.ts';
import { SentRecord } from './sent-record.ts';
import { Teardown } from './teardown.ts';
import { readTlsFiles } from './tls-files.ts';
import { tokenFileIn } from './token-file.ts';

export interface RunningNode {
  readonly peerId: string;
  /** Announced multiaddrs, with /p2p/. */
  readonly addresses: readonly string[];
  readonly rpcUrl: string;
  /** Resolves with the reason if the node has to stop by itself. */
  readonly failed: Promise<Error>;
  stop(): Promise<void>;
}

/**
 * Starts a node from its data directory: the only place where all parts meet. What is started is stopped in reverse
 * order, also when a later step fails. `origins` says where each option is from.
 * @throws NodeError of the part that cannot start
 */
export async function startNode(
  input: NodeOptionsInput,
  origins: OptionOrigins = originsOf(input),
): Promise<RunningNode> {
  const options = NodeOptionsSchema.parse(input);
  const log = new NodeLog(createLogger(options.logLevel).child({ node: options.name }));
  const teardown = new Teardown();
  try {
    return await start(options, origins, log, teardown);
  } catch (error) {
    await teardown.run(log.root);
    throw error;
  }
}

async function start(
  options: NodeOptions,
  origins: OptionOrigins,
  log: NodeLog,
  teardown: Teardown,
): Promise<RunningNode> {
  const logger = log.root;
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
  // Chain and sync come first, and call the driver only when it is there.
  const participation: { driver?: ConsensusDriver } = {};
  const { chain, pool } = await openChain({
    genesis,
    store,
    verifier,
    clock: systemClock,
    logger: log.module('chain'),
    onExecutable: () => participation.driver?.workAvailable(),
  });
  const { votes, journalFault } =
    keys.validator === undefined
      ? { votes: undefined, journalFault: undefined }
      : await openVotes(options, keys.validator, chain, teardown, logger);

  const sent = options.recordSent === undefined ? undefined : new SentRecord(options.recordSent);
  teardown.add('record', () => sent?.close());

  const allowed =
    options.allowlistFile === undefined ? undefined : await readAllowlist(options.allowlistFile);
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
    ...(allowed === undefined ? {} : { allowPeer: (peerId) => allowed.has(peerId) }),
    maxPeers: options.maxPeers,
    loopbackTestnet: options.loopbackTestnet,
    role: keys.validator === undefined ? 'observer' : 'validator',
    ...(keys.validator === undefined
      ? {}
      : { validatorKey: { id: keys.validator.id, keyPair: keys.validator.consensusKey } }),
    head: () => ({ height: chain.head.height, hash: chain.head.hash }),
    ...(sent === undefined ? {} : { onSend: (topic, bytes) => sent.note(topic, bytes) }),
    logger: log.module('network'),
    clock: systemClock,
  });
  const halt = Promise.withResolvers<Error>();
  const sync = new BlockSync({
    chain,
    network,
    logger: log.module('sync'),
    onHalt: (fact) => {
      participation.driver?.stop();
      halt.resolve(haltError({ code: 'CANNOT_COMMIT', ...fact }, logger));
    },
  });
  teardown.add('sync', () => sync.stop());
  const { driver, scheduler } = createParticipation({
    options,
    log,
    chain,
    pool,
    network,
    verifier,
    votes,
    keys,
    onBehind: (height) => sync.trigger(height),
    onFailure: (error) => halt.resolve(error),
  });
  participation.driver = driver;
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
    if (stopping.signal.aborted) return;
    driver.start();
    scheduler?.start();
  });
  teardown.add('driver', async () => {
    stopping.abort();
    await starting;
    scheduler?.stop();
    driver.stop();
  });

  const { rpcSocket } = options;
  const adminToken = await makeAdminToken(paths.adminToken);
  const tokenFile = tokenFileIn(options.dataDir);
  tokenFile.tokens();
  const rpc = await createRpcServer(
    rpcPorts({
      options,
      origins,
      log,
      startedAtMs,
      chain,
      pool,
      network,
      sync,
      driver,
      scheduler,
      keys,
      clock: systemClock,
      votes,
      journalFault,
    }),
    {
      host: options.rpcHost,
      port: options.rpcPort,
      hostAllowlist: options.rpcHostAllowlist,
      scopes: openScopes(options),
      tokens: () => [adminToken, ...tokenFile.tokens()],
      callsPerSecond: options.rpcRateLimit,
      crossOrigins: options.rpcCors,
      tls: await readTlsFiles(options),
      listenLocally: rpcSocket === undefined ? undefined : (onRequest) => listenLocally(rpcSocket, onRequest),
      page: await readPageFiles(),
      logger: log.module('rpc'),
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
