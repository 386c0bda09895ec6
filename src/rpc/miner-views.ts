import type * as z from 'zod';
import { type LedgerName, PROOF_TYPES } from '../types/names.ts';
import { EMPTY_RANK, hashSection, type SignedSection } from '../types/section.ts';
import type { Address } from '../types/ssz-bytes.ts';
import type { OwnSection } from '../validator/mining/section-history.ts';
import type { WorkerView } from './ports/miner.ts';
import type { SectionFacts, Worker } from './schema/miner.ts';
import { addressText, hash0x, rfc3339 } from './text-forms.ts';

/** A worker without its ledger. */
export function workerView({
  state,
  height,
  rank,
  best,
  failures,
  counts,
}: WorkerView): z.input<typeof Worker> {
  return {
    state,
    height: height ?? null,
    rank: rank ?? null,
    best: best === undefined ? null : { ...best, miner: addressText(best.miner) },
    failures,
    counts: { ...counts },
  };
}

/** A section that this node mined. */
export function ownSectionView(
  miner: Address,
  {
    ledger,
    height,
    rank,
    sectionHash,
    transactions,
    work,
    state,
    minedAtMs,
  }: OwnSection & { readonly ledger: LedgerName },
): z.input<typeof SectionFacts> {
  return {
    ledger,
    proofType: PROOF_TYPES[ledger],
    height,
    miner: addressText(miner),
    rank,
    txCount: transactions,
    work,
    sectionHash: hash0x(sectionHash),
    state,
    minedAt: rfc3339(minedAtMs),
  };
}

/** A section of a decided block. */
export function decidedSectionView({ section }: SignedSection): z.input<typeof SectionFacts> {
  const { ledger, height, miner, rank, txCount, work } = section;
  const isMined = rank !== EMPTY_RANK;
  return {
    ledger,
    proofType: PROOF_TYPES[ledger],
    height,
    miner: isMined ? addressText(miner) : null,
    rank: isMined ? rank : null,
    txCount,
    work,
    sectionHash: hash0x(hashSection(section)),
    state: 'FINAL',
    minedAt: null,
  };
}
