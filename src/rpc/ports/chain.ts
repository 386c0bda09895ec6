import type { StateProof } from '../../crypto/state-proof.ts';
import type { Block, BlockHeader } from '../../types/block.ts';
import type { Certificate } from '../../types/certificate.ts';
import type { FinalityProof } from '../../types/finality-proof.ts';
import type { Genesis } from '../../types/genesis.ts';
import type { LedgerName, SubtreeName } from '../../types/names.ts';
import type { BlockProofItems } from '../../types/proof-items.ts';
import type { BlockReceipts, Receipt } from '../../types/receipt.ts';
import type { Address, Hash } from '../../types/ssz-bytes.ts';
import type { EncodedTransaction } from '../../types/transaction.ts';
import type { ValidatorSet } from '../../types/validator.ts';
import type { Awaitable } from './awaitable.ts';

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

/** A candidate block that this node refused. */
export interface BadBlockView {
  readonly height: number;
  readonly hash: Hash;
  readonly proposer: Address;
  readonly reason: string;
  readonly transactions: number;
  readonly bytes: number;
  readonly times: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

export type ReplayView =
  | { readonly hash: Hash; readonly stateRoot: Hash; readonly receiptsRoot: Hash }
  | { readonly hash: Hash; readonly fault: string };

/** A path that an operation read or wrote, and the length of its value; undefined where there was none. */
export interface AccessView {
  readonly subtree: SubtreeName;
  readonly path: string;
  readonly bytes: number | undefined;
}

/** `total` counts those, too, for which there was no room. */
interface AccessesView {
  readonly items: readonly AccessView[];
  readonly total: number;
}

/** What a transaction of a block does, as executed once more. */
export interface TraceView {
  readonly receipt: Receipt;
  /** Whether it is the receipt that the block holds. */
  readonly isSame: boolean;
  readonly baseGas: number;
  readonly operations: readonly {
    readonly operation: number;
    readonly name: string;
    readonly gas: number;
    readonly reads: AccessesView;
    readonly writes: AccessesView;
  }[];
}

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
  /** Newest first, bounded by LIMITS.maxBadBlocks. */
  badBlocks(): readonly BadBlockView[];
  /** Lowest height of a block that can be executed once more; undefined if none can. */
  lowestReplayable(): number | undefined;
  /** Executes a committed block once more; undefined if the state for it is not at hand. */
  replay(height: number): ReplayView | undefined;
  /** Executes a section once more, up to the transaction at a place; undefined if the state for it is not at hand. */
  trace(place: TransactionPlace): TraceView | undefined;
  /** Roots after the block at a height; undefined if that state is not at hand. */
  rootsAt(height: number): Readonly<Record<SubtreeName, Hash>> | undefined;
  /** Leaves after that block in the order of their paths, behind `after`; one more than `limit` where there are more. @throws NodeError STATE_TOO_LARGE */
  leavesAt(
    height: number,
    subtree: SubtreeName,
    after: string,
    limit: number,
  ): readonly { readonly path: string; readonly valueHash: Hash }[] | undefined;
  /** Calls back after each commit; returns the way to stop it. */
  onCommit(listener: (block: StoredBlock) => void): () => void;
}
