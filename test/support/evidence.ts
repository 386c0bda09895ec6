import type { KeyPair } from '../../src/crypto/ed25519.ts';
import { type VoteBody, voteSigningBytes } from '../../src/types/certificate.ts';
import {
  NOT_PREPARED,
  type RoundChangeBody,
  roundChangeSigningBytes,
  SignedRoundChangeType,
  SignedVoteType,
  ZERO_HASH,
} from '../../src/types/consensus-message.ts';
import type { Evidence, EvidenceKind } from '../../src/types/evidence.ts';
import {
  type SectionStatement,
  SignedSectionStatementType,
  statementSigningBytes,
} from '../../src/types/section.ts';
import { encode } from '../../src/types/ssz.ts';
import type { Address, Hash } from '../../src/types/ssz-bytes.ts';

/** Who contradicts itself, and on which chain. */
export interface Offender {
  readonly genesisHash: Hash;
  readonly id: Address;
  readonly key: KeyPair;
}

export const BLOCK_A = 'a1'.repeat(32);
export const BLOCK_B = 'b2'.repeat(32);

const TAGS = { proposal: 'proposal', prepare: 'prepare', commit: 'seal' } as const;

/** The bytes of a signed vote. */
export function voteBytes(
  { genesisHash, id, key }: Offender,
  kind: keyof typeof TAGS,
  { height = 1, round = 0, blockHash = BLOCK_A }: Partial<VoteBody> = {},
): Uint8Array {
  const body = { height, round, blockHash };
  const signature = key.sign(voteSigningBytes(TAGS[kind], genesisHash, body));
  return encode(SignedVoteType, { body, signer: id, signature });
}

/** The bytes of a signed round change, not prepared unless it says so. */
export function roundChangeBytes(
  { genesisHash, id, key }: Offender,
  {
    height = 1,
    round = 1,
    preparedRound = NOT_PREPARED,
    preparedHash = ZERO_HASH,
  }: Partial<RoundChangeBody> = {},
): Uint8Array {
  const body = { height, round, preparedRound, preparedHash };
  const signature = key.sign(roundChangeSigningBytes(genesisHash, body));
  return encode(SignedRoundChangeType, { body, signer: id, signature });
}

/** The bytes of a signed statement about a section. */
export function sectionBytes(
  { genesisHash, id, key }: Offender,
  {
    ledger = 'economy',
    height = 1,
    parent = BLOCK_A,
    rank = 0,
    sectionHash = BLOCK_A,
  }: Partial<SectionStatement> = {},
): Uint8Array {
  const body = { ledger, height, parent, rank, sectionHash };
  const signature = key.sign(statementSigningBytes(genesisHash, body));
  return encode(SignedSectionStatementType, { body, signer: id, signature });
}

/** Two statements as evidence; all but amnesia have them in ascending order. */
export function pair(kind: EvidenceKind, first: Uint8Array, second: Uint8Array): Evidence {
  const swap = kind !== 'amnesia' && Buffer.compare(first, second) > 0;
  return swap ? { kind, first: second, second: first } : { kind, first, second };
}

/** Evidence of an offence at a height, valid where the offender was in the set. */
export function evidenceAgainst(offender: Offender, kind: EvidenceKind, height = 1): Evidence {
  switch (kind) {
    case 'round-change':
      return pair(
        kind,
        roundChangeBytes(offender, { height }),
        roundChangeBytes(offender, { height, preparedRound: 0, preparedHash: BLOCK_A }),
      );
    case 'section':
      return pair(
        kind,
        sectionBytes(offender, { height }),
        sectionBytes(offender, { height, sectionHash: BLOCK_B }),
      );
    case 'amnesia':
      return pair(kind, voteBytes(offender, 'commit', { height }), roundChangeBytes(offender, { height }));
    default:
      return pair(
        kind,
        voteBytes(offender, kind, { height }),
        voteBytes(offender, kind, { height, blockHash: BLOCK_B }),
      );
  }
}
