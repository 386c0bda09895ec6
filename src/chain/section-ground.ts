import { type Begun, beginBlock } from '../ledger/begin-block.ts';
import { InvariantViolation } from '../ledger/seam.ts';
import { executeSection, SectionBuilder } from '../ledger/section.ts';
import type { SectionResult } from '../ledger/section-result.ts';
import { sectionRoots, wrongSectionField } from '../ledger/section-roots.ts';
import type { StateGround } from '../ledger/state/state.ts';
import { type ElectedMiners, electMinersAbove } from '../mining/election.ts';
import type { ProofInput } from '../mining/proofs/proof-scheme.ts';
import { proofSchemeOf } from '../mining/proofs/proof-schemes.ts';
import type { LedgerName } from '../types/names.ts';
import { EMPTY_RANK, emptySection, hashSection, type Section, type SignedSection } from '../types/section.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import { LIMITS } from '../util/limits.ts';
import type { BlockFault } from './block-fault.ts';
import { blockFacts, type ParentFacts } from './parent-facts.ts';

const FAULT_OF_FIELD = {
  txRoot: 'WRONG_TRANSACTION_ROOT',
  txCount: 'WRONG_TRANSACTION_COUNT',
  receiptRoot: 'WRONG_RECEIPT_ROOT',
  pre: 'WRONG_PRE_STATE',
  post: 'WRONG_POST_STATE',
  outboxRoot: 'WRONG_OUTBOX_ROOT',
  chargeRoot: 'WRONG_CHARGE_ROOT',
  work: 'WRONG_WORK',
} as const satisfies Record<string, BlockFault>;

/** A signed section, and what executing it came to. */
export interface MinedSection {
  readonly signed: SignedSection;
  readonly result: SectionResult;
}

export type SectionOutcome = { readonly result: SectionResult } | { readonly fault: BlockFault };

/**
 * The state above one block, on which sections are mined and checked: S, the elected miners, and what every section so
 * far came to. A section is executed once on a node, whoever asks first: the worker that mines it, the one that hears
 * of it, or a block that holds it.
 */
export class SectionGround {
  readonly parent: ParentFacts;
  /** What it stands on. */
  readonly base: StateGround;
  readonly #begun: Begun;
  readonly #outcomes = new Map<Hash, SectionOutcome>();
  #elected: ElectedMiners | undefined;

  constructor(parent: ParentFacts, base: StateGround) {
    this.parent = parent;
    this.base = base;
    this.#begun = beginBlock(base, blockFacts(parent));
  }

  get begun(): Begun {
    return this.#begun;
  }

  /** Who mines the sections above this block. */
  get elected(): ElectedMiners {
    const { height, validators } = this.parent;
    this.#elected ??= electMinersAbove(this.base, height + 1, validators);
    return this.#elected;
  }

  /** Begins a section of a ledger, which takes so much gas at most. */
  open(ledger: LedgerName, maxGas?: number): SectionBuilder {
    return new SectionBuilder(this.#begun, ledger, maxGas);
  }

  /** The section, with its proof, that a non-empty result makes; only the miner's signature is missing. */
  sectionOf(result: SectionResult, miner: Address, rank: number): Section {
    const { ledger } = result;
    const scheme = proofSchemeOf(ledger);
    if (scheme === undefined) throw new TypeError(`no proof scheme for ${ledger}`);
    const section: Section = {
      ledger,
      height: this.parent.height + 1,
      parent: this.parent.hash,
      miner,
      rank,
      ...sectionRoots(result),
      proof: scheme.build(this.#proofInput(result)),
    };
    this.#remember(hashSection(section), { result });
    return section;
  }

  /** The canonical section of a ledger that nobody mined. */
  emptySection(ledger: LedgerName): MinedSection {
    const { height, hash } = this.parent;
    const signed = emptySection(ledger, height + 1, hash, this.#begun.preRoot(ledger));
    const outcome = this.execute(signed.section, []);
    if ('fault' in outcome)
      throw new TypeError(`the empty section of ${ledger} is refused: ${outcome.fault}`);
    return { signed, result: outcome.result };
  }

  /** Executes a section whose form and signatures were checked, and compares all that it claims. */
  execute(section: Section, transactions: readonly EncodedTransaction[]): SectionOutcome {
    const hash = hashSection(section);
    const outcome = this.#outcomes.get(hash) ?? this.#execute(section, transactions);
    this.#remember(hash, outcome);
    return outcome;
  }

  #execute(section: Section, transactions: readonly EncodedTransaction[]): SectionOutcome {
    try {
      return this.#executeClaims(section, transactions);
    } catch (error) {
      if (error instanceof InvariantViolation) return { fault: 'BROKEN_INVARIANT' };
      throw error;
    }
  }

  #executeClaims(section: Section, transactions: readonly EncodedTransaction[]): SectionOutcome {
    const outcome = executeSection(this.#begun, section.ledger, transactions);
    if (!outcome.valid)
      return {
        fault: outcome.fault.code === 'SECTION_TOO_LARGE' ? 'SECTION_TOO_LARGE' : 'INADMISSIBLE_TRANSACTION',
      };
    const { result } = outcome;
    const fault = this.#wrongClaim(section, result);
    if (fault === undefined) return { result };
    result.discard();
    return { fault };
  }

  #wrongClaim(section: Section, result: SectionResult): BlockFault | undefined {
    const field = wrongSectionField(section, result);
    if (field !== undefined) return FAULT_OF_FIELD[field];
    if (section.rank === EMPTY_RANK) return undefined;
    const scheme = proofSchemeOf(section.ledger);
    const isProven = scheme?.verify(section.proof, this.#proofInput(result)) === undefined;
    return scheme !== undefined && isProven ? undefined : 'BAD_PROOF';
  }

  /** What the proof of a section may speak about; miner and validators build it alike. */
  #proofInput(result: SectionResult): ProofInput {
    const { context, view } = this.#begun;
    return {
      ledger: result.ledger,
      parent: this.parent.hash,
      context,
      result,
      before: view.reader(result.ledger),
      after: result.view.reader(result.ledger),
      at: (subtree) => view.reader(subtree),
    };
  }

  /** What was not asked for during the longest time makes room. */
  #remember(hash: Hash, outcome: SectionOutcome): void {
    this.#outcomes.delete(hash);
    this.#outcomes.set(hash, outcome);
    for (const [oldest, old] of this.#outcomes) {
      if (this.#outcomes.size <= LIMITS.maxExecutedSections) return;
      this.#outcomes.delete(oldest);
      if ('result' in old) old.result.discard();
    }
  }

  /** Gives the memory of all overlays back. */
  discard(): void {
    for (const outcome of this.#outcomes.values()) if ('result' in outcome) outcome.result.discard();
    this.#outcomes.clear();
    this.#begun.discard();
  }
}
