import type { Type } from '@chainsafe/ssz';
import { compareBytes } from '../util/bytes.ts';
import type { SealCheck } from './certificate.ts';
import {
  type ConsensusMessage,
  NOT_PREPARED,
  SignedRoundChangeType,
  type SignedVote,
  SignedVoteType,
} from './consensus-message.ts';
import { EVIDENCE_KINDS, type Evidence, type EvidenceKind } from './evidence.ts';
import { ELECTED_RANKS, type SignedSectionStatement, SignedSectionStatementType } from './section.ts';
import { decode } from './ssz.ts';
import type { Address, Hash } from './ssz-bytes.ts';
import {
  type RoundChangeStatement,
  type Statement,
  statementBytes,
  statementCheck,
  statementOf,
  type VoteStatement,
  type VoteTag,
} from './statement.ts';
import type { ValidatorSet } from './validator.ts';

/** Why a piece of evidence may not stand in a block. */
export type EvidenceFault =
  | 'MALFORMED_EVIDENCE'
  | 'EVIDENCE_NOT_CANONICAL'
  | 'EVIDENCE_NOT_CONTRADICTING'
  | 'EVIDENCE_FROM_FUTURE'
  | 'EVIDENCE_EXPIRED'
  | 'EVIDENCE_NOT_OF_VALIDATOR'
  | 'EVIDENCE_ALREADY_APPLIED'
  | 'EVIDENCE_WITHOUT_EFFECT';

/** What a piece of evidence accuses whom of. */
export interface Accusation {
  readonly offence: EvidenceKind;
  readonly validator: Address;
  readonly height: number;
}

const vote = (tag: VoteTag) => ({ tag, type: SignedVoteType }) as const;
const roundChange = { tag: 'round-change', type: SignedRoundChangeType } as const;
const section = { tag: 'section', type: SignedSectionStatementType } as const;

/** Of which statements the evidence of an offence consists, in their order. */
const STATEMENTS = {
  proposal: [vote('proposal'), vote('proposal')],
  prepare: [vote('prepare'), vote('prepare')],
  commit: [vote('seal'), vote('seal')],
  'round-change': [roundChange, roundChange],
  amnesia: [vote('seal'), roundChange],
  section: [section, section],
} as const satisfies Record<EvidenceKind, readonly [StatementKind, StatementKind]>;
type StatementKind = ReturnType<typeof vote> | typeof roundChange | typeof section;

function readStatement({ tag, type }: StatementKind, bytes: Uint8Array): Statement {
  return { tag, signed: decode(type as Type<SignedVote>, bytes, `signed ${tag}`) } as Statement;
}

/**
 * The evidence that two messages make together, in whatever order they are given; undefined for messages that cannot
 * show this offence. Whether they prove it is for {@link evidenceChecks} to say.
 */
export function evidenceOf(
  kind: EvidenceKind,
  first: ConsensusMessage,
  second: ConsensusMessage,
): Evidence | undefined {
  const tags = STATEMENTS[kind].map(({ tag }) => tag);
  const statements = [first, second].map(statementOf);
  if (kind === 'amnesia' && statements[0]?.tag === 'round-change') statements.reverse();
  if (!statements.every((statement, index) => statement?.tag === tags[index])) return undefined;
  return evidenceIn(kind, statements as Statement[]);
}

/** The evidence that two statements about sections make, in whatever order they are given. */
export function sectionEvidence(first: SignedSectionStatement, second: SignedSectionStatement): Evidence {
  return evidenceIn(
    'section',
    [first, second].map((signed) => ({ tag: 'section', signed })),
  );
}

/** The evidence that two statements make, if they are of one validator and height and contradict each other. */
export function evidenceBetween(first: Statement, second: Statement): Evidence | undefined {
  if (first.signed.signer !== second.signed.signer) return undefined;
  if (first.signed.body.height !== second.signed.body.height) return undefined;
  for (const kind of EVIDENCE_KINDS)
    for (const pair of [[first, second] as const, [second, first] as const])
      if (isOfKind(kind, pair) && isOffence(kind, pair)) return evidenceIn(kind, pair);
  return undefined;
}

function isOfKind(kind: EvidenceKind, pair: readonly [Statement, Statement]): boolean {
  return STATEMENTS[kind].every(({ tag }, index) => pair[index]?.tag === tag);
}

/** Whether two statements of which the evidence of an offence consists do show it. */
function isOffence(kind: EvidenceKind, [first, second]: readonly [Statement, Statement]): boolean {
  return kind === 'amnesia'
    ? isForgotten(first as VoteStatement, second as RoundChangeStatement)
    : isContradiction(first, second);
}

function evidenceIn(kind: EvidenceKind, statements: readonly Statement[]): Evidence {
  const bytes = statements.map(statementBytes);
  if (kind !== 'amnesia') bytes.sort(compareBytes);
  return { kind, first: bytes[0] as Uint8Array, second: bytes[1] as Uint8Array };
}

/**
 * A validator that committed in round r held a prepared certificate of round r, so every later round change of its
 * must claim a prepared round of at least r.
 */
function isForgotten({ signed }: VoteStatement, { signed: { body } }: RoundChangeStatement): boolean {
  const { round } = signed.body;
  return body.round > round && (body.preparedRound === NOT_PREPARED || body.preparedRound < round);
}

/**
 * Whether two different statements of one kind speak of one step. A signature is no part of what is stated: whoever
 * signs one thing twice has not contradicted itself.
 */
function isContradiction(first: Statement, second: Statement): boolean {
  if (first.tag === 'section' && second.tag === 'section')
    return areTwoSections(first.signed.body, second.signed.body);
  if (first.tag === 'section' || second.tag === 'section') return false;
  if (first.signed.body.round !== second.signed.body.round) return false;
  if (first.tag === 'round-change' && second.tag === 'round-change') {
    const [a, b] = [first.signed.body, second.signed.body];
    return a.preparedRound !== b.preparedRound || a.preparedHash !== b.preparedHash;
  }
  const [a, b] = [first, second] as [VoteStatement, VoteStatement];
  return a.signed.body.blockHash !== b.signed.body.blockHash;
}

/**
 * An elected miner signs one section of a ledger on one parent. What a proposer mines itself may honestly differ from
 * one round to the next.
 */
function areTwoSections(a: SignedSectionStatement['body'], b: SignedSectionStatement['body']): boolean {
  return (
    a.ledger === b.ledger &&
    a.parent === b.parent &&
    a.rank < ELECTED_RANKS &&
    b.rank < ELECTED_RANKS &&
    a.sectionHash !== b.sectionHash
  );
}

/**
 * What evidence says by itself, whoever signed it: its form, its one encoding, the contradiction. No signature is
 * checked.
 */
export function readEvidence(
  evidence: Evidence,
): { fault: EvidenceFault } | { accusation: Accusation; statements: readonly [Statement, Statement] } {
  const kinds = STATEMENTS[evidence.kind];
  let first: Statement;
  let second: Statement;
  try {
    first = readStatement(kinds[0], evidence.first);
    second = readStatement(kinds[1], evidence.second);
  } catch {
    return { fault: 'MALFORMED_EVIDENCE' };
  }
  const { signer, body } = first.signed;
  if (second.signed.signer !== signer || second.signed.body.height !== body.height)
    return { fault: 'EVIDENCE_NOT_CONTRADICTING' };
  if (!isOffence(evidence.kind, [first, second])) return { fault: 'EVIDENCE_NOT_CONTRADICTING' };
  if (evidence.kind !== 'amnesia' && compareBytes(evidence.first, evidence.second) > 0)
    return { fault: 'EVIDENCE_NOT_CANONICAL' };
  const accusation = { offence: evidence.kind, validator: signer, height: body.height };
  return { accusation, statements: [first, second] };
}

/** What a chain knows that evidence is held against, at the block that would contain it. */
export interface EvidenceGround {
  readonly genesisHash: Hash;
  /** Of that block. */
  readonly height: number;
  readonly maxAgeHeights: number;
  /** V(height), or undefined for a height whose set the state does not hold any more. */
  validatorsAt(height: number): ValidatorSet | undefined;
  /** Whether this validator has answered for this height. */
  isApplied(validator: Address, height: number): boolean;
  /** Whether it has something left to answer with: who has not could fill blocks with its own offences for nothing. */
  canAnswer(validator: Address): boolean;
}

/** Why nobody can be accused of what a validator signed at a height, whatever that is. */
export function accusationFault(
  { validator, height }: Pick<Accusation, 'validator' | 'height'>,
  ground: EvidenceGround,
): EvidenceFault | undefined {
  if (height > ground.height) return 'EVIDENCE_FROM_FUTURE';
  if (height < ground.height - ground.maxAgeHeights) return 'EVIDENCE_EXPIRED';
  if (ground.validatorsAt(height)?.has(validator) !== true) return 'EVIDENCE_NOT_OF_VALIDATOR';
  if (ground.isApplied(validator, height)) return 'EVIDENCE_ALREADY_APPLIED';
  return ground.canAnswer(validator) ? undefined : 'EVIDENCE_WITHOUT_EFFECT';
}

/**
 * Everything about evidence but its signatures, which the caller checks with the one verifier: it proves the
 * accusation iff both returned checks verify. The signing bytes hold the genesis hash, so what was signed on another
 * chain proves nothing here.
 */
export function evidenceChecks(
  evidence: Evidence,
  ground: EvidenceGround,
): { fault: EvidenceFault } | { accusation: Accusation; checks: readonly SealCheck[] } {
  const read = readEvidence(evidence);
  if ('fault' in read) return read;
  const { accusation, statements } = read;
  const fault = accusationFault(accusation, ground);
  if (fault !== undefined) return { fault };
  const validators = ground.validatorsAt(accusation.height);
  const checks = statements.map((statement) => statementCheck(statement, ground.genesisHash, validators));
  if (!checks.every((check) => check !== undefined)) return { fault: 'EVIDENCE_NOT_OF_VALIDATOR' };
  return { accusation, checks };
}

export type EvidenceListFault = EvidenceFault | 'EVIDENCE_OUT_OF_ORDER';

/** The same for all evidence of a block, which stands in ascending order without two about one answer. */
export function evidenceListChecks(
  list: readonly Evidence[],
  ground: EvidenceGround,
): { fault: EvidenceListFault } | { checks: readonly SealCheck[] } {
  const checks: SealCheck[] = [];
  let previous: Accusation | undefined;
  for (const evidence of list) {
    const outcome = evidenceChecks(evidence, ground);
    if ('fault' in outcome) return outcome;
    if (previous !== undefined && compareAccusations(previous, outcome.accusation) >= 0)
      return { fault: 'EVIDENCE_OUT_OF_ORDER' };
    previous = outcome.accusation;
    checks.push(...outcome.checks);
  }
  return { checks };
}

/** The order of evidence in a block: by height, then by validator. A validator answers once for a height. */
export function compareAccusations(a: Accusation, b: Accusation): number {
  if (a.height !== b.height) return a.height - b.height;
  return a.validator < b.validator ? -1 : a.validator > b.validator ? 1 : 0;
}
