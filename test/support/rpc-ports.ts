import { State } from '../../src/ledger/state/state.ts';
import { clusterPort } from '../../src/node/ports/cluster-port.ts';
import { poePort } from '../../src/node/ports/poe-port.ts';
import type { StoredBlock } from '../../src/rpc/ports/chain.ts';
import type { RoundEventView } from '../../src/rpc/ports/consensus.ts';
import type { PeerEventView } from '../../src/rpc/ports/network.ts';
import type { LogLevelView } from '../../src/rpc/ports/node.ts';
import type { PoolPort } from '../../src/rpc/ports/pool.ts';
import type { RpcPorts } from '../../src/rpc/ports/rpc-ports.ts';
import type { DroppedTransaction } from '../../src/types/dropped-transaction.ts';
import { buildFinalityProof, changesValidators } from '../../src/types/finality-proof.ts';
import { LEDGERS, SUBTREES, type SubtreeName, TOKENS } from '../../src/types/names.ts';
import { decodeTransaction, type EncodedTransaction } from '../../src/types/transaction.ts';
import { NodeError } from '../../src/util/errors.ts';
import { type CertifiedBlock, CertifiedChain, setOf, validatorGroup } from './certified-chain.ts';
import { ScriptedMiner } from './scripted-miner.ts';

const PEER_EVENT: PeerEventView = {
  kind: 'disconnected',
  peerId: '12D3KooWpeer',
  validator: undefined,
  atMs: 1_700_000_000_000,
  address: undefined,
  reason: 'REMOTE_CLOSED',
};

/**
 * A node in memory behind the ports of the RPC: a chain with real keys and certificates, and a pool whose
 * transactions the next `commit()` puts into a block.
 */
export class RpcNode {
  readonly chain = new CertifiedChain([validatorGroup(1, 4)]);
  readonly pool = new Map<string, EncodedTransaction>();
  readonly miner = new ScriptedMiner(this.chain, this.pool);
  readonly drops: DroppedTransaction[] = [];
  readonly #commitListeners = new Set<(block: StoredBlock) => void>();
  readonly #dropListeners = new Set<(drop: DroppedTransaction) => void>();
  readonly #admissionListeners = new Set<Parameters<PoolPort['onAdmitted']>[0]>();
  readonly #roundListeners = new Set<(event: RoundEventView) => void>();
  readonly #peerListeners = new Set<(event: PeerEventView) => void>();
  /** Blocks below are pruned. */
  lowestHeight = 1;
  ready = true;
  logLevels: readonly LogLevelView[] = [{ module: 'chain', level: 'info' }];
  /** What `isolate` was called with. */
  readonly isolations: number[] = [];

  /** Appends a block with everything in the pool. */
  commit(): CertifiedBlock {
    const block = this.chain.append([...this.pool.values()]);
    this.pool.clear();
    for (const listener of this.#commitListeners) listener(block);
    return block;
  }

  /** Tells of a block once more, as if it were new. */
  announce(block: CertifiedBlock): void {
    for (const listener of this.#commitListeners) listener(block);
  }

  drop(txId: string): void {
    this.pool.delete(txId);
    const drop: DroppedTransaction = { txId, reason: 'EXPIRED', atMs: 1_700_000_000_000 };
    this.drops.unshift(drop);
    for (const listener of this.#dropListeners) listener(drop);
  }

  /** A peer leaves. */
  disconnect(): void {
    for (const listener of this.#peerListeners) listener(PEER_EVENT);
  }

  /** A round of the next height begins. */
  beginRound(round: number): void {
    const event = {
      round,
      startedAtMs: 1_700_000_000_000,
      durationMs: undefined,
      outcome: 'running' as const,
    };
    for (const listener of this.#roundListeners)
      listener({ height: this.chain.height + 1, ...event, end: undefined });
  }

  get listeners(): number {
    const all = [
      this.#commitListeners,
      this.#dropListeners,
      this.#admissionListeners,
      this.#roundListeners,
      this.#peerListeners,
    ];
    return all.reduce((sum, { size }) => sum + size, this.miner.listeners);
  }

  ports(): RpcPorts {
    const { chain, pool, drops } = this;
    const { genesis, genesisHash } = chain;
    const block = (height: number) => (height >= this.lowestHeight ? chain.blocks[height - 1] : undefined);
    const findTransaction = (txId: string) => {
      for (const { height, transactions } of chain.blocks) {
        const index = transactions.findIndex(({ id }) => id === txId);
        if (index >= 0) return { height, ledger: 'economy' as const, index };
      }
      return undefined;
    };
    const head = () => {
      const last = chain.blocks.at(-1);
      return {
        height: chain.height,
        hash: last?.hash ?? genesisHash,
        timeMs: last?.block.header.timeMs ?? genesis.timeMs,
        header: last?.block.header,
        certificate: last?.certificate,
      };
    };
    const entryOf = (transaction: EncodedTransaction) => ({
      transaction,
      state: 'pooled' as const,
      origin: 'local' as const,
      receivedAtMs: 1_700_000_000_000,
    });
    const subtrees = Object.fromEntries(SUBTREES.map((name) => [name, '33'.repeat(32)])) as Record<
      SubtreeName,
      string
    >;
    return {
      node: {
        name: 'v1',
        version: '0.1.0',
        role: 'validator',
        startedAtMs: 1_700_000_000_000,
        pid: 1234,
        memoryBytes: () => 1,
        watchEventLoop: async (forMs) => ({
          watchedMs: forMs,
          utilization: 0.25,
          lagMs: { p50: 0.1, p99: 2, max: 3 },
        }),
        options: () => [
          { name: 'rpcPort', value: 4201, origin: 'flag' },
          { name: 'swarmKeyFile', value: undefined, origin: 'default' },
        ],
        logLevels: () => this.logLevels,
        setLogLevel: (level, module) => {
          if (module !== undefined && module !== 'chain') return false;
          this.logLevels = [{ module: 'chain', level }];
          return true;
        },
        readiness: () => ({ ready: this.ready, reason: this.ready ? undefined : 'SYNCING' }),
      },
      chain: {
        genesis,
        genesisHash,
        head,
        lowestHeight: () => this.lowestHeight,
        header: (height) => {
          const found = block(height);
          return found && { hash: found.hash, header: found.block.header };
        },
        block,
        // Nothing is executed here, so there is nothing that a proof could speak of.
        proofItems: () => undefined,
        heightOfHash: (hash) => chain.blocks.find((one) => one.hash === hash)?.height,
        findTransaction,
        validators: (height) => setOf(chain.groupAt(height)),
        finalityProof: (txId) => {
          const place = findTransaction(txId);
          if (place === undefined) return undefined;
          const { block, certificate, receipts, transactions } = chain.blockAt(place.height);
          const links = chain.blocks.filter((one) => changesValidators(one.block.header)).length;
          if (links > 0) throw new Error('the validators of this chain never change');
          return buildFinalityProof({
            genesisHash,
            transaction: transactions[place.index]?.bytes as Uint8Array,
            receipts,
            ...place,
            header: block.header,
            certificate,
            links: [],
          });
        },
        stateValue: (_subtree, path) => (path === 'present' ? Uint8Array.of(1, 2) : undefined),
        stateProof: (_subtree, path) => ({
          head: head(),
          value: path === 'present' ? Uint8Array.of(1, 2) : undefined,
          proof: {
            siblings: ['44'.repeat(32)],
            terminal: { key: '55'.repeat(32), valueHash: '66'.repeat(32) },
          },
          subtreeRoots: subtrees,
        }),
        stateRoots: () => ({ stateRoot: '11'.repeat(32), subtrees }),
        nonce: () => 2n ** 60n,
        badBlocks: () => [
          {
            height: 1,
            hash: 'bb'.repeat(32),
            proposer: genesis.validators[1]?.id ?? '',
            reason: 'WRONG_STATE_ROOT',
            transactions: 2,
            bytes: 2_048,
            times: 3,
            firstAtMs: 1_700_000_000_000,
            lastAtMs: 1_700_000_002_000,
          },
        ],
        lowestReplayable: () => (chain.height === 0 ? undefined : chain.height),
        replay: (height) => {
          const { header } = chain.blockAt(height).block;
          if (height !== chain.height) return undefined;
          return {
            hash: chain.blockAt(height).hash,
            stateRoot: header.stateRoot,
            receiptsRoot: header.receiptsRoot,
          };
        },
        simulate: () => ({ admissible: false, reason: 'NONCE_TOO_LOW', message: 'nonce 0 is used' }),
        onCommit: (listener) => {
          this.#commitListeners.add(listener);
          return () => this.#commitListeners.delete(listener);
        },
      },
      economy: {
        balance: () => 2n ** 80n,
        meter: () => 5n,
        supply: () =>
          TOKENS.map((token) => ({
            ...{ token, issued: 10n, minted: 0n, redeemed: 3n, held: 7n },
            ...{ burned: 2n, treasury: 3n, locked: 1n, vesting: 0n },
          })),
        gas: () => ({ price: 2n, floor: 1n, targetPerBlock: 10_000_000 }),
        rewards: () => ({
          tokens: TOKENS.map((token) => ({
            ...{ token, miner: 60n, provider: 20n, proposer: 10n, signer: 1n, locked: 4n },
          })),
          owner: {
            ...{ held: false, month: 2 },
            tokens: TOKENS.map((token) => ({ token, accrued: 5n, vesting: 6n, escrow: 0n })),
          },
        }),
        reserves: () => ({
          outstanding: 9n,
          price: { median: 4_000_000_000n, reports: 3, atMs: 1_700_000_000_000 },
          reserves: [
            {
              custodian: 'vault',
              fineMilligrams: 1n,
              cash: 2n,
              asOfMs: 1_700_000_000_000,
              expiresMs: 1_800_000_000_000,
            },
          ],
        }),
        locks: () => [{ ledger: 'bpci', purpose: 'bond', ref: '77'.repeat(32), token: 'GEN', amount: 8n }],
        claims: () => [{ bank: '5493001KJTIIGC8Y1R12', claimant: 'owner', amount: 40_000n }],
      },
      billing: {
        openWindow: () => ({ window: 0, fromHeight: 1 }),
        commitment: () => undefined,
        blockBill: () => undefined,
        blockPath: () => [],
      },
      poe: poePort({ state: new State(), genesis }),
      docklock: {
        image: () => undefined,
        images: () => [],
        app: () => undefined,
        apps: () => [],
        container: () => undefined,
        containers: () => [],
        runtimes: async () => [
          { name: 'runc', version: undefined, fault: { code: 'RUNTIME_NOT_FOUND', message: 'none' } },
        ],
      },
      bpci: {
        members: () => [],
        participation: () => undefined,
        anchors: () => [],
        client: () => undefined,
        clients: () => [],
        channel: () => undefined,
        validatorChanges: () => [],
      },
      bpi: {
        agreement: () => undefined,
        agreements: () => [],
        evaluate: () => ({ refusal: 'AGREEMENT_UNKNOWN', message: 'there is no such agreement' }),
      },
      cluster: clusterPort({ state: new State() }),
      miner: this.miner.port(),
      pool: {
        submit: async (bytes) => {
          const transaction = decodeTransaction(bytes);
          if (pool.has(transaction.id))
            throw new NodeError('ALREADY_KNOWN', 'known', {
              data: { txId: transaction.id, sender: transaction.value.body.sender },
            });
          pool.set(transaction.id, transaction);
          for (const listener of this.#admissionListeners) listener(transaction, 'local');
          return transaction.id;
        },
        get: (txId) => {
          const transaction = pool.get(txId);
          return transaction && entryOf(transaction);
        },
        entries: () => [...pool.values()].map(entryOf),
        pendingNonce: () => 2n ** 60n + 1n,
        dropped: (txId) => drops.find((drop) => drop.txId === txId),
        recentDrops: () => drops,
        status: () => ({
          transactions: pool.size,
          bytes: 0,
          maxTransactions: 10,
          maxBytes: 1000,
          ledgers: LEDGERS.map((ledger) => ({
            ledger,
            pooled: [...pool.values()].filter(({ value }) => value.body.ledger === ledger).length,
            queued: 0,
          })),
        }),
        onAdmitted: (listener) => {
          this.#admissionListeners.add(listener);
          return () => this.#admissionListeners.delete(listener);
        },
        onDrop: (listener) => {
          this.#dropListeners.add(listener);
          return () => this.#dropListeners.delete(listener);
        },
      },
      consensus: {
        self: genesis.validators[0]?.id,
        mayVote: () => true,
        pendingEvidence: () => [
          {
            validator: genesis.validators[1]?.id ?? '',
            offence: 'prepare',
            height: 2,
            hash: '99'.repeat(32),
          },
        ],
        appliedEvidence: () => [
          {
            validator: genesis.validators[2]?.id ?? '',
            offence: 'amnesia',
            height: 1,
            hash: 'aa'.repeat(32),
            appliedAt: 2,
            slashed: 5_000_000n,
            jailed: true,
          },
        ],
        onRound: (listener) => {
          this.#roundListeners.add(listener);
          return () => this.#roundListeners.delete(listener);
        },
        running: () => ({ heightForMs: 4_200, roundForMs: 2_000 }),
        roundHistory: () => [
          {
            height: chain.height + 1,
            startedAtMs: 1_700_000_000_000,
            durationMs: undefined,
            rounds: [
              {
                round: 0,
                startedAtMs: 1_700_000_000_000,
                durationMs: 2_200,
                outcome: 'timeout',
                end: { step: 'prepare', proposer: genesis.validators[0]?.id, prepares: 2, commits: 0 },
              },
              {
                round: 1,
                startedAtMs: 1_700_000_002_200,
                durationMs: undefined,
                outcome: 'running',
                end: undefined,
              },
            ],
          },
        ],
        roundState: () => ({
          height: chain.height + 1,
          round: 0,
          step: 'prepare',
          proposer: genesis.validators[0]?.id,
          proposalHash: '88'.repeat(32),
          preparedRound: undefined,
          prepares: genesis.validators.map(({ id }) => id),
          commits: [],
          roundChanges: [],
          roundEndsAtMs: 2000,
        }),
      },
      sync: { status: () => ({ syncing: false, targetHeight: chain.height }) },
      network: {
        peerId: '12D3KooWself',
        agent: 'metanode/0.1.0',
        protocolVersion: 1,
        protocols: () => ['/metanode/status/1'],
        listenAddresses: () => ['/ip4/127.0.0.1/tcp/4101'],
        announcedAddresses: () => ['/dns4/v1.example/tcp/4101'],
        isListening: () => true,
        peers: () => [
          {
            peerId: '12D3KooWpeer',
            address: '/ip4/127.0.0.1/tcp/4102',
            direction: 'inbound',
            connectedAtMs: 1_700_000_000_000,
            role: 'validator',
            validator: genesis.validators[1]?.id,
            height: chain.height,
            push: true,
          },
        ],
        peerEvents: () => [PEER_EVENT],
        onPeerEvent: (listener) => {
          this.#peerListeners.add(listener);
          return () => this.#peerListeners.delete(listener);
        },
        dial: async () => '12D3KooWpeer',
        validatorPeers: () =>
          genesis.validators.map(({ id }, i) => {
            const absent = { validator: id, peerId: undefined, sinceMs: undefined, reason: undefined };
            if (i === 0) return { ...absent, state: 'self' };
            if (i === 3) return { ...absent, state: 'never_seen' };
            const known = { validator: id, peerId: '12D3KooWpeer', sinceMs: 1_700_000_000_000 };
            return i === 1
              ? { ...known, state: 'connected', reason: undefined }
              : { ...known, state: 'disconnected', reason: 'connect ECONNREFUSED 127.0.0.1:4103' };
          }),
        topics: () => [
          {
            topic: '/metanode/0011/tx/1',
            mesh: [{ peerId: '12D3KooWpeer', direction: undefined, sinceMs: 1_700_000_000_000 }],
            subscribers: ['12D3KooWpeer'],
          },
        ],
        traffic: () => [
          {
            topic: '/metanode/0011/tx/1',
            carrier: 'push',
            sentMessages: 1,
            sentBytes: 2,
            receivedMessages: 3,
            receivedBytes: 4,
            duplicates: 0,
            accepted: 3,
            ignored: 0,
            rejected: 0,
          },
        ],
        scores: () => [
          {
            peerId: '12D3KooWpeer',
            total: -1.5,
            topics: [
              {
                topic: '/metanode/0011/tx/1',
                inMesh: true,
                timeInMesh: 0.5,
                firstDeliveries: 18,
                invalidMessages: -20,
              },
            ],
            behaviourPenalty: 0,
          },
        ],
        queuedBytes: () => [{ peerId: '12D3KooWpeer', bytes: 512 }],
        isolate: (forMs) => {
          this.isolations.push(forMs);
        },
        recentMessages: () =>
          LEDGERS.map((_, i) => ({
            messageId: '99'.repeat(32),
            topic: '/metanode/0011/tx/1',
            from: '12D3KooWpeer',
            carrier: 'relay',
            bytes: i,
            counter: 0,
            latencyMs: 1,
            verdict: i === 0 ? 'reject' : 'accept',
            reason: i === 0 ? 'BAD_SIGNATURE' : undefined,
            atMs: 1_700_000_000_000,
          })),
      },
      clock: { wallMs: () => 1_700_000_000_000, monotonicMs: () => 1000 },
    };
  }
}
