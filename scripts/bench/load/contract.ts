import type { SeenBlock } from '../arithmetic.ts';

/** What the process of the load generator is told. Everything is plain data, for it goes through a pipe. */
export interface LoadOrder {
  readonly seed: string;
  readonly chainId: number;
  /** Lowercase hex without prefix. */
  readonly genesisHash: string;
  /** The node whose blocks are watched, and those that get the transactions. */
  readonly watched: string;
  readonly targets: readonly string[];
  readonly senders: number;
  /** How many of the seed's senders others have used: their nonces are not known here. */
  readonly sendersBefore: number;
  readonly operationsPerTransaction: number;
  /** To be signed before anything is sent. */
  readonly transactions: number;
  readonly pace: LoadPace;
  readonly warmupMs: number;
  readonly measureMs: number;
}

/** Either so many transactions a second whatever happens, or as many as the chain takes in time. */
export type LoadPace =
  | { readonly kind: 'fixed'; readonly rate: number }
  | { readonly kind: 'adaptive'; readonly startRate: number; readonly targetMs: number };

/** What came of the load between the begin and the end of its measurement. */
export interface LoadReport {
  readonly blocks: readonly SeenBlock[];
  /** In all blocks since the generator began to send, warm-up included. */
  readonly committedTransactions: number;
  /** From the request that the node accepted to the arrival of the block, in milliseconds. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Transactions that were sent, those sent again after a refusal counted again. */
  readonly offered: number;
  readonly accepted: number;
  readonly refusals: Readonly<Record<string, number>>;
  /** Accepted longer than {@link OVERDUE_MS} ago and still in no block. */
  readonly overdue: number;
  /** Whether all that was signed beforehand was sent before the end: then the rate is only a lower bound. */
  readonly ranOut: boolean;
  readonly generatorCpuSeconds: number;
}

export const OVERDUE_MS = 20_000;

export type FromGenerator =
  | { readonly kind: 'prepared' }
  | { readonly kind: 'begun' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'report'; readonly report: LoadReport }
  | { readonly kind: 'failed'; readonly message: string };

export type ToGenerator = { readonly kind: 'prepare'; readonly order: LoadOrder } | { readonly kind: 'go' };
