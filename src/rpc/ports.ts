import type { StateProof } from '../crypto/state-proof.ts';
import type { Block, BlockHeader } from '../types/block.ts';
import type { Certificate } from '../types/certificate.ts';
import type { DroppedTransaction } from '../types/dropped-transaction.ts';
import type { EvidenceKind } from '../types/evidence.ts';
import type { FinalityProof } from '../types/finality-proof.ts';
import type { Genesis } from '../types/genesis.ts';
import type { LedgerName, SubtreeName, TokenName } from '../types/names.ts';
import type { BlockProofItems } from '../types/proof-items.ts';
import type { BlockReceipts, Receipt } from '../types/receipt.ts';
import type { Address, Hash } from '../types/ssz.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import type { ValidatorSet } from '../types/validator.ts';
import type { BpciPort } from './ports/bpci.ts';
import type { BpiPort } from './ports/bpi.ts';
import type { ClusterPort } from './ports/cluster.ts';
import type { DocklockPort } from './ports/docklock.ts';

/**
 * Everything that the interface asks of the node, declared here and filled by the composition root. A port answers
 * with a copy or with immutable objects and never blocks consensus. Hashes, keys and addresses are in memory form.
 */

export type Awaitable<T> = T | Promise<T>;

/** The last committed block, or genesis at height 0, whose hash is the genesis hash. */
export interface ChainHead {
  readonly height: number;
  readonly hash: Hash;
  readonly timeMs: number;
  readonly header: BlockHeader | undefined;
  readonly certificate: Certificate | undefined;
}

export interface StoredBlock {
  readonly height: number;
  readonly hash: Hash;
  readonly block: Block;
  readonly certificate: Certificate;
  readonly receipts: BlockReceipts;
}

/** Where a transaction stands in the chain. */
export interface TransactionPlace {
  readonly height: number;
  readonly ledger: LedgerName;
  readonly index: number;
}

/** A proof for one instant of the head. */
export interface StateProofAnswer {
  readonly head: ChainHead;
  readonly value: Uint8Array | undefined;
  readonly proof: StateProof;
  readonly subtreeRoots: Readonly<Record<SubtreeName, Hash>>;
}

export type SimulationOutcome =
  | { readonly admissible: true; readonly receipt: Receipt }
  | { readonly admissible: false; readonly reason: string; readonly message: string };

export interface ChainPort {
  readonly genesis: Genesis;
  readonly genesisHash: Hash;
  head(): ChainHead;
  /** Lowest height whose block this node still has; 1 unless it prunes. */
  lowestHeight(): number;
  header(height: number): Awaitable<{ readonly hash: Hash; readonly header: BlockHeader } | undefined>;
  block(height: number): Awaitable<StoredBlock | undefined>;
  /** The proof items of a block, a list for each ledger in ledger order. */
  proofItems(height: number): Awaitable<BlockProofItems | undefined>;
  heightOfHash(hash: Hash): Awaitable<number | undefined>;
  findTransaction(txId: Hash): Awaitable<TransactionPlace | undefined>;
  /** V(height) for heights from 1 to head + 1; undefined for one that is pruned or not known yet. */
  validators(height: number): Awaitable<ValidatorSet | undefined>;
  /** Undefined if the transaction is in no block. With `trustedHeight` the proof starts at that header. */
  finalityProof(txId: Hash, trustedHeight: number | undefined): Awaitable<FinalityProof | undefined>;
  stateValue(subtree: SubtreeName, path: string): Uint8Array | undefined;
  stateProof(subtree: SubtreeName, path: string): StateProofAnswer;
  /** Roots at the head, with the state root that they make. */
  stateRoots(): { readonly stateRoot: Hash; readonly subtrees: Readonly<Record<SubtreeName, Hash>> };
  /** Next nonce at the head. */
  nonce(sender: Address, ledger: LedgerName): bigint;
  simulate(transaction: EncodedTransaction): Awaitable<SimulationOutcome>;
  /** Calls back after each commit; returns the way to stop it. */
  onCommit(listener: (block: StoredBlock) => void): () => void;
}

export interface TokenSupply {
  readonly token: TokenName;
  readonly issued: bigint;
  readonly redeemed: bigint;
  /** Sum of everything that someone holds: balances, locks, meters, escrows, treasury, value in flight. */
  readonly held: bigint;
}

export interface GoldReserve {
  readonly custodian: string;
  readonly fineMilligrams: bigint;
  readonly cash: bigint;
  readonly asOfMs: number;
  readonly expiresMs: number;
}

export interface LockView {
  readonly ledger: LedgerName;
  readonly purpose: string;
  readonly ref: Hash;
  readonly token: TokenName;
  readonly amount: bigint;
}

/** Reads of the economy's state at the head. */
export interface EconomyPort {
  balance(address: Address, token: TokenName): bigint;
  meter(payer: Address, ledger: LedgerName, token: TokenName): bigint;
  supply(): readonly TokenSupply[];
  reserves(): {
    readonly outstanding: bigint;
    readonly price: { readonly median: bigint; readonly reports: number; readonly atMs: number } | undefined;
    readonly reserves: readonly GoldReserve[];
  };
  locks(owner: Address): readonly LockView[];
}

export interface PoolEntry {
  readonly transaction: EncodedTransaction;
  /** `queued` waits for an earlier nonce of its sender. */
  readonly state: 'pooled' | 'queued';
  readonly origin: 'local' | 'peer';
  readonly receivedAtMs: number;
}

export interface PoolPort {
  /**
   * Admits untrusted bytes and keeps them on disk before it answers.
   * @throws NodeError with the reason of the refusal
   */
  submit(bytes: Uint8Array): Promise<Hash>;
  get(txId: Hash): PoolEntry | undefined;
  /** In pool order. */
  entries(): readonly PoolEntry[];
  /** Next nonce after what the pool holds without a gap. */
  pendingNonce(sender: Address, ledger: LedgerName): bigint;
  dropped(txId: Hash): Awaitable<DroppedTransaction | undefined>;
  /** Newest first. */
  recentDrops(): readonly DroppedTransaction[];
  size(): {
    readonly transactions: number;
    readonly bytes: number;
    readonly maxTransactions: number;
    readonly maxBytes: number;
  };
  /** Calls back for each drop, after it was recorded; returns the way to stop it. */
  onDrop(listener: (drop: DroppedTransaction) => void): () => void;
}

export interface RoundStateView {
  readonly height: number;
  readonly round: number;
  readonly step: 'idle' | 'waiting-for-proposal' | 'validating' | 'prepare' | 'commit' | 'decided';
  readonly proposer: Address | undefined;
  readonly proposalHash: Hash | undefined;
  readonly preparedRound: number | undefined;
  readonly prepares: readonly Address[];
  readonly commits: readonly Address[];
  readonly roundChanges: readonly { readonly validator: Address; readonly round: number }[];
  /** On the monotonic clock of the node. */
  readonly roundEndsAtMs: number | undefined;
}

/** A validator contradicted itself at `height`, and this node holds the proof. */
export interface EvidenceView {
  readonly validator: Address;
  readonly offence: EvidenceKind;
  readonly height: number;
  readonly hash: Hash;
}

/** What a validator answered with, in the block at `appliedAt`; `slashed` is in micro-GEN. */
export interface AppliedEvidenceView extends EvidenceView {
  readonly appliedAt: number;
  readonly slashed: bigint;
  readonly jailed: boolean;
}

export interface ConsensusPort {
  roundState(): RoundStateView;
  /** Proven, and in no block yet: by height, then by validator. */
  pendingEvidence(): readonly EvidenceView[];
  /** What blocks within evidence age held, oldest first. */
  appliedEvidence(): readonly AppliedEvidenceView[];
  /** Own validator id, also while it may not vote. */
  readonly self: Address | undefined;
  /** False for an observer and while the vote journal is lost. */
  mayVote(): boolean;
}

export interface SyncPort {
  /** `targetHeight` is the highest that peers have shown. */
  status(): { readonly syncing: boolean; readonly targetHeight: number };
}

export interface PeerView {
  readonly peerId: string;
  readonly address: string;
  readonly direction: 'inbound' | 'outbound';
  readonly connectedAtMs: number;
  readonly role: 'validator' | 'observer' | undefined;
  readonly validator: Address | undefined;
  readonly height: number | undefined;
  /** Whether a live push stream to this peer exists. */
  readonly push: boolean;
}

export type CarrierName = 'push' | 'relay';
export type VerdictName = 'accept' | 'ignore' | 'reject';

export interface TopicView {
  readonly topic: string;
  readonly mesh: readonly {
    readonly peerId: string;
    readonly direction: 'inbound' | 'outbound' | undefined;
    readonly sinceMs: number | undefined;
  }[];
  readonly subscribers: readonly string[];
}

export interface TrafficCounters {
  readonly topic: string;
  readonly carrier: CarrierName;
  readonly sentMessages: number;
  readonly sentBytes: number;
  readonly receivedMessages: number;
  readonly receivedBytes: number;
  readonly duplicates: number;
  readonly accepted: number;
  readonly ignored: number;
  readonly rejected: number;
}

export interface RecentMessage {
  readonly messageId: Hash;
  readonly topic: string;
  readonly from: string;
  readonly carrier: CarrierName;
  readonly bytes: number;
  readonly verdict: VerdictName;
  readonly reason: string | undefined;
  readonly atMs: number;
}

export interface NetworkPort {
  readonly peerId: string;
  readonly agent: string;
  readonly protocolVersion: number;
  protocols(): readonly string[];
  listenAddresses(): readonly string[];
  announcedAddresses(): readonly string[];
  isListening(): boolean;
  peers(): readonly PeerView[];
  topics(): readonly TopicView[];
  traffic(): readonly TrafficCounters[];
  /** Newest first, bounded by LIMITS.maxRecentMessages. */
  recentMessages(): readonly RecentMessage[];
  /** Ends all connections with peers and has none for so long. */
  isolate(forMs: number): void;
}

export interface NodePort {
  readonly name: string;
  readonly version: string;
  readonly role: 'validator' | 'observer';
  readonly startedAtMs: number;
  readonly pid: number;
  memoryBytes(): number;
  /** Whether the node follows the chain and answers usefully; `reason` says why not. */
  readiness(): { readonly ready: boolean; readonly reason: string | undefined };
}

export interface RpcPorts {
  readonly node: NodePort;
  readonly chain: ChainPort;
  readonly docklock: DocklockPort;
  readonly cluster: ClusterPort;
  readonly economy: EconomyPort;
  readonly bpi: BpiPort;
  readonly bpci: BpciPort;
  readonly pool: PoolPort;
  readonly consensus: ConsensusPort;
  readonly sync: SyncPort;
  readonly network: NetworkPort;
  readonly clock: { wallMs(): number; monotonicMs(): number };
}
