import assert from 'node:assert/strict';
import { RecentStatements } from '../../../src/consensus/recent-statements.ts';
import {
  type ConsensusMessage,
  NOT_PREPARED,
  type SignedVote,
  ZERO_HASH,
} from '../../../src/types/consensus-message.ts';
import { readEvidence } from '../../../src/types/evidence-check.ts';
import { type ConsensusStatement, statementOf } from '../../../src/types/statement.ts';
import { LIMITS } from '../../../src/util/limits.ts';

const SIGNATURE = '11'.repeat(64);
const [V1, V2] = ['01'.repeat(32), '02'.repeat(32)];
const [A, B] = ['aa'.repeat(32), 'bb'.repeat(32)];

interface Said {
  readonly signer?: string;
  readonly height?: number;
  readonly round?: number;
  readonly blockHash?: string;
}

function vote({ signer = V1, height = 5, round = 0, blockHash = A }: Said): SignedVote {
  return { body: { height, round, blockHash }, signer, signature: SIGNATURE };
}
const stated = (message: ConsensusMessage) => statementOf(message) as ConsensusStatement;
const prepare = (said: Said = {}): ConsensusMessage => ({ kind: 'prepare', prepare: vote(said) });
const commit = (said: Said = {}): ConsensusMessage => ({ kind: 'commit', commit: vote(said) });
/** Only what is signed counts: the rest of a proposal is of no matter here. */
const proposal = (said: Said = {}) => ({ kind: 'proposal', proposal: vote(said) }) as ConsensusMessage;
function roundChange(round: number, preparedRound = NOT_PREPARED): ConsensusMessage {
  const preparedHash = preparedRound === NOT_PREPARED ? ZERO_HASH : A;
  const body = { height: 5, round, preparedRound, preparedHash };
  return {
    kind: 'round-change',
    roundChange: { body, signer: V1, signature: SIGNATURE },
    prepares: [],
  };
}

/** The offence that the second message shows after the first one. */
function offence(first: ConsensusMessage, second: ConsensusMessage): string | undefined {
  const statements = new RecentStatements();
  statements.keep(stated(first), true);
  const contradiction = statements.contradictedBy(stated(second));
  if (contradiction === undefined) return undefined;
  const read = readEvidence(contradiction.evidence);
  assert.ok('accusation' in read, JSON.stringify(read));
  assert.deepEqual([read.accusation.validator, read.accusation.height], [V1, 5]);
  return read.accusation.offence;
}

describe('Statements of recent heights', () => {
  it('Q01 Q07 show every offence of votes, in whatever order its two statements come', () => {
    const pairs: [string, ConsensusMessage, ConsensusMessage][] = [
      ['proposal', proposal(), proposal({ blockHash: B })],
      ['prepare', prepare(), prepare({ blockHash: B })],
      ['commit', commit(), commit({ blockHash: B })],
      ['round-change', roundChange(2), roundChange(2, 0)],
      ['amnesia', commit(), roundChange(1)],
      ['amnesia', commit({ round: 2 }), roundChange(4, 1)],
    ];
    for (const [expected, first, second] of pairs) {
      assert.equal(offence(first, second), expected);
      assert.equal(offence(second, first), expected);
    }
  });

  it('Q03 Q08 show none in what an honest validator says', () => {
    const pairs: [ConsensusMessage, ConsensusMessage][] = [
      [prepare(), prepare()],
      [prepare(), commit({ blockHash: B })],
      [proposal(), prepare({ blockHash: B })],
      [prepare(), prepare({ round: 1, blockHash: B })],
      [prepare(), prepare({ height: 6, blockHash: B })],
      [prepare(), prepare({ signer: V2, blockHash: B })],
      [commit({ round: 2 }), roundChange(2)],
      [commit({ round: 2 }), roundChange(3, 2)],
      [roundChange(1), roundChange(2)],
    ];
    for (const [first, second] of pairs) {
      assert.equal(offence(first, second), undefined);
      assert.equal(offence(second, first), undefined);
    }
  });

  it('J04 are bounded: one of each step, the first steps of each validator, and those of the latest heights', () => {
    const statements = new RecentStatements();
    const keep = (said: Said) => statements.keep(stated(prepare(said)), true);
    const isKept = (said: Said) =>
      statements.contradictedBy(stated(prepare({ ...said, blockHash: B }))) !== undefined;
    const bound = LIMITS.maxRecentStatementsPerValidator;
    for (let time = 0; time < 10; time++) for (let round = 0; round <= bound; round++) keep({ round });
    keep({ signer: V2 });
    assert.ok(isKept({ round: bound - 1 }), 'who says something ten times takes the room of one');
    assert.ok(!isKept({ round: bound }));
    assert.ok(isKept({ signer: V2 }), 'none takes the room of another');

    for (let height = 6; height < 5 + LIMITS.maxRecentHeights; height++) keep({ height });
    assert.ok(isKept({}));
    keep({ height: 5 + LIMITS.maxRecentHeights });
    assert.ok(!isKept({}));
    assert.ok(isKept({ height: 6 }));
    keep({});
    assert.ok(!isKept({}), 'what is forgotten does not come back');
    assert.ok(isKept({ height: 6 }));
  });

  it('J04 give way to checked ones where they are unchecked, and an unchecked one of a step to the checked one', () => {
    const statements = new RecentStatements();
    const keep = (said: Said, isChecked: boolean) => statements.keep(stated(prepare(said)), isChecked);
    const contradicted = (said: Said) =>
      statements.contradictedBy(stated(prepare({ ...said, blockHash: B })))?.earlier;
    const bound = LIMITS.maxRecentStatementsPerValidator;
    for (let round = 0; round < bound; round++) assert.ok(keep({ round }, false));
    assert.equal(contradicted({ round: 1 })?.isChecked, false);
    assert.ok(keep({ round: 1 }, true));
    assert.equal(contradicted({ round: 1 })?.isChecked, true);
    assert.equal(keep({ round: bound }, false), false, 'there is room for a checked one alone');
    assert.equal(contradicted({ round: bound }), undefined);
    assert.ok(keep({ round: bound }, true));
    assert.equal(contradicted({ round: bound })?.isChecked, true);
    assert.equal(contradicted({ round: 0 }), undefined);
    for (let round = 2; round < 2 * bound; round++) keep({ round }, true);
    assert.ok(keep({ round: 3 * bound }, false), 'where all are checked, there is nothing to gain');
    assert.equal(contradicted({ round: 3 * bound }), undefined);
  });

  it('are forgotten where they prove to be forged, and not in place of what has replaced them', () => {
    const statements = new RecentStatements();
    const genuine = stated(prepare({ blockHash: B }));
    statements.keep(stated(prepare()), false);
    const forged = statements.contradictedBy(genuine)?.earlier;
    assert.ok(forged !== undefined);
    statements.forget(forged);
    assert.equal(statements.contradictedBy(genuine), undefined);
    statements.keep(genuine, true);
    statements.forget(forged);
    assert.equal(statements.contradictedBy(stated(prepare()))?.earlier.isChecked, true);
  });
});
