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
import { collectorOf, proposersAbove } from '../validator/collector.ts';
import type { ConsensusDriver } from '../validator/driver.ts';
import { ChainKeys } from '../validator/validator-keys.ts';
import { makeAdminToken } from './admin-token.ts';
import { advertisedAddresses } from './advertised-addresses.ts';
import { BannedPeers } from './banned-peers.ts';
import { readGenesisFile } from './genesis-file.ts';
import { type HostPort, parseHostPort } from './host-port.ts';
import { announceRotations, identityOf } from './key-announcement.ts';
import { listenLocally } from './local-socket.ts';
import { MembershipVotes } from './membership-votes.ts';
import { findValidatorKeys, loadAccountKey, loadNodeKeys } from './node-keys.ts';
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
import { PeerHistory } from './peer-history.ts';
import { Permissions } from './permissions.ts';
import { rpcPorts } from './ports/rpc-ports.ts';
import { findObstacle } from './probe-peer.ts';
import { PROTOCOL_VERSION } from './protocol-version.ts';
import { waitForQuorum } from './quorum-wait.ts';
import { SentRecord } from './sent-record.ts';
import { Teardown } from './teardown.ts';
import { readTlsFiles } from './tls-files.ts';
import { tokenFileIn } from './token-file.ts';
import { createUpkeep } from './upkeep.ts';

export interface RunningNode {
  readonly peerId: string;
  /** Announced multiaddrs, with /p2p/. */
  readonly addresses: readonly string[];
  readonly rpcUrl: string;
  /** Where metrics are served beside the RPC, if anywhere. */
  readonly metricsUrl: string | undefined;
  /** Resolves with the reason if the node has to stop by itself. */
  readonly failed: Promise<Error>;
  /** Resolves when an operator has asked it to stop (admin_shutdown). */
  readonly stopRequested: Promise<void>;
  /** How far the node has come, and how far its peers are. */
  syncStatus(): { readonly syncing: boolean; readonly height: number; readonly targetHeight: number };
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
  const { nodeSeed, validator } = await loadNodeKeys(paths, options);

  const store = await BlockStore.open(await LevelStore.open(paths.database), genesisHash);
  teardown.add('store', () => store.close());
  // A store that has a head is bound to the hash of a genesis that was checked when the store was made.
  if (store.head() === undefined) validateGenesis(genesis);
  const verifier = new CachedVerifier(LIMITS.maxVerifiedSignatures);
  // Chain and sync come first, and call the driver only when it is there.
  const participation: { driver?: ConsensusDriver } = {};
  const permissions = await Permissions.open(options.allowlistFile);
  const bans = await BannedPeers.open(paths.bannedPeers, systemClock);
  const { chain, pool } = await openChain({
    genesis,
    store,
    verifier,
    clock: systemClock,
    logger: log.module('chain'),
    onExecutable: () => participation.driver?.workAvailable(),
    isSenderAllowed: (sender) => permissions.isAccountAllowed(sender),
  });
  const keys =
    validator === undefined
      ? undefined
      : new ChainKeys({
          id: validator.id,
          chain,
          load: (named) => findValidatorKeys(paths, options, named),
          logger,
        });
  const { votes, journalFault } =
    keys === undefined
      ? { votes: undefined, journalFault: undefined }
      : await openVotes(options, keys, chain, teardown, logger);

  const sent = options.recordSent === undefined ? undefined : new SentRecord(options.recordSent);
  teardown.add('record', () => sent?.close());

  // Until the chain names this validator, peers know it by the key that it was made with.
  const announced = (await keys?.follow()) ?? validator;
  const swarmKey = options.swarmKeyFile === undefined ? undefined : await readFile(options.swarmKeyFile);
  const findObstacleTo = (address: string) =>
    findObstacle(address, { chainId: genesis.chainId, genesisHash }, swarmKey);
  const network = await createNetwork({
    genesisHash,
    chainId: genesis.chainId,
    protocolVersion: PROTOCOL_VERSION,
    forkId: genesisHash,
    nodeKeySeed: nodeSeed,
    listen: options.listen,
    advertise: advertisedAddresses(options.advertise, options.listen),
    advertiseOnly: options.advertiseOnly,
    bootnodes: options.bootnodes,
    ...(swarmKey === undefined ? {} : { swarmKey }),
    allowPeer: (peerId) => permissions.isNodeAllowed(peerId),
    bans,
    // On a testnet boot nodes are late, not lost, and the processors are busy.
    ...(options.loopbackTestnet ? {} : { findObstacle: findObstacleTo }),
    maxPeers: options.maxPeers,
    loopbackTestnet: options.loopbackTestnet,
    role: keys === undefined ? 'observer' : 'validator',
    ...(announced === undefined ? {} : { validatorKey: identityOf(announced) }),
    head: () => ({ height: chain.head.height, hash: chain.head.hash }),
    speakNext: () => proposersAbove(chain),
    ...(sent === undefined ? {} : { onSend: (topic, bytes) => sent.note(topic, bytes) }),
    logger: log.module('network'),
    clock: systemClock,
  });
  permissions.onChange(() => network.allowedChanged());
  bans.onChange(() => network.allowedChanged());
  const peerHistory = await PeerHistory.open(paths.peerHistory, {
    network,
    clock: systemClock,
    logger: log.module('network'),
  });
  teardown.add('peer history', () => peerHistory.close());
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
  const gossip = new TransactionGossip({
    network,
    pool,
    collector: () => {
      const collector = votes === undefined ? undefined : collectorOf(chain);
      return collector === votes?.id ? undefined : collector;
    },
    clock: systemClock,
  });
  const { driver, scheduler } = createParticipation({
    options,
    log,
    chain,
    pool,
    network,
    gossip,
    verifier,
    votes,
    keys,
    onBehind: (height) => sync.trigger(height),
    onFailure: (error) => halt.resolve(error),
  });
  participation.driver = driver;
  serveBlocks(network, chain, pool);
  spreadEvidence(network, chain.evidence);
  network.setValidators(chain.validators, chain.nextValidators);
  await network.start();
  teardown.add('network', () => network.stop());
  teardown.add('gossip', () => gossip.stop());
  const stopWatching = network.subscribe((event) => {
    if (event.kind === 'head-claim' && event.head.height > chain.head.height + 1) sync.trigger();
    if (event.kind === 'peer-connected' && event.peer.head.height > chain.head.height) sync.trigger();
  });
  teardown.add('watch', stopWatching);
  if (keys !== undefined)
    teardown.add('announcement', announceRotations({ keys, chain, network, logger }, announced));
  await pool.restore();
  const stopping = new AbortController();
  const starting = waitForQuorum(network, chain.validators, stopping.signal).then(() => {
    if (stopping.signal.aborted) return;
    logger.info(
      { reachable: network.reachableValidators().length, peers: network.peers().length },
      'consensus starts',
    );
    driver.start();
    scheduler?.start();
  });
  teardown.add('driver', async () => {
    stopping.abort();
    await starting;
    scheduler?.stop();
    driver.stop();
  });

  const membershipVotes =
    keys === undefined
      ? undefined
      : new MembershipVotes({
          chain,
          pool,
          validator: keys.id,
          accountKey: () => loadAccountKey(paths, keys.id, options),
          clock: systemClock,
          logger: log.module('consensus'),
        });
  teardown.add('membership votes', () => membershipVotes?.stop());

  const { rpcSocket } = options;
  const rpcAddress = parseHostPort(options.rpcListen) as HostPort; // the schema has checked it
  const adminToken = await makeAdminToken(paths.adminToken);
  const tokenFile = tokenFileIn(options.dataDir);
  tokenFile.tokens();
  const stopRequest = Promise.withResolvers<void>();
  const upkeep = createUpkeep({
    chain,
    paths,
    clock: systemClock,
    logger,
    // The answer leaves first.
    shutdown: () => void setImmediate(() => stopRequest.resolve()),
  });
  teardown.add('upkeep', () => upkeep.close());
  const ports = rpcPorts({
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
    membershipVotes,
    permissions,
    bans,
    findObstacle: findObstacleTo,
    peerHistory,
    upkeep,
    clock: systemClock,
    votes,
    journalFault,
  });
  const rpc = await createRpcServer(ports, {
    ...rpcAddress,
    hostAllowlist: options.rpcHostAllowlist,
    scopes: openScopes(rpcAddress.host, options.rpcApi),
    tokens: () => [adminToken, ...tokenFile.tokens()],
    callsPerSecond: options.rpcRateLimit,
    crossOrigins: options.rpcCors,
    tls: await readTlsFiles(options),
    metrics: options.metrics === undefined ? undefined : parseHostPort(options.metrics),
    listenLocally: rpcSocket === undefined ? undefined : (onRequest) => listenLocally(rpcSocket, onRequest),
    page: await readPageFiles(),
    logger: log.module('rpc'),
  });
  teardown.add('rpc', () => rpc.close());
  logger.info(
    { peerId: network.peerId, rpc: rpc.url, height: chain.head.height, genesisHash },
    'node started',
  );
  return {
    peerId: network.peerId,
    addresses: network.addresses(),
    rpcUrl: rpc.url,
    metricsUrl: rpc.metricsUrl,
    failed: halt.promise,
    stopRequested: stopRequest.promise,
    syncStatus: () => ({ ...ports.sync.status(), height: chain.head.height }),
    stop: () => teardown.run(logger),
  };
}
