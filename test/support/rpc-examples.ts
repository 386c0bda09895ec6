import { EXAMPLE_AGREEMENT } from '../../src/client/example-agreement.ts';
import { billingPort } from '../../src/node/ports/billing-port.ts';
import { bpciPort } from '../../src/node/ports/bpci-port.ts';
import { bpiPort } from '../../src/node/ports/bpi-port.ts';
import { clusterPort } from '../../src/node/ports/cluster-port.ts';
import { docklockPort } from '../../src/node/ports/docklock-port.ts';
import { poePort } from '../../src/node/ports/poe-port.ts';
import { Dispatcher } from '../../src/rpc/dispatcher.ts';
import { createHandlers } from '../../src/rpc/handlers.ts';
import { type MethodSpec, SCOPES } from '../../src/rpc/schema/method.ts';
import { METHODS, type MethodName } from '../../src/rpc/schema/methods.ts';
import { addressToText } from '../../src/types/address.ts';
import { SUBTREES } from '../../src/types/names.ts';
import { BPCI } from '../../src/types/operations/bpci.ts';
import { nodeMessageSigningBytes } from '../../src/types/operations/bpci-records.ts';
import { encodeOperation } from '../../src/types/operations/catalog.ts';
import { CLUSTER } from '../../src/types/operations/cluster.ts';
import { ECONOMY } from '../../src/types/operations/economy.ts';
import { toHex } from '../../src/util/bytes.ts';
import { silentLogger } from '../../src/util/logger.ts';
import { activate, eventsOf, propose, sign } from './bpi-chain.ts';
import { ExecutingRpc } from './executing-rpc.ts';
import { ForeignChain } from './foreign-chain.ts';
import { IMAGE, reportApp } from './reported-app.ts';
import { RpcNode } from './rpc-ports.ts';

/** A call with its answer. */
export interface Example {
  readonly params: object;
  readonly result: unknown;
}

type Call = (name: MethodName, params: object) => Promise<unknown>;

const SERVICE = 'ab'.repeat(32);

/** The method that returns the document cannot stand in it with its answer. */
export const WITHOUT_EXAMPLE: readonly MethodName[] = ['rpc.discover'];

/** They answer from a chain that executes. */
const isLedgerMethod = (name: string) =>
  /^(?:bpci|bpi|cluster|docklock|poe)_/.test(name) || name === 'economy_getProofOfGold';

/**
 * Calls every method once, on nodes whose keys and clocks are fixed, so that every run gives the same answers: those
 * of the ledgers that execute operations on a chain that does, all others on a node in memory.
 */
export async function runExamples(): Promise<Record<string, Example>> {
  const all = (Object.keys(METHODS) as MethodName[]).filter((name) => !WITHOUT_EXAMPLE.includes(name));
  const waits = (name: MethodName) => (METHODS[name] as MethodSpec).waits === true;
  // Those that wait for a block come last: it would empty the pool for the others.
  const names = [...all.filter((name) => !waits(name)), ...all.filter(waits)];
  const node = await nodeCalls();
  const ledgers = await ledgerCalls();
  const bill = await billCall();
  const examples: Record<string, Example> = {};
  for (const name of names) {
    const { call, params } = name === 'economy_getBill' ? bill : isLedgerMethod(name) ? ledgers : node;
    const given = params[name] ?? {};
    examples[name] = { params: given, result: JSON.parse(JSON.stringify(await call(name, given))) };
  }
  return examples;
}

interface Calls {
  readonly call: Call;
  readonly params: { readonly [Name in MethodName]?: object };
}

const OTHER_PEER_ID = '12D3KooWH3uVF6wv47WnArKHk5p6cvgCJEb74UTmxztmQDc298L3';
const PEER_ID = '12D3KooWGRUfh3kPmoBjDkJ3GgUBYNsbxBBmCBBB7ZpRZ1x5Dfnd';

/** One transaction in a block, one in the pool. */
async function nodeCalls(): Promise<Calls> {
  const node = new RpcNode();
  const dispatcher = new Dispatcher({ handlers: createHandlers(node.ports()), logger: silentLogger });
  const session = {
    scopes: new Set(SCOPES),
    subscriptions: {
      subscribe: () => 'e0b1c1c4-8a4a-4c06-9d1e-2f0f6f2f9b1a',
      unsubscribe: () => true,
      close() {},
    },
  };
  const context = { session, signal: new AbortController().signal };
  const call: Call = (name, params) => dispatcher.call(name, params, context);
  const raw = () => `0x${toHex(node.chain.nextTransaction().bytes)}`;
  const { txId } = (await call('tx_send', { transaction: raw() })) as { txId: string };
  const { hash } = node.commit();
  const pooled = node.chain.nextTransaction();
  await call('tx_send', { transaction: `0x${toHex(pooled.bytes)}` });
  const address = addressToText(pooled.value.body.sender);
  const keys = { consensusKey: '11'.repeat(32), vrfKey: '22'.repeat(32), bond: 0n };
  const id = pooled.value.body.sender;
  node.allowedNodes = [PEER_ID];
  node.allowedAccounts = [id];
  node.members = [{ id, status: 'candidate', ...keys, votes: [] }];
  node.miner.mine('economy', 1, 'FINAL');
  const counts = { MINED: 1, INCLUDED: 1, FINAL: 1, LOST: 0 };
  const best = { rank: 1, miner: node.miner.self, txCount: 2 };
  node.miner.setWork('economy', {
    parent: hash,
    sendsAtMs: 1_450,
    heard: [{ rank: 1, miner: node.miner.self, txCount: 2, state: 'checked' }],
  });
  node.miner.change('economy', { state: 'ELECTED', height: 2, rank: 2, best, counts });
  const transaction = raw();
  const awaited: Call = async (name, params) => {
    const answer = call(name, params);
    // The block that a waiting call waits for.
    if ((METHODS[name] as MethodSpec).waits === true) setImmediate(() => node.commit());
    return await answer;
  };
  return {
    call: awaited,
    params: {
      chain_getTransactionProof: { txId },
      chain_getReceiptProof: { txId },
      tx_send: { transaction },
      tx_sendAndWait: { transaction: raw() },
      tx_sendMany: { transactions: [raw(), '0x00'] },
      tx_get: { txId },
      tx_getReceipt: { txId },
      tx_getNonce: { address, ledger: 'economy' },
      tx_simulate: { transaction },
      tx_status: { txId },
      state_get: { subtree: 'economy', path: 'present' },
      state_getProof: { subtree: 'economy', path: 'absent' },
      txpool_contentFrom: { address },
      txpool_getTransaction: { txId: `0x${pooled.id}` },
      txpool_remove: { txId },
      txpool_flush: { ledger: 'docklock' },
      miner_getQueue: { ledger: 'economy' },
      miner_getWork: { ledger: 'economy' },
      ibft_getValidatorsByBlockHash: { hash: `0x${hash}` },
      admin_startProfile: { forMs: 5_000 },
      state_snapshotVerify: { file: 'snapshots/2023-11-14T22-13-20-000Z.snapshot' },
      economy_getBalance: { address },
      economy_getMeter: { payer: address, ledger: 'bpci' },
      economy_getLocks: { address },
      economy_getRewards: { address },
      ibft_proposeValidatorVote: { address, add: true },
      ibft_discardValidatorVote: { address },
      gossip_message: { messageId: `0x${'99'.repeat(32)}` },
      perm_addNodesToAllowlist: { peerIds: [PEER_ID] },
      perm_removeNodesFromAllowlist: { peerIds: [PEER_ID] },
      perm_addAccountsToAllowlist: { accounts: [address] },
      perm_removeAccountsFromAllowlist: { accounts: [address] },
      perm_check: { subject: PEER_ID },
      admin_removePeer: { peerId: PEER_ID },
      admin_banPeer: { peerId: PEER_ID, reason: 'sends what is no gossip' },
      admin_unbanPeer: { peerId: OTHER_PEER_ID },
      admin_addPeer: { address: '/ip4/127.0.0.1/tcp/4102' },
      admin_setLogLevel: { level: 'debug', module: 'chain' },
      debug_replayBlock: { height: 'latest' },
      debug_traceTransaction: { txId },
      debug_diffState: {
        height: 1,
        roots: Object.fromEntries(SUBTREES.map((name) => [name, `0x${'33'.repeat(32)}`])),
      },
      debug_getStateLeaves: { subtree: 'economy' },
      admin_isolate: { forMs: 5_000 },
      admin_partition: { peerIds: ['12D3KooWGRUfh3kPmoBjDkJ3GgUBYNsbxBBmCBBB7ZpRZ1x5Dfnd'] },
      meta_subscribe: { topic: 'newHeads' },
      meta_unsubscribe: { subscription: 'e0b1c1c4-8a4a-4c06-9d1e-2f0f6f2f9b1a' },
    },
  };
}

/** Alice has a node, an app with a running container, a service, an agreement with Bob; a message and a client of bpci. */
async function ledgerCalls(): Promise<Calls> {
  const rpc = await ExecutingRpc.open(({ chain }) => ({
    docklock: {
      ...docklockPort(chain),
      // What is installed differs between machines.
      runtimes: async () => [
        {
          name: 'runc',
          version: undefined,
          fault: { code: 'RUNTIME_NOT_FOUND', message: 'runc is not installed' },
        },
      ],
    },
    cluster: clusterPort(chain),
    bpi: bpiPort(chain),
    bpci: bpciPort(chain),
    poe: poePort(chain),
  }));
  const { alice, bob, genesisHash, validators } = rpc.world;
  const owner = addressToText(alice.address);
  const { app, actionTxId, joinTxId } = await runApp(rpc);

  const [proposal] = eventsOf(await rpc.run(alice, 'bpi', [propose(EXAMPLE_AGREEMENT, [alice, bob])]));
  const agreement = String(proposal?.value.agreement);
  const version = String(proposal?.value.versionHash);
  await rpc.run(bob, 'bpi', [sign(agreement, version)]);
  const active = await rpc.run(alice, 'bpi', [sign(agreement, version), activate(agreement)]);

  const source = (validators[0] as (typeof validators)[number]).consensus;
  const message = {
    source: source.publicKey,
    destination: 'cd'.repeat(32),
    service: SERVICE,
    nonce: 7n,
    frameHash: 'ef'.repeat(32),
  };
  const signature = source.sign(nodeMessageSigningBytes(genesisHash, message));
  const foreign = new ForeignChain();
  const sent = await rpc.run(alice, 'bpci', [
    encodeOperation(BPCI.operations.NodeMsg, { ...message, signature }),
    encodeOperation(BPCI.operations.ClientCreate, {
      genesisHash: foreign.genesisHash,
      trustingPeriodMs: 60_000,
      block: foreign.lightBlock(2),
    }),
  ]);
  const paid = await rpc.run(alice, 'economy', [
    encodeOperation(ECONOMY.operations.Transfer, {
      to: bob.address,
      token: 'FLX',
      amount: 1_500_000n,
      reference: 'rent',
    }),
  ]);
  const client = (await rpc.call('bpci_listClients', {})).items[0]?.client;
  return {
    call: (name, params) => rpc.call(name, params as never),
    params: {
      docklock_getImage: { digest: `0x${IMAGE}` },
      docklock_getApp: { app },
      docklock_getContainer: { app, replica: 0 },
      docklock_getProofOfAction: { txId: actionTxId },
      cluster_placement: { owner, app: 'api', replica: 0 },
      cluster_resolve: { service: 'web', key: 'client 7' },
      cluster_getProofOfCoordination: { txId: joinTxId },
      bpi_getAgreement: { agreement: `0x${agreement}` },
      bpi_evaluatePolicy: {
        agreement: `0x${agreement}`,
        subject: { id: 'ann', attributes: [{ name: 'region', kind: 'text', value: 'BR' }] },
      },
      poe_getIndex: { address: owner },
      bpi_getProofOfExecution: { txId: `0x${active.txId}` },
      economy_getProofOfGold: { txId: `0x${paid.txId}` },
      bpci_getChannel: { source: `0x${source.publicKey}`, service: `0x${SERVICE}` },
      bpci_getClient: { client: client as string },
      bpci_getProofOfTransact: { txId: `0x${sent.txId}` },
      bpci_getTransfer: { txId: `0x${paid.txId}` },
    },
  };
}

/** Alice paid Bob twice, and the window in which she did is closed. */
async function billCall(): Promise<Calls> {
  const rpc = await ExecutingRpc.open(({ chain }) => ({ billing: billingPort(chain) }));
  const { alice, bob, clock, genesis } = rpc.world;
  const payment = { to: bob.address, token: 'FLX' as const, amount: 1_500_000n, reference: 'rent' };
  for (let i = 0; i < 2; i++)
    await rpc.run(alice, 'economy', [encodeOperation(ECONOMY.operations.Transfer, payment)]);
  clock.advance(genesis.parameters.billingWindowMs);
  for (let i = 0; i < 2; i++) await rpc.world.extend(rpc.node);
  return {
    call: (name, params) => rpc.call(name, params as never),
    params: { economy_getBill: { payer: addressToText(alice.address), window: 0, limit: 1 } },
  };
}

async function runApp(rpc: ExecutingRpc) {
  const { alice } = rpc.world;
  const steps = [{ action: 'create' }, { action: 'created' }, { action: 'start' }] as const;
  const { app, node, joinTxId, batchTxId } = await reportApp(rpc, 1, steps);
  const workload = {
    app: 'api',
    generation: 1,
    replicas: 1,
    request: { cpuMilli: 250, memoryMib: 64, diskMib: 8 },
    regions: ['eu'],
    priorityPpm: 500_000,
  };
  const endpoint = { app, replica: 0, node, weight: 1 };
  await rpc.run(alice, 'cluster', [
    encodeOperation(CLUSTER.operations.WorkloadSubmit, workload),
    encodeOperation(CLUSTER.operations.SvcRegister, {
      name: 'web',
      port: 443,
      protocol: 'http',
      endpoints: [endpoint],
    }),
  ]);
  return { app: `0x${app}`, actionTxId: batchTxId, joinTxId };
}
