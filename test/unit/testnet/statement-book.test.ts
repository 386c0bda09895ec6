import assert from 'node:assert/strict';
import {
  type ConsensusMessage,
  NOT_PREPARED,
  type SignedRoundChange,
  type SignedVote,
  ZERO_HASH,
} from '../../../src/types/consensus-message.ts';
import { StatementBook } from '../../../testnet/statement-book.ts';
import { hashNumber } from '../../support/blocks.ts';

const A = hashNumber(1);
const B = hashNumber(2);
const [ALICE, BOB] = [hashNumber(11), hashNumber(12)];

function vote(
  blockHash: string,
  { height = 5, round = 0, signer = ALICE, signature = '00' } = {},
): SignedVote {
  return { body: { height, round, blockHash }, signer, signature: signature.repeat(64) };
}
const prepare = (...args: Parameters<typeof vote>): ConsensusMessage => ({
  kind: 'prepare',
  prepare: vote(...args),
});
const commit = (...args: Parameters<typeof vote>): ConsensusMessage => ({
  kind: 'commit',
  commit: vote(...args),
});
function signedRoundChange(
  round: number,
  preparedRound = NOT_PREPARED,
  preparedHash = ZERO_HASH,
): SignedRoundChange {
  return {
    body: { height: 5, round, preparedRound, preparedHash },
    signer: ALICE,
    signature: '00'.repeat(64),
  };
}
const roundChange = (...args: Parameters<typeof signedRoundChange>): ConsensusMessage => ({
  kind: 'round-change',
  roundChange: signedRoundChange(...args),
  prepares: [],
});

function offences(...messages: ConsensusMessage[]): string[] {
  const book = new StatementBook();
  for (const message of messages) book.add(message);
  return book.contradictions.map(({ offence, validator, height }) => {
    assert.equal(validator, ALICE);
    assert.equal(height, 5);
    return offence;
  });
}

describe('the book of statements', () => {
  it('finds two votes of one step for different blocks, however much is said between them', () => {
    assert.deepEqual(offences(prepare(A), commit(A), prepare(A, { signer: BOB }), prepare(B)), ['prepare']);
    assert.deepEqual(offences(commit(A), prepare(B), commit(B)), ['commit']);
  });

  it('finds no fault in a repetition, another round, another height, or another signature of the same', () => {
    assert.deepEqual(offences(prepare(A), prepare(A), prepare(A, { signature: '11' })), []);
    assert.deepEqual(offences(prepare(A), prepare(B, { round: 1 }), prepare(B, { height: 6 })), []);
    assert.deepEqual(offences(prepare(A), prepare(B, { signer: BOB })), []);
  });

  it('finds two round changes of one round with different claims', () => {
    assert.deepEqual(offences(roundChange(1), roundChange(1, 0, A)), ['round-change']);
    assert.deepEqual(offences(roundChange(1), roundChange(2)), []);
  });

  it('finds a round change that forgets a commit, in whatever order they are seen', () => {
    assert.deepEqual(offences(commit(A), roundChange(1)), ['amnesia']);
    assert.deepEqual(offences(roundChange(2, 0, A), commit(A, { round: 1 })), ['amnesia']);
    assert.deepEqual(offences(commit(A), roundChange(1, 0, A)), []);
    assert.deepEqual(
      offences(roundChange(1), commit(A, { round: 1 })),
      [],
      'what was before the commit is no lie',
    );
  });

  it('looks into what a message quotes, and counts different statements once', () => {
    const book = new StatementBook();
    book.add({ kind: 'round-change', roundChange: signedRoundChange(1, 0, A), prepares: [vote(A)] });
    book.add(prepare(A));
    assert.equal(book.size, 2);
    book.add({ kind: 'round-change', roundChange: signedRoundChange(2, 0, A), prepares: [vote(B)] });
    assert.deepEqual(
      book.contradictions.map(({ offence }) => offence),
      ['prepare'],
    );
  });
});
