import { ContainerType } from '@chainsafe/ssz';
import {
  type ApprovalFault,
  approvalSigningBytes,
  approvedOperationHash,
  findApprovalFault,
} from '../../types/approval.ts';
import { BPI, type BpiStatus, type ComplianceAttest } from '../../types/operations/bpi.ts';
import { encode } from '../../types/ssz.ts';
import { type Hash, Hash32 } from '../../types/ssz-bytes.ts';
import { SafeU64 } from '../../types/ssz-numbers.ts';
import type { OperationContext } from '../seam.ts';
import { Table } from '../state/table.ts';
import { agreements, executionHash, existingAgreement } from './agreements.ts';
import { executeTraced } from './execution-trace.ts';
import { failure } from './failure.ts';

const { ComplianceAttest: spec } = BPI.operations;

/** The evidence that auditors vouched for, by agreement, control and period. */
const attestations = new Table(
  'attestation',
  new ContainerType({ evidenceRoot: Hash32, attestedAtMs: SafeU64 }),
);

const STATUS_OF_FAULT: Record<ApprovalFault, BpiStatus> = {
  TOO_FEW: 'AUDITORS_TOO_FEW',
  UNKNOWN_KEY: 'AUDITOR_UNKNOWN',
  REPEATED_KEY: 'AUDITOR_REPEATED',
  WRONG_SIGNATURE: 'AUDITOR_SIGNATURE_WRONG',
};

/** The sender's nonce binds the signatures to this transaction, and one control and period is attested only once. */
function assertAuditors(attest: ComplianceAttest, context: OperationContext): void {
  const authority = context.genesis.authorities.find(({ name }) => name === 'auditors');
  if (authority === undefined) throw failure('AUDITORS_UNKNOWN', 'genesis names no auditors');
  const { sender, nonce, genesisHash } = context;
  const target = { authority: 'auditors', sender, ledger: 'bpi', nonce } as const;
  const signed = approvalSigningBytes(genesisHash, target, approvedOperationHash(spec, attest));
  const fault = findApprovalFault(attest.approvals, authority, signed);
  if (fault !== undefined) throw failure(STATUS_OF_FAULT[fault], `the auditors' signatures: ${fault}`);
}

/** What may be attested once: an agreement's control in a period. */
function attestedThing({ agreement, controlId, periodFromMs, periodToMs }: ComplianceAttest): Hash {
  const thing = {
    agreement,
    controlId,
    periodFromMs,
    periodToMs,
    evidenceRoot: '0'.repeat(64),
    approvals: [],
  };
  return executionHash(encode(spec.type, thing));
}

export function executeComplianceAttest(attest: ComplianceAttest, context: OperationContext): void {
  const { own, timeMs } = context;
  const agreement = existingAgreement(own, attest.agreement);
  const { controlId, periodFromMs, periodToMs, evidenceRoot } = attest;
  if (controlId === '') throw failure('INPUT_INVALID', 'the control has no id');
  if (periodFromMs > periodToMs || periodToMs > timeMs)
    throw failure('PERIOD_INVALID', 'a period begins before it ends, and has ended');
  const thing = attestedThing(attest);
  if (attestations.has(own, thing)) throw failure('ALREADY_ATTESTED', 'this control and period is attested');
  assertAuditors(attest, context);
  executeTraced(spec, attest, attest.agreement, context, () => {
    attestations.set(own, { evidenceRoot, attestedAtMs: timeMs }, thing);
    agreements.set(own, { ...agreement, attestations: agreement.attestations + 1 }, attest.agreement);
    const value = { agreement: attest.agreement, controlId, periodFromMs, periodToMs, evidenceRoot };
    return { event: BPI.events.ComplianceAttested, value };
  });
}
