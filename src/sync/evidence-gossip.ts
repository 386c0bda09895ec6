import type { EvidenceAdmission, EvidencePool } from '../chain/evidence-pool.ts';
import type { Network } from '../network/contract.ts';
import type { Verdict } from '../network/inbound-message.ts';
import { type Evidence, EvidenceType } from '../types/evidence.ts';
import { decode, encode } from '../types/ssz.ts';

/** What no honest peer passes on, because it is refused whatever the head is. */
const PROVABLY_BAD: ReadonlySet<EvidenceAdmission> = new Set([
  'MALFORMED_EVIDENCE',
  'EVIDENCE_NOT_CANONICAL',
  'EVIDENCE_NOT_CONTRADICTING',
  'BAD_EVIDENCE_SIGNATURE',
]);

/**
 * Spreads evidence, so that whoever proposes next can put it into a block: what the own core found goes out, what peers
 * send is proven before it is passed on.
 */
export function spreadEvidence(network: Network, pool: EvidencePool): void {
  network.onMessage('evidence', async ({ bytes }): Promise<Verdict> => {
    let evidence: Evidence;
    try {
      evidence = decode(EvidenceType, bytes, 'evidence');
    } catch {
      return 'reject';
    }
    const admission = await pool.admit(evidence, 'peer');
    if (admission === 'ADDED') return 'accept';
    return PROVABLY_BAD.has(admission) ? 'reject' : 'ignore';
  });
  pool.onAdded((evidence, origin) => {
    if (origin === 'own') network.publish('evidence', encode(EvidenceType, evidence));
  });
}
