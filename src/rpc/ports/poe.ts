import type { Address, Hash } from '../../types/ssz-bytes.ts';

/** The five resources of the PoE index, as a sum of credited jobs. */
export interface UsageSum {
  readonly cpuMs: bigint;
  readonly memoryMbS: bigint;
  readonly storageMicroGbDay: bigint;
  readonly egressBytes: bigint;
  readonly receipts: bigint;
}

/** The running epoch at the head; it ends with the first block whose rule time is not before `endMs`. */
export interface EpochView {
  readonly index: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Most micro-NEX that it may bring. */
  readonly nexCap: bigint;
}

/** The last epoch that ended with a block; what was minted for it. */
export interface ClosedEpochView {
  readonly epoch: number;
  /** The epoch of the block that ended it. */
  readonly next: number;
  readonly phi: bigint;
  readonly gamma: bigint;
  readonly activeNodes: number;
  readonly workers: number;
  readonly work: bigint;
  readonly fees: bigint;
  readonly nexCap: bigint;
  readonly nexMinted: bigint;
  readonly flxMinted: bigint;
}

/** Φ and Γ are in millionths. */
export interface PoeIndexView {
  /** Mean over closed epochs; of the network: of the last one. */
  readonly phi: bigint;
  readonly gamma: bigint;
  /** Of the running epoch so far. */
  readonly running: { readonly usage: UsageSum; readonly work: bigint; readonly phi: bigint };
}

export interface OperatorIndexView extends PoeIndexView {
  /** In the election of miners, if the account is a validator's. */
  readonly weight: bigint;
  readonly pool: { readonly pool: Address; readonly feePpm: number } | undefined;
}

/** Reads of epochs and of the PoE index at the head. */
export interface PoePort {
  epoch(): EpochView;
  lastClosed(): ClosedEpochView | undefined;
  network(): PoeIndexView;
  operator(address: Address): OperatorIndexView;
  app(app: Hash): PoeIndexView;
}
