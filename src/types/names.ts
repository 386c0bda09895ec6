import { NameOf } from './ssz-numbers.ts';

/** The five ledgers in canonical order: sections, roots and rankings follow it. */
export const LEDGERS = ['docklock', 'cluster', 'bpi', 'bpci', 'economy'] as const;
export type LedgerName = (typeof LEDGERS)[number];
export const LedgerNameType = NameOf(LEDGERS);

/** The proof type that each ledger's sections carry. */
export const PROOF_TYPES = {
  docklock: 'action',
  cluster: 'coordination',
  bpi: 'execution',
  bpci: 'transact',
  economy: 'gold',
} as const satisfies Record<LedgerName, string>;

export const TOKENS = ['GEN', 'NEX', 'FLX', 'AUR'] as const;
export type TokenName = (typeof TOKENS)[number];
export const TokenNameType = NameOf(TOKENS);

/** The sub-trees of the state: one per ledger, and `system`, which only BeginBlock and EndBlock write. */
export const SUBTREES = [...LEDGERS, 'system'] as const;
export type SubtreeName = (typeof SUBTREES)[number];

export const MICRO = 1_000_000n;
