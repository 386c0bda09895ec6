import type { SignedContent } from '../../consensus/signed-parts.ts';
import { NOT_PREPARED, type ProposalMessage } from '../../types/consensus-message.ts';
import type { ValidatorSet } from '../../types/validator.ts';
import type { SignatureScheme } from '../signatures.ts';

/**
 * What is wrong with the justification of a proposal, or undefined. The rules are those of the machine-checked QBFT
 * specification, written down a second time and with signatures, so that the core is not checked by itself.
 */
export function justificationFault(
  { proposal, roundChanges, prepares }: ProposalMessage,
  validators: ValidatorSet,
  scheme: SignatureScheme,
): string | undefined {
  const { height, round, blockHash } = proposal.body;
  const isSigned = (signer: string, content: SignedContent, signature: string) => {
    const member = validators.get(signer);
    return member !== undefined && scheme.verify(member.consensusKey, content, signature);
  };
  const isQuorum = (signers: readonly string[]) => 3 * new Set(signers).size >= 2 * validators.size;
  if (round === 0) return undefined;

  if (!isQuorum(roundChanges.map(({ signer }) => signer))) return 'too few validators want the round';
  let highest = -1;
  for (const { signer, body, signature } of roundChanges) {
    if (!isSigned(signer, { tag: 'round-change', body }, signature)) return 'a round change is not signed';
    if (body.height !== height || body.round !== round) return 'a round change is for another round';
    if (body.preparedRound === NOT_PREPARED) continue;
    if (body.preparedRound >= round) return 'a prepared round is not lower';
    highest = Math.max(highest, body.preparedRound);
  }
  if (highest < 0) return undefined;

  const isHighest = roundChanges.some(
    ({ body }) => body.preparedRound === highest && body.preparedHash === blockHash,
  );
  if (!isHighest) return 'the block is not that of the highest prepared round';
  const signers: string[] = [];
  for (const { signer, body, signature } of prepares) {
    const isFitting = body.height === height && body.round === highest && body.blockHash === blockHash;
    if (isFitting && isSigned(signer, { tag: 'prepare', body }, signature)) signers.push(signer);
  }
  return isQuorum(signers) ? undefined : 'too few prepares prove the prepared round';
}
