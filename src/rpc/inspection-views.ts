import type { RoundRecordView } from './ports/consensus.ts';
import type { PeerEventView, RecentMessage } from './ports/network.ts';
import { addressText, hash0x, rfc3339 } from './text-forms.ts';

const REASON_OF_STEP = {
  idle: null,
  'waiting-for-proposal': 'NO_PROPOSAL',
  validating: 'PROPOSAL_NOT_VALIDATED',
  prepare: 'NO_PREPARE_QUORUM',
  commit: 'NO_COMMIT_QUORUM',
  decided: null,
} as const;

/** A round as the debug interface shows it. */
export function roundView({ round, startedAtMs, durationMs, outcome, end }: RoundRecordView) {
  return {
    round,
    startedAt: rfc3339(startedAtMs),
    durationMs: durationMs ?? null,
    outcome,
    reason: end === undefined ? null : REASON_OF_STEP[end.step],
    proposer: end?.proposer === undefined ? null : addressText(end.proposer),
    prepares: end?.prepares ?? null,
    commits: end?.commits ?? null,
  };
}

/** Who came, left or was refused. */
export function peerEventView({ kind, peerId, validator, atMs, address, reason }: PeerEventView) {
  return {
    kind,
    peerId,
    validator: validator === undefined ? null : addressText(validator),
    address: address ?? null,
    reason: reason ?? null,
    at: rfc3339(atMs),
  };
}

/** A message as it came in from a neighbour. */
export function arrivalView({ messageId, atMs, reason, ...message }: RecentMessage) {
  return { messageId: hash0x(messageId), ...message, reason: reason ?? null, at: rfc3339(atMs) };
}
