import type { CachedVerifier } from '../crypto/cached-verifier.ts';
import type { Urgency } from '../crypto/urgency.ts';
import { evidenceGround } from '../ledger/evidence.ts';
import type { State } from '../ledger/state/state.ts';
import { type Certificate, certificateChecks } from '../types/certificate.ts';
import { evidenceListChecks } from '../types/evidence-check.ts';
import type { Genesis } from '../types/genesis.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import type { ValidatorSet } from '../types/validator.ts';
import type { Clock } from '../util/clock.ts';
import { LIMITS } from '../util/limits.ts';
import { BadBlocks } from './bad-blocks.ts';
import type { BlockFault } from './block-fault.ts';
import type { CandidateBlock, CandidateBlocks } from './candidate-blocks.ts';
import type { ChainPosition } from './chain-position.ts';
import type { CompleteBlock } from './complete-block.ts';
import { executeComplete } from './execute.ts';
import { checkBlockForm, checkBody } from './header-rules.ts';
import type { SectionGround } from './section-ground.ts';
import type { TransactionPool } from './transaction-pool.ts';

export type ValidationVerdict =
  | { readonly valid: true }
  | { readonly valid: false; readonly reason: BlockFault };

/** The chain, as far as blocks are judged by it. */
export interface ValidatorGround {
  readonly genesis: Genesis;
  readonly genesisHash: Hash;
  readonly state: State;
  readonly pool: TransactionPool;
  readonly verifier: CachedVerifier;
  readonly candidates: CandidateBlocks;
  /** Where the chain stands now. */
  readonly position: () => ChainPosition;
  /** The ground above its head. */
  readonly ground: () => SectionGround;
  readonly clock: Clock;
}

/**
 * Judges blocks that follow the head, and certificates of them. What it has found out about a block stays with the
 * candidate, so nobody pays twice for the same block.
 */
export class BlockValidator {
  /** The last candidates that were refused. */
  readonly badBlocks = new BadBlocks();
  readonly #chain: ValidatorGround;

  constructor(chain: ValidatorGround) {
    this.#chain = chain;
  }

  /**
   * Remembers a complete block, unless its body is not the one that its header commits to: then says why, and the
   * right body may still come.
   */
  addCandidate(complete: CompleteBlock): BlockFault | undefined {
    const { candidates, clock } = this.#chain;
    const known = candidates.get(complete.hash);
    const fault = known?.complete === complete ? undefined : checkBody(complete);
    if (fault !== undefined) {
      this.badBlocks.note(complete, fault, clock.wallMs());
      return fault;
    }
    candidates.add(complete);
    return undefined;
  }

  /**
   * Full validation of a block on the head. A block whose time is ahead of this clock by no more than the hold is
   * held until its time is acceptable, because a slow clock is no reason to refuse; a re-proposal or
   * a certified block is not held against the wall clock at all.
   */
  async validate(complete: CompleteBlock, options: { reproposal: boolean }): Promise<ValidationVerdict> {
    const bodyFault = this.addCandidate(complete);
    if (bodyFault !== undefined) return { valid: false, reason: bodyFault };
    const { candidates, genesis, clock } = this.#chain;
    const candidate = candidates.get(complete.hash);
    if (candidate === undefined) throw new Error('a candidate was evicted while it was validated');
    if (!options.reproposal) {
      const { maxClockDriftMs } = genesis.parameters;
      const earlyMs = complete.block.header.timeMs - clock.wallMs() - maxClockDriftMs;
      if (earlyMs > LIMITS.maxProposalHoldMs) return this.#refuse(complete, 'TIME_TOO_LATE');
      if (earlyMs > 0) await new Promise((resolve) => setTimeout(resolve, earlyMs));
    }
    if (candidate.executed === undefined && candidate.fault === undefined)
      candidate.fault = await this.#findFault(candidate);
    return candidate.fault === undefined ? { valid: true } : this.#refuse(complete, candidate.fault);
  }

  /**
   * Starts checking the signatures of the block after the next one on the thread pool, while the next one is executed.
   * Resolves when it is known whether the certificate proves that the block is decided; nothing else follows from the
   * outcome before its turn has come.
   */
  async checkAhead(complete: CompleteBlock, certificate: Certificate): Promise<void> {
    if (this.addCandidate(complete) !== undefined) return;
    const { candidates, pool, position } = this.#chain;
    const candidate = candidates.get(complete.hash);
    if (candidate === undefined) return;
    candidate.signed ??= pool.areSigned(complete.transactions.flat(), 'later');
    const { nextValidators } = position();
    // When its turn comes, whoever asks hears what is wrong with it.
    candidate.isDecided = await this.#isCertifiedBy(
      nextValidators,
      complete.hash,
      certificate,
      'later',
    ).catch(() => false);
  }

  /** Whether a certificate proves that V(head + 1) decided this block as the next one. */
  isCertified(hash: Hash, certificate: Certificate): Promise<boolean> {
    const { head, validators } = this.#chain.position();
    if (certificate.height !== head.height + 1) return Promise.resolve(false);
    return this.#isCertifiedBy(validators, hash, certificate);
  }

  #refuse(complete: CompleteBlock, reason: BlockFault): ValidationVerdict {
    const { position, clock } = this.#chain;
    // One that the head has overtaken is late, not bad.
    if (complete.block.header.height > position().head.height)
      this.badBlocks.note(complete, reason, clock.wallMs());
    return { valid: false, reason };
  }

  async #findFault(candidate: CandidateBlock): Promise<BlockFault | undefined> {
    const { candidates, pool, position, ground } = this.#chain;
    const { complete } = candidate;
    const { parent } = ground();
    const fault = checkBlockForm(complete, ground());
    if (fault !== undefined) return fault;
    const lastCertificate = complete.block.body.lastCertificate[0];
    if (
      lastCertificate !== undefined &&
      !(await this.#isCertifiedBy(position().previousValidators, parent.hash, lastCertificate))
    )
      return 'WRONG_LAST_CERTIFICATE';
    const evidenceFault = await this.#findEvidenceFault(complete);
    if (evidenceFault !== undefined) return evidenceFault;
    if (!(await (candidate.signed ?? pool.areSigned(complete.transactions.flat()))))
      return 'BAD_TRANSACTION_SIGNATURE';
    // Another caller may have executed it, or the head may have moved on, while signatures were checked.
    if (candidate.executed !== undefined) return undefined;
    if (parent.hash !== position().head.hash) return 'WRONG_PARENT';
    const outcome = executeComplete(complete, ground());
    if ('fault' in outcome) return outcome.fault;
    // One that made room meanwhile is executed again if it comes back.
    candidates.keep(complete.hash, outcome.executed);
    return undefined;
  }

  async #findEvidenceFault({ block }: CompleteBlock): Promise<BlockFault | undefined> {
    const { state, verifier } = this.#chain;
    const outcome = evidenceListChecks(block.body.evidence, evidenceGround(state));
    if ('fault' in outcome) return outcome.fault;
    return (await verifier.verifyAll(outcome.checks)) ? undefined : 'BAD_EVIDENCE_SIGNATURE';
  }

  async #isCertifiedBy(
    validators: ValidatorSet,
    blockHash: Hash,
    certificate: Certificate,
    urgency: Urgency = 'now',
  ): Promise<boolean> {
    const { genesisHash, verifier } = this.#chain;
    const { height } = certificate;
    const outcome = certificateChecks(certificate, { height, blockHash, genesisHash, validators });
    return 'checks' in outcome && verifier.verifyAll(outcome.checks, urgency);
  }
}
