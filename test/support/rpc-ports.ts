import { State } from '../../src/ledger/state/state.ts';
import { clusterPort } from '../../src/node/ports/cluster-port.ts';
import { poePort } from '../../src/node/ports/poe-port.ts';
import type { BanView } from '../../src/rpc/ports/bans.ts';
import type { MemberView } from '../../src/rpc/ports/bpci.ts';
import type { StoredBlock } from '../../src/rpc/ports/chain.ts';
import type { MembershipVotesPort, RoundEventView } from '../../src/rpc/ports/consensus.ts';
import type { LogLevelView } from '../../src/rpc/ports/node.ts';
import type { PoolPort } from '../../src/rpc/ports/pool.ts';
import type { RpcPorts } from '../../src/rpc/ports/rpc-ports.ts';
import type { DroppedTransaction, DropReason } from '../../src/types/dropped-transaction.ts';
import { buildFinalityProof, changesValidators } from '../../src/types/finality-proof.ts';
import { LEDGERS, SUBTREES, type SubtreeName, TOKENS } from '../../src/types/names.ts';
import type { ConsensusNews } from '../../src/types/round-state.ts';
import { decodeTransaction, type EncodedTransaction } from '../../src/types/transaction.ts';
import { NodeError } from '../../src/util/errors.ts';
import { type CertifiedBlock, CertifiedChain, setOf, validatorGroup } from './certified-chain.ts';
import { ScriptedMiner } from './scripted-miner.ts';
import { ScriptedPeers } from './scripted-peers.ts';
import { ScriptedUpkeep } from './scripted-upkeep.ts';

/**
 * A node in memory behind the ports of the RPC: a chain with real keys and certificates, and a pool whose
 * transactions the next `commit()` puts into a block.
 */
export class RpcNode {
  readonly chain = new CertifiedChain([validatorGroup(1, 4)]);
  readonly pool = new Map<string, EncodedTransaction>();
  readonly miner = new ScriptedMiner(this.chain, this.pool);
  readonly network = new ScriptedPeers(this.chain);
  readonly upkeep = new ScriptedUpkeep(this.chain);
  readonly drops: DroppedTransaction[] = [];
  readonly #commitListeners = new Set<(block: StoredBlock) => void>();
  readonly #dropListeners = new Set<(drop: DroppedTransaction) => void>();
  readonly #admissionListeners = new Set<Parameters<PoolPort['onAdmitted']>[0]>();
  readonly #roundListeners = new Set<(event: RoundEventView) => void>();
  readonly #newsListeners = new Set<(news: ConsensusNews) => void>();
  /** Blocks below are pruned. */
  lowestHeight = 1;
  ready = true;
  monotonicMs = 1_000;
  freeDiskBytes: number | undefined = 50e9;
  /** Candidates and validators of the bpci ledger. */
  members: readonly MemberView[] = [];
  /** What the own validator votes for; undefined on a node without one. */
  membershipVotes: MembershipVotesPort | undefined = {
    list: () => [],
    propose: async () => '99'.repeat(32),
    discard: () => true,
  };
  /** Allow-lists; undefined keeps nobody out. */
  allowedNodes: string[] | undefined;
  allowedAccounts: string[] | undefined;
  readonly bans = new Map<string, BanView>();
  logLevels: readonly LogLevelView[] = [{ module: 'chain', level: 'info' }];

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

  drop(txId: string, reason: DropReason = 'EXPIRED'): void {
    this.pool.delete(txId);
    const drop: DroppedTransaction = { txId, reason, atMs: 1_700_000_000_000 };
    this.drops.unshift(drop);
    for (const listener of this.#dropListeners) listener(drop);
  }

  /** A validator's vote brings this node to the next step. */
  vote(): void {
    const round = { height: this.chain.height + 1, round: 0 };
    const validator = this.chain.genesis.validators[0]?.id ?? '';
    for (const listener of this.#newsListeners) {
      listener({ kind: 'vote', ...round, vote: 'prepare', validator });
      listener({ kind: 'step', ...round, step: 'prepare' });
    }
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

  /** A round of the next height ends without a decision. */
  endRound(round: number, durationMs: number): void {
    const event = { round, startedAtMs: 1_700_000_000_000, durationMs, outcome: 'timeout' as const };
    for (const listener of this.#roundListeners)
      listener({ height: this.chain.height + 1, ...event, end: undefined });
  }

  get listeners(): number {
    const all = [
      this.#commitListeners,
      this.#dropListeners,
      this.#admissionListeners,
      this.#roundListeners,
      this.#newsListeners,
    ];
    return all.reduce((sum, { size }) => sum + size, this.miner.listeners + this.network.listeners);
  }

  ports(): RpcPorts {
    const { chain, pool, drops } = this;
    const { genesis, genesisHash } = chain;
    const submit = async (bytes: Uint8Array) => {
      const transaction = decodeTransaction(bytes);
      if (pool.has(transaction.id))
        throw new NodeError('ALREADY_KNOWN', 'known', {
          data: { txId: transaction.id, sender: transaction.value.body.sender },
        });
      pool.set(transaction.id, transaction);
      for (const listener of this.#admissionListeners) listener(transaction, 'local');
      return transaction.id;
    };
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
        usage: () => ({
          ...{ cpuSeconds: 2.5, busySeconds: 1.5, heapBytes: 3 },
          freeDiskBytes: this.freeDiskBytes,
        }),
        watchEventLoop: async (forMs) => ({
          watchedMs: forMs,
          utilization: 0.25,
          lagMs: { p50: 0.1, p99: 2, max: 3 },
        }),
        options: () => [
          { name: 'max-peers', value: 64, origin: 'flag', source: '--max-peers' },
          { name: 'swarm-key', value: null, origin: 'default', source: null },
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
        rootsAt: (height) => (height === chain.height ? subtrees : undefined),
        leavesAt: (height) =>
          height === chain.height ? [{ path: 'balance/alice/FLX', valueHash: '66'.repeat(32) }] : undefined,
        trace: ({ height, index }) => {
          const receipt = chain.blockAt(height).receipts.sections.flat()[index];
          if (height !== chain.height || receipt === undefined) return undefined;
          const balance = { subtree: 'economy', path: 'balance/alice/FLX', bytes: 16 } as const;
          const reads = { items: [balance], total: 1 };
          const writes = { items: [balance], total: 1 };
          return {
            receipt,
            isSame: true,
            baseGas: 1_000,
            operations: [{ operation: 0, name: 'Transfer', gas: 150, reads, writes }],
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
        members: () => this.members,
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
        submit,
        submitMany: (many) => many.map(submit),
        get: (txId) => {
          const transaction = pool.get(txId);
          return transaction && entryOf(transaction);
        },
        remove: (txId) => {
          const isThere = pool.has(txId);
          if (isThere) this.drop(txId, 'REMOVED');
          return isThere;
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
          verifiedSignatures: 2,
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
      permissions: {
        file: 'allow.yaml',
        nodes: () => this.allowedNodes,
        addNodes: async (peerIds) => [...peerIds],
        removeNodes: async (peerIds) => [...peerIds],
        accounts: () => this.allowedAccounts,
        addAccounts: async (accounts) => [...accounts],
        removeAccounts: async (accounts) => [...accounts],
        reload: async () => undefined,
      },
      bans: {
        has: (peerId) => this.bans.has(peerId),
        list: () => [...this.bans.values()],
        add: async (peerId, reason) => {
          const isNew = !this.bans.has(peerId);
          this.bans.set(peerId, {
            ...{ peerId, reason, atMs: 1_700_000_000_000, refusals: 2, lastRefusalMs: 1_700_000_001_000 },
          });
          return isNew;
        },
        remove: async (peerId) => this.bans.delete(peerId),
      },
      consensus: {
        self: genesis.validators[0]?.id,
        timing: {
          ...{ requestTimeoutMs: 1_500, timeoutCapMs: 8_000, resendIntervalMs: 1_000 },
          ...{ blockIntervalMs: 1_000, emptyBlockIntervalMs: 10_000 },
        },
        membershipVotes: this.membershipVotes,
        validators: () => ({ size: 4, quorum: 3 }),
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
        onNews: (listener) => {
          this.#newsListeners.add(listener);
          return () => this.#newsListeners.delete(listener);
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
      upkeep: this.upkeep.port(),
      sync: { status: () => ({ syncing: false, targetHeight: chain.height }) },
      network: this.network.port(),
      clock: { wallMs: () => 1_700_000_000_000, monotonicMs: () => this.monotonicMs },
    };
  }
}
