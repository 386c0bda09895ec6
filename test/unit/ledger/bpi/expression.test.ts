import assert from 'node:assert/strict';
import { evaluateCondition, type Scalar } from '../../../../src/ledger/bpi/expression.ts';
import { parseExpression } from '../../../../src/ledger/bpi/expression-parser.ts';
import { OperationFailure } from '../../../../src/ledger/seam.ts';
import { BPI, type BpiStatus } from '../../../../src/types/operations/bpi.ts';

const ATTRIBUTES: Readonly<Record<string, Scalar>> = {
  'subject.age': 20n,
  'subject.region': 'EU',
  'subject.blocked': false,
  'subject.consent.research': 'granted',
  'actor.address': 'aa',
};

const evaluate = (source: string) => evaluateCondition(parseExpression(source), (path) => ATTRIBUTES[path]);

function refuses(source: string, status: BpiStatus): void {
  assert.throws(
    () => parseExpression(source),
    (error) => error instanceof OperationFailure && error.status === BPI.statuses[status],
    `${source.slice(0, 80)} is not refused with ${status}`,
  );
}

const MAX = (2n ** 127n - 1n).toString();

describe('the conditions of rules', () => {
  const truths: readonly (readonly [string, boolean])[] = [
    ['true', true],
    ['not true', false],
    ['not not true', true],
    ['1 + 2 * 3 == 7', true],
    ['(1 + 2) * 3 == 9', true],
    ['10 - 2 - 3 == 5', true],
    ['-2 * -3 == 6', true],
    ['- -1 == 1', true],
    ['true or false and false', true],
    ['(true or false) and false', false],
    ['not false and false', false],
    ['subject.age >= 18 and subject.region in ["EU", \'US\']', true],
    ['subject.age < 18 or subject.blocked', false],
    ['subject.age > 20', false],
    ['subject.age <= 20', true],
    ['subject.region != "US"', true],
    ['subject.age in [1, 20, 3]', true],
    ['subject.age in []', false],
    ['subject.consent.research == "granted"', true],
    ['actor.address == "aa"', true],
    [`${MAX} > 0`, true],
  ];
  for (const [source, expected] of truths)
    it(`finds ${source} ${expected}`, () => assert.deepEqual(evaluate(source), { holds: expected }));

  it('have no value if a path has none, on either side of and and or', () => {
    for (const source of [
      'subject.none',
      'true or subject.none',
      'false and subject.none',
      'subject.none == 1',
    ])
      assert.deepEqual(evaluate(source), { fault: 'attribute-missing' });
  });

  it('have no value if types do not fit', () => {
    for (const source of [
      '1',
      '"text"',
      'not 1',
      '1 and true',
      '1 == "1"',
      'true == 1',
      'subject.region < 5',
      'subject.region + 1 == 2',
      '- true == 1',
      'subject.age in ["a"]',
      'subject.age in [20, "a"]',
      '(1 == 1) + 1 == 2',
    ])
      assert.deepEqual(evaluate(source), { fault: 'expression-failed' }, source);
  });

  it('have no value beyond 128 bits, and reach the last of them', () => {
    assert.deepEqual(evaluate(`${MAX} + 1 > 0`), { fault: 'expression-failed' });
    assert.deepEqual(evaluate(`-${MAX} - 2 < 0`), { fault: 'expression-failed' });
    assert.deepEqual(evaluate(`${MAX} * 2 > 0`), { fault: 'expression-failed' });
    assert.deepEqual(evaluate(`-(-${MAX} - 1) > 0`), { fault: 'expression-failed' });
    assert.deepEqual(evaluate(`-${MAX} - 1 < 0`), { holds: true });
  });

  it('are refused if they are malformed', () => {
    for (const source of [
      '',
      '1 +',
      '(1',
      '1)',
      '1 == 2 == 3',
      'a in b',
      'x',
      'subject',
      'subject.',
      'subject..a',
      'actor.name == "x"',
      'not',
      'and',
      '1 == "x',
      '"a" "b"',
      '1 in [subject.age]',
      '1 in [1,]',
      '1.5 > 1',
      'f(1)',
      '1 / 2 == 0',
      '$ == 1',
      `${MAX}0 > 1`,
      `${2n ** 127n} > 1`,
      '1'.repeat(4_000),
    ])
      refuses(source, 'EXPRESSION_MALFORMED');
  });

  it('are refused beyond 256 nodes or 16 levels', () => {
    const sum = (terms: number) => `${Array.from({ length: terms }, () => '1').join('+')} == 1`;
    assert.equal(parseExpression(sum(127)).length, 255);
    refuses(sum(129), 'EXPRESSION_TOO_LARGE');
    const nested = (depth: number) => `${'('.repeat(depth)}true${')'.repeat(depth)}`;
    assert.equal(parseExpression(nested(16)).length, 1);
    refuses(nested(17), 'EXPRESSION_TOO_LARGE');
    refuses('('.repeat(4_000), 'EXPRESSION_TOO_LARGE');
    refuses('not '.repeat(1_000), 'EXPRESSION_TOO_LARGE');
    refuses(`${'-'.repeat(4_000)}1`, 'EXPRESSION_TOO_LARGE');
    refuses(`"${'x'.repeat(257)}" == "x"`, 'EXPRESSION_TOO_LARGE');
  });

  it('say what is not there yet', () => refuses('billing.window.cost > 1', 'FEATURE_UNAVAILABLE'));
});
