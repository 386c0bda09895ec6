import type { SignatureTag } from '../crypto/domain.ts';
import { type SealCheck, voteSigningBytes } from './certificate.ts';
import {
  type ConsensusMessage,
  roundChangeSigningBytes,
  type SignedRoundChange,
  SignedRoundChangeType,
  type SignedVote,
  SignedVoteType,
} from './consensus-message.ts';
import { type SignedSectionStatement, SignedSectionStatementType, statementSigningBytes } from './section.ts';
import { encode } from './ssz.ts';
import type { Hash } from './ssz-bytes.ts';
import type { ValidatorSet } from './validator.ts';

/** The steps of which votes are. */
export type VoteTag = Extract<SignatureTag, 'proposal' | 'prepare' | 'seal'>;

export interface VoteStatement {
  readonly tag: VoteTag;
  readonly signed: SignedVote;
}
export interface RoundChangeStatement {
  readonly tag: 'round-change';
  readonly signed: SignedRoundChange;
}
interface SectionStatement {
  readonly tag: 'section';
  readonly signed: SignedSectionStatement;
}
/** What validators sign to agree on a block. */
export type ConsensusStatement = VoteStatement | RoundChangeStatement;
/** A part of a message that its sender answers for. */
export type Statement = ConsensusStatement | SectionStatement;

/** A statement with its signature, as evidence holds it. */
export function statementBytes(statement: Statement): Uint8Array {
  switch (statement.tag) {
    case 'round-change':
      return encode(SignedRoundChangeType, statement.signed);
    case 'section':
      return encode(SignedSectionStatementType, statement.signed);
    default:
      return encode(SignedVoteType, statement.signed);
  }
}

function signingBytesOf(statement: Statement, genesisHash: Hash): Uint8Array {
  switch (statement.tag) {
    case 'round-change':
      return roundChangeSigningBytes(genesisHash, statement.signed.body);
    case 'section':
      return statementSigningBytes(genesisHash, statement.signed.body);
    default:
      return voteSigningBytes(statement.tag, genesisHash, statement.signed.body);
  }
}

/**
 * The check of the signature of a statement, given the validators of its height; undefined where its signer was none.
 */
export function statementCheck(
  statement: Statement,
  genesisHash: Hash,
  validators: ValidatorSet | undefined,
): SealCheck | undefined {
  const { signer, signature } = statement.signed;
  const publicKey = validators?.get(signer)?.consensusKey;
  if (publicKey === undefined) return undefined;
  return { publicKey, bytes: signingBytesOf(statement, genesisHash), signature };
}

/** What a message states; undefined for one that only passes on what others have signed. */
export function statementOf(message: ConsensusMessage): ConsensusStatement | undefined {
  switch (message.kind) {
    case 'proposal':
      return { tag: 'proposal', signed: message.proposal };
    case 'prepare':
      return { tag: 'prepare', signed: message.prepare };
    case 'commit':
      return { tag: 'seal', signed: message.commit };
    case 'round-change':
      return { tag: 'round-change', signed: message.roundChange };
    case 'decided':
      return undefined;
  }
}

/** What a message states, and what it passes on of other validators to justify that; seals apart. */
export function statementsIn(message: ConsensusMessage): ConsensusStatement[] {
  const own = statementOf(message);
  const statements = own === undefined ? [] : [own];
  if (message.kind === 'proposal')
    for (const signed of message.roundChanges) statements.push({ tag: 'round-change', signed });
  if (message.kind === 'proposal' || message.kind === 'round-change')
    for (const signed of message.prepares) statements.push({ tag: 'prepare', signed });
  return statements;
}
