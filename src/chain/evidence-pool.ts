import type { CachedVerifier } from '../crypto/cached-verifier.ts';
import { evidenceGround } from '../ledger/evidence.ts';
import type { State } from '../ledger/state/state.ts';
import type { BlockStore } from '../storage/block-store.ts';
import { type Evidence, hashEvidence } from '../types/evidence.ts';
import {
  type Accusation,
  accusationFault,
  compareAccusations,
  type EvidenceFault,
  evidenceChecks,
} from '../types/evidence-check.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import { type Statement, statementCheck } from '../types/statement.ts';
import { errorMessage } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import type { Logger } from '../util/logger.ts';

/** Where evidence comes from: the own consensus core, a peer, or the disk after a restart. */
export type EvidenceOrigin = 'own' | 'peer' | 'disk';

/** `KNOWN`: the validator is accused for that height already, perhaps by other evidence. */
export type EvidenceAdmission =
  | 'ADDED'
  | 'KNOWN'
  | 'EVIDENCE_POOL_FULL'
  | 'BAD_EVIDENCE_SIGNATURE'
  | EvidenceFault;

/** Proven evidence that no block holds yet. */
export interface PendingEvidence {
  readonly accusation: Accusation;
  readonly hash: Hash;
  readonly evidence: Evidence;
}

export interface EvidencePoolDeps {
  /** The committed state. */
  readonly state: State;
  readonly store: BlockStore;
  readonly verifier: CachedVerifier;
  readonly logger: Logger;
}

/**
 * What validators have to answer for: proven against the head before it is kept, one piece per validator and height,
 * until a block holds it or it is too old. It survives a restart, because whoever saw the offence may be the only one.
 */
export class EvidencePool {
  readonly #deps: EvidencePoolDeps;
  /** By accused validator and height. */
  readonly #pending = new Map<string, PendingEvidence>();
  readonly #listeners: ((evidence: Evidence, origin: EvidenceOrigin) => void)[] = [];

  constructor(deps: EvidencePoolDeps) {
    this.#deps = deps;
  }

  /** Takes up what an earlier run of this node left; what was applied or became too old since is forgotten. */
  async restore(): Promise<void> {
    for (const evidence of await this.#deps.store.loadEvidence()) {
      const admission = await this.admit(evidence, 'disk');
      if (admission !== 'ADDED') await this.#deps.store.deleteEvidence([hashEvidence(evidence)]);
    }
  }

  /** Proves evidence and keeps it, or says why not. */
  async admit(evidence: Evidence, origin: EvidenceOrigin): Promise<EvidenceAdmission> {
    const outcome = evidenceChecks(evidence, evidenceGround(this.#deps.state));
    if ('fault' in outcome) return outcome.fault;
    const { accusation, checks } = outcome;
    const refusal = this.#refusal(accusation);
    if (refusal !== undefined) return refusal;
    if (!(await this.#deps.verifier.verifyAll(checks))) return 'BAD_EVIDENCE_SIGNATURE';
    // Meanwhile other evidence may have come, or a block.
    const late = this.#refusal(accusation) ?? this.#fault(evidence);
    if (late !== undefined) return late;
    const hash = hashEvidence(evidence);
    this.#pending.set(keyOf(accusation), { accusation, hash, evidence });
    this.#deps.logger.warn({ ...accusation, evidence: hash, origin }, 'a validator contradicted itself');
    if (origin !== 'disk') this.#inBackground(this.#deps.store.saveEvidence(evidence));
    for (const listener of this.#listeners) listener(evidence, origin);
    return 'ADDED';
  }

  /** Whether evidence of what a validator signed at a height would be of any use, now or at a later height. */
  isAccusable(validator: Address, height: number): boolean {
    const accused = { validator, height };
    if (this.#pending.has(keyOf(accused))) return false;
    const fault = accusationFault(accused, evidenceGround(this.#deps.state));
    return fault === undefined || fault === 'EVIDENCE_FROM_FUTURE';
  }

  /** Whether a validator of its height has signed a statement. */
  async isSigned(statement: Statement): Promise<boolean> {
    const { genesisHash, validatorsAt } = evidenceGround(this.#deps.state);
    const check = statementCheck(statement, genesisHash, validatorsAt(statement.signed.body.height));
    return check !== undefined && (await this.#deps.verifier.verifyAll([check]));
  }

  /** Calls back for each piece that is new. */
  onAdded(listener: (evidence: Evidence, origin: EvidenceOrigin) => void): void {
    this.#listeners.push(listener);
  }

  /** In the order of a block. */
  pending(): PendingEvidence[] {
    return [...this.#pending.values()].sort((a, b) => compareAccusations(a.accusation, b.accusation));
  }

  /** What the next block may hold: the oldest first, the rest waits for later blocks. */
  forNextBlock(): Evidence[] {
    return this.pending()
      .map(({ evidence }) => evidence)
      .filter((evidence) => this.#fault(evidence) === undefined)
      .slice(0, LIMITS.maxEvidencePerBlock);
  }

  /** The state is that of a new head: forgets what it has answered, and what no later block may hold. */
  onCommitted(): void {
    const over = [...this.#pending].filter(([, { evidence }]) => this.#fault(evidence) !== undefined);
    if (over.length === 0) return;
    for (const [key] of over) this.#pending.delete(key);
    this.#inBackground(this.#deps.store.deleteEvidence(over.map(([, { hash }]) => hash)));
  }

  #refusal(accusation: Accusation): 'KNOWN' | 'EVIDENCE_POOL_FULL' | undefined {
    if (this.#pending.has(keyOf(accusation))) return 'KNOWN';
    return this.#pending.size >= LIMITS.maxPendingEvidence ? 'EVIDENCE_POOL_FULL' : undefined;
  }

  /** Why evidence whose signatures were checked can stand in no block now. */
  #fault(evidence: Evidence): EvidenceFault | undefined {
    const outcome = evidenceChecks(evidence, evidenceGround(this.#deps.state));
    return 'fault' in outcome ? outcome.fault : undefined;
  }

  #inBackground(write: Promise<void>): void {
    write.catch((error: unknown) => {
      this.#deps.logger.error({ reason: errorMessage(error) }, 'pending evidence could not be written');
    });
  }
}

function keyOf({ validator, height }: Pick<Accusation, 'validator' | 'height'>): string {
  return `${height}/${validator}`;
}
