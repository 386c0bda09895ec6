import type { Hash } from '../types/ssz-bytes.ts';

/**
 * Why a node cannot take part any more: it cannot commit what the validators decided, or its own core failed, after
 * which nothing that it would sign can be trusted.
 */
export interface HaltFact {
  readonly code: 'CANNOT_COMMIT' | 'CORE_FAILED';
  readonly height: number;
  readonly blockHash: Hash | undefined;
  readonly reason: string;
}
