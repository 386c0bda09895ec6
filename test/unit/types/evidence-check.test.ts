import assert from 'node:assert/strict';
import fc from 'fast-check';
import { keyPairFromSeed, verifySignature } from '../../../src/crypto/ed25519.ts';
import { sha256 } from '../../../src/crypto/hash.ts';
import {
  type ConsensusMessage,
  SignedRoundChangeType,
  SignedVoteType,
} from '../../../src/types/consensus-message.ts';
import {
  EVIDENCE_KINDS,
  type Evidence,
  type EvidenceKind,
  EvidenceType,
} from '../../../src/types/evidence.ts';
import {
  type EvidenceGround,
  evidenceChecks,
  evidenceListChecks,
  evidenceOf,
} from '../../../src/types/evidence-check.ts';
import { decode, encode } from '../../../src/types/ssz.ts';
import { ValidatorSet } from '../../../src/types/validator.ts';
import { utf8 } from '../../../src/util/bytes.ts';
import { hashNumber } from '../../support/blocks.ts';
import {
  BLOCK_B,
  evidenceAgainst,
  type Offender,
  pair,
  roundChangeBytes,
  voteBytes,
} from '../../support/evidence.ts';

const GENESIS = '5e'.repeat(32);
const keyOf = (name: string) => keyPairFromSeed(sha256(utf8(name)));
const offenderOf = (number: number): Offender => ({
  genesisHash: GENESIS,
  id: hashNumber(number),
  key: keyOf(`v${number}`),
});
const [v1, v2] = [offenderOf(1), offenderOf(2)];
const setOf = (...offenders: Offender[]) =>
  new ValidatorSet(
    offenders.map(({ id, key }) => ({ id, consensusKey: key.publicKey, vrfKey: key.publicKey })),
  );

/** V(h) = {v1, v2} up to height 50, then {v2}; the next block is 100 and looks back on 90 heights. */
const ground: EvidenceGround = {
  genesisHash: GENESIS,
  height: 100,
  maxAgeHeights: 90,
  validatorsAt: (height) => (height <= 50 ? setOf(v1, v2) : setOf(v2)),
  isApplied: (validator, height) => validator === v2.id && height === 33,
  canAnswer: () => true,
};

/** What the evidence proves, or why nothing. */
function judge(evidence: Evidence): string {
  const outcome = evidenceChecks(evidence, ground);
  if ('fault' in outcome) return outcome.fault;
  const isProven = outcome.checks.every(({ publicKey, bytes, signature }) =>
    verifySignature(publicKey, bytes, signature),
  );
  return isProven ? 'PROVEN' : 'BAD_EVIDENCE_SIGNATURE';
}

const HEIGHT = 20;
const vote = (offender: Offender, blockHash?: string, height = HEIGHT, round = 0) =>
  voteBytes(offender, 'prepare', { height, round, ...(blockHash === undefined ? {} : { blockHash }) });

describe('Evidence', () => {
  for (const kind of EVIDENCE_KINDS)
    it(`Q01 Q07: of kind ${kind} proves that its signer contradicted itself`, () => {
      const evidence = evidenceAgainst(v1, kind, HEIGHT);
      const outcome = evidenceChecks(evidence, ground);
      assert.ok('accusation' in outcome);
      assert.deepEqual(outcome.accusation, { offence: kind, validator: v1.id, height: HEIGHT });
      assert.equal(judge(evidence), 'PROVEN');
    });

  it('Q02: has one encoding, whichever statement came first', () => {
    for (const kind of EVIDENCE_KINDS) {
      const evidence = evidenceAgainst(v1, kind, HEIGHT);
      const swapped = { kind, first: evidence.second, second: evidence.first };
      // A commit and a round change have different sizes, so amnesia does not even decode.
      assert.equal(judge(swapped), kind === 'amnesia' ? 'MALFORMED_EVIDENCE' : 'EVIDENCE_NOT_CANONICAL');
    }
  });

  it('Q02 Q08: is nothing that a validator sent twice, with whatever signature', () => {
    const same = vote(v1);
    assert.equal(judge({ kind: 'prepare', first: same, second: same }), 'EVIDENCE_NOT_CONTRADICTING');
    const resigned = same.slice();
    resigned[resigned.length - 1] = 1;
    assert.equal(judge(pair('prepare', same, resigned)), 'EVIDENCE_NOT_CONTRADICTING');
    const roundChange = roundChangeBytes(v1, { height: HEIGHT });
    assert.equal(judge(pair('round-change', roundChange, roundChange)), 'EVIDENCE_NOT_CONTRADICTING');
  });

  it('Q03: of two heights, rounds, validators or types of vote is none', () => {
    const others = [vote(v1, BLOCK_B, HEIGHT + 1), vote(v1, BLOCK_B, HEIGHT, 1), vote(v2, BLOCK_B)];
    for (const other of others)
      assert.equal(judge(pair('prepare', vote(v1), other)), 'EVIDENCE_NOT_CONTRADICTING');
    const commit = voteBytes(v1, 'commit', { height: HEIGHT, blockHash: BLOCK_B });
    assert.equal(judge(pair('prepare', vote(v1), commit)), 'BAD_EVIDENCE_SIGNATURE');
  });

  it('Q03: that is forged, of another chain or against a stranger is refused', () => {
    const forged = evidenceAgainst({ ...v1, key: v2.key }, 'commit', HEIGHT);
    assert.equal(judge(forged), 'BAD_EVIDENCE_SIGNATURE');
    const elsewhere = evidenceAgainst({ ...v1, genesisHash: '6f'.repeat(32) }, 'commit', HEIGHT);
    assert.equal(judge(elsewhere), 'BAD_EVIDENCE_SIGNATURE');
    assert.equal(judge(evidenceAgainst(offenderOf(3), 'commit', HEIGHT)), 'EVIDENCE_NOT_OF_VALIDATOR');
    assert.equal(judge(evidenceAgainst(v1, 'commit', 51)), 'EVIDENCE_NOT_OF_VALIDATOR');
    assert.equal(judge(evidenceAgainst(v1, 'commit', 50)), 'PROVEN');
  });

  it('Q04: is refused above the height of its block and below the evidence age', () => {
    const at = (height: number) => judge(evidenceAgainst(v2, 'prepare', height));
    assert.deepEqual([101, 100, 10, 9].map(at), [
      'EVIDENCE_FROM_FUTURE',
      'PROVEN',
      'PROVEN',
      'EVIDENCE_EXPIRED',
    ]);
  });

  it('Q02: of whatever kind is refused once the validator has answered for the height', () => {
    for (const kind of EVIDENCE_KINDS)
      assert.equal(judge(evidenceAgainst(v2, kind, 33)), 'EVIDENCE_ALREADY_APPLIED');
  });

  it('is refused where its validator has nothing left to answer with', () => {
    const evidence = evidenceAgainst(v1, 'prepare', HEIGHT);
    const bankrupt = { ...ground, canAnswer: (validator: string) => validator !== v1.id };
    assert.deepEqual(evidenceChecks(evidence, bankrupt), { fault: 'EVIDENCE_WITHOUT_EFFECT' });
  });

  it('Q07: of amnesia needs a later round change that claims an earlier prepared round', () => {
    const commit = voteBytes(v1, 'commit', { height: HEIGHT, round: 2 });
    const after = (round: number, preparedRound?: number) =>
      judge({
        kind: 'amnesia',
        first: commit,
        second: roundChangeBytes(v1, {
          height: HEIGHT,
          round,
          ...(preparedRound === undefined ? {} : { preparedRound, preparedHash: BLOCK_B }),
        }),
      });
    assert.deepEqual([after(3), after(3, 0), after(3, 1)], ['PROVEN', 'PROVEN', 'PROVEN']);
    for (const honest of [after(3, 2), after(9, 5), after(2), after(1), after(2, 0)])
      assert.equal(honest, 'EVIDENCE_NOT_CONTRADICTING');
  });

  it('stands in a block in ascending order, once for a validator and height', () => {
    const list = [
      evidenceAgainst(v1, 'prepare', 20),
      evidenceAgainst(v2, 'commit', 20),
      evidenceAgainst(v1, 'amnesia', 21),
    ];
    const outcome = evidenceListChecks(list, ground);
    assert.ok('checks' in outcome && outcome.checks.length === 6);
    assert.ok('checks' in evidenceListChecks([], ground));
    const twice = [evidenceAgainst(v1, 'prepare', 20), evidenceAgainst(v1, 'commit', 20)];
    for (const wrong of [[...list].reverse(), twice])
      assert.deepEqual(evidenceListChecks(wrong, ground), { fault: 'EVIDENCE_OUT_OF_ORDER' });
  });

  it('never passes with one byte of it changed', () => {
    const valid = new Map(
      EVIDENCE_KINDS.map((kind) => [kind, encode(EvidenceType, evidenceAgainst(v1, kind, HEIGHT))]),
    );
    const mutation = fc.record({
      kind: fc.constantFrom(...EVIDENCE_KINDS),
      at: fc.nat(),
      by: fc.integer({ min: 1, max: 255 }),
    });
    fc.assert(
      fc.property(mutation, ({ kind, at, by }) => {
        const bytes = (valid.get(kind) as Uint8Array).slice();
        bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ by;
        let mutated: Evidence;
        try {
          mutated = decode(EvidenceType, bytes, 'evidence');
        } catch {
          return;
        }
        assert.notEqual(judge(mutated), 'PROVEN');
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('Evidence out of messages', () => {
  const readVote = (bytes: Uint8Array) => decode(SignedVoteType, bytes, 'vote');
  const readRoundChange = (bytes: Uint8Array) => decode(SignedRoundChangeType, bytes, 'round change');
  /** The message that brings a statement. */
  function messageOf(
    kind: Exclude<EvidenceKind, 'amnesia' | 'section'>,
    bytes: Uint8Array,
  ): ConsensusMessage {
    switch (kind) {
      case 'prepare':
        return { kind, prepare: readVote(bytes) };
      case 'commit':
        return { kind, commit: readVote(bytes) };
      case 'round-change':
        return { kind, roundChange: readRoundChange(bytes), prepares: [readVote(vote(v2))] };
      case 'proposal':
        // What it carries beside the signed vote is no part of the evidence.
        return { kind, proposal: readVote(bytes) } as ConsensusMessage;
    }
  }

  it('is the same in whatever order they came, and holds only what its signer answers for', () => {
    for (const kind of ['proposal', 'prepare', 'commit', 'round-change'] as const) {
      const expected = evidenceAgainst(v1, kind, HEIGHT);
      const messages = [messageOf(kind, expected.first), messageOf(kind, expected.second)] as const;
      assert.deepEqual(evidenceOf(kind, messages[0], messages[1]), expected);
      assert.deepEqual(evidenceOf(kind, messages[1], messages[0]), expected);
    }
    const amnesia = evidenceAgainst(v1, 'amnesia', HEIGHT);
    const commit = messageOf('commit', amnesia.first);
    const roundChange = messageOf('round-change', amnesia.second);
    assert.deepEqual(evidenceOf('amnesia', commit, roundChange), amnesia);
    assert.deepEqual(evidenceOf('amnesia', roundChange, commit), amnesia);
  });

  it('is none for messages that cannot show the offence', () => {
    const prepare = messageOf('prepare', vote(v1));
    const commit = messageOf('commit', vote(v1));
    assert.equal(evidenceOf('commit', prepare, commit), undefined);
    assert.equal(evidenceOf('amnesia', commit, commit), undefined);
  });
});
