import { ContainerType, ListCompositeType, type Type, type ValueOf } from '@chainsafe/ssz';
import { signingBytes } from '../crypto/hash.ts';
import { concatBytes } from '../util/bytes.ts';
import { NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import { BlockProposalType } from './block.ts';
import { CertificateType, VoteBodyType } from './certificate.ts';
import { decode, encode } from './ssz.ts';
import { AddressType, Hash32, Signature64 } from './ssz-bytes.ts';
import { Height, U32 } from './ssz-numbers.ts';

/** A signed Proposal, Prepare or Commit payload; which of them, the tag of the signature says. */
export const SignedVoteType = new ContainerType({
  body: VoteBodyType,
  signer: AddressType,
  signature: Signature64,
});
export type SignedVote = ValueOf<typeof SignedVoteType>;

/** `preparedRound` of a validator that is not prepared; `preparedHash` is then zero. */
export const NOT_PREPARED = 0xffff_ffff;
export const ZERO_HASH = '00'.repeat(32);

export const RoundChangeBodyType = new ContainerType({
  height: Height,
  round: U32,
  preparedRound: U32,
  preparedHash: Hash32,
});
export type RoundChangeBody = ValueOf<typeof RoundChangeBodyType>;

export const SignedRoundChangeType = new ContainerType({
  body: RoundChangeBodyType,
  signer: AddressType,
  signature: Signature64,
});
export type SignedRoundChange = ValueOf<typeof SignedRoundChangeType>;

export function roundChangeSigningBytes(genesisHash: string, body: RoundChangeBody): Uint8Array {
  return signingBytes('round-change', genesisHash, encode(RoundChangeBodyType, body));
}

const SignedVoteListType = new ListCompositeType(SignedVoteType, LIMITS.maxValidators);
const SignedRoundChangeListType = new ListCompositeType(SignedRoundChangeType, LIMITS.maxValidators);

/** `roundChanges` and `prepares` justify a proposal of a round above 0; empty in round 0. */
const ProposalMessageType = new ContainerType({
  proposal: SignedVoteType,
  block: BlockProposalType,
  roundChanges: SignedRoundChangeListType,
  prepares: SignedVoteListType,
});
const PrepareMessageType = new ContainerType({ prepare: SignedVoteType });
const CommitMessageType = new ContainerType({ commit: SignedVoteType });
/** The prepared block is named by hash only; `prepares` is the prepared certificate. */
const RoundChangeMessageType = new ContainerType({
  roundChange: SignedRoundChangeType,
  prepares: SignedVoteListType,
});
/** Answer to a validator that still votes on a decided height. */
const DecidedMessageType = new ContainerType({ block: BlockProposalType, certificate: CertificateType });

const MESSAGE_TYPES: Record<ConsensusMessage['kind'], Type<object>> = {
  proposal: ProposalMessageType,
  prepare: PrepareMessageType,
  commit: CommitMessageType,
  'round-change': RoundChangeMessageType,
  decided: DecidedMessageType,
};
const MESSAGE_KINDS = ['proposal', 'prepare', 'commit', 'round-change', 'decided'] as const;

export type ProposalMessage = { kind: 'proposal' } & ValueOf<typeof ProposalMessageType>;
export type PrepareMessage = { kind: 'prepare' } & ValueOf<typeof PrepareMessageType>;
export type CommitMessage = { kind: 'commit' } & ValueOf<typeof CommitMessageType>;
export type RoundChangeMessage = { kind: 'round-change' } & ValueOf<typeof RoundChangeMessageType>;
export type DecidedMessage = { kind: 'decided' } & ValueOf<typeof DecidedMessageType>;
export type ConsensusMessage =
  | ProposalMessage
  | PrepareMessage
  | CommitMessage
  | RoundChangeMessage
  | DecidedMessage;

/** Wire form: one byte for the kind, then the SSZ bytes of the message. */
export function encodeConsensusMessage(message: ConsensusMessage): Uint8Array {
  const kind = MESSAGE_KINDS.indexOf(message.kind);
  return concatBytes(Uint8Array.of(kind), encode<object>(MESSAGE_TYPES[message.kind], message));
}

/** @throws NodeError MALFORMED_BYTES */
export function decodeConsensusMessage(bytes: Uint8Array): ConsensusMessage {
  const kind = MESSAGE_KINDS[bytes[0] ?? MESSAGE_KINDS.length];
  if (kind === undefined)
    throw new NodeError('MALFORMED_BYTES', 'unknown kind of consensus message', {
      data: { what: 'consensus message', length: bytes.length },
    });
  return { kind, ...decode(MESSAGE_TYPES[kind], bytes.subarray(1), kind) } as ConsensusMessage;
}
