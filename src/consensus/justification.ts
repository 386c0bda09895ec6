import {
  NOT_PREPARED,
  type ProposalMessage,
  type RoundChangeBody,
  type RoundChangeMessage,
  type SignedRoundChange,
  type SignedVote,
  ZERO_HASH,
} from '../types/consensus-message.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import type { ValidatorSet } from '../types/validator.ts';

/**
 * Which certificates justify what. The predicates carry the names of the machine-checked QBFT specification (EEA
 * Dafny spec: validRoundChange, isProposalJustification, isHighestPrepared). Signatures are the host's part and have
 * been checked; here everything else is: membership, distinct signers, quorum, and that the parts fit together.
 */

/** At least a quorum and at most n entries, each of a different member. A repeated signer spoils the list. */
function isQuorumOfMembers(signers: readonly Address[], validators: ValidatorSet): boolean {
  if (signers.length < validators.quorum || signers.length > validators.size) return false;
  return new Set(signers).size === signers.length && signers.every((signer) => validators.has(signer));
}

export function isPreparedCertificate(
  prepares: readonly SignedVote[],
  claim: { height: number; round: number; blockHash: Hash },
  validators: ValidatorSet,
): boolean {
  const signers = prepares.map((prepare) => prepare.signer);
  return (
    isQuorumOfMembers(signers, validators) &&
    prepares.every(
      ({ body }) =>
        body.height === claim.height && body.round === claim.round && body.blockHash === claim.blockHash,
    )
  );
}

export function isPrepared(body: RoundChangeBody): boolean {
  return body.preparedRound !== NOT_PREPARED;
}

/** Round at least 1; prepared round and hash both there or both absent, and the round lower than the new one. */
export function isWellFormedRoundChange(body: RoundChangeBody): boolean {
  if (body.round < 1 || body.round >= NOT_PREPARED) return false;
  if (!isPrepared(body)) return body.preparedHash === ZERO_HASH;
  return body.preparedHash !== ZERO_HASH && body.preparedRound < body.round;
}

/** The claim of a round change together with its proof. */
export function validRoundChange(message: RoundChangeMessage, validators: ValidatorSet): boolean {
  const { body } = message.roundChange;
  if (!isWellFormedRoundChange(body)) return false;
  if (!isPrepared(body)) return message.prepares.length === 0;
  const claim = { height: body.height, round: body.preparedRound, blockHash: body.preparedHash };
  return isPreparedCertificate(message.prepares, claim, validators);
}

/** A fresh block must be built by the signer of the proposal; a re-proposed one keeps its builder and its time. */
export type ProposalJustification = 'fresh' | 'reproposal';

/** What the round changes and prepares of a proposal justify, or undefined when they do not. */
export function isProposalJustification(
  message: ProposalMessage,
  validators: ValidatorSet,
): ProposalJustification | undefined {
  const { roundChanges, prepares } = message;
  const { height, round, blockHash } = message.proposal.body;
  if (round === 0) return roundChanges.length === 0 && prepares.length === 0 ? 'fresh' : undefined;

  const signers = roundChanges.map((roundChange) => roundChange.signer);
  if (!isQuorumOfMembers(signers, validators)) return undefined;
  for (const { body } of roundChanges)
    if (body.height !== height || body.round !== round || !isWellFormedRoundChange(body)) return undefined;

  const highest = highestPreparedRound(roundChanges);
  if (highest === undefined) return prepares.length === 0 ? 'fresh' : undefined;
  // Two claims of the highest round may name different blocks; the one that the prepares prove wins. Refusing the
  // proposal would let one lying round change veto an honest leader.
  const isHighestPrepared = roundChanges.some(
    ({ body }) => body.preparedRound === highest && body.preparedHash === blockHash,
  );
  if (!isHighestPrepared) return undefined;
  return isPreparedCertificate(prepares, { height, round: highest, blockHash }, validators)
    ? 'reproposal'
    : undefined;
}

function highestPreparedRound(roundChanges: readonly SignedRoundChange[]): number | undefined {
  let highest: number | undefined;
  for (const { body } of roundChanges)
    if (isPrepared(body) && (highest === undefined || body.preparedRound > highest))
      highest = body.preparedRound;
  return highest;
}

/** A quorum of round changes that justifies a proposal, and the block that it obliges the leader to propose again. */
export interface JustifiedChoice {
  readonly roundChanges: SignedRoundChange[];
  readonly prepared: { readonly blockHash: Hash; readonly prepares: SignedVote[] } | undefined;
}

/**
 * The leader's choice among valid round changes of its round, or undefined below a quorum. `isUsable` says of a
 * prepared block whether it may still turn out valid: a claim that cannot be served is left out alone, the others
 * count (a single lie must not stop the leader).
 */
export function chooseJustification(
  roundChanges: readonly RoundChangeMessage[],
  validators: ValidatorSet,
  isUsable: (blockHash: Hash) => boolean,
): JustifiedChoice | undefined {
  const usable = roundChanges.filter(
    ({ roundChange: { body } }) => !isPrepared(body) || isUsable(body.preparedHash),
  );
  if (usable.length < validators.quorum) return undefined;
  const rank = (message: RoundChangeMessage) =>
    isPrepared(message.roundChange.body) ? message.roundChange.body.preparedRound : -1;
  const chosen = [...usable].sort((a, b) => rank(b) - rank(a)).slice(0, validators.quorum);
  const highest = chosen[0] as RoundChangeMessage;
  return {
    roundChanges: chosen.map((message) => message.roundChange),
    prepared: isPrepared(highest.roundChange.body)
      ? { blockHash: highest.roundChange.body.preparedHash, prepares: highest.prepares }
      : undefined,
  };
}
