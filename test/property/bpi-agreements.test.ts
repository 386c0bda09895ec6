import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EXAMPLE_AGREEMENT } from '../../src/client/example-agreement.ts';
import { subjectOf as subject } from '../../src/client/subject.ts';
import { readTerms } from '../../src/ledger/bpi/agreement-terms.ts';
import { agreementRoot } from '../../src/ledger/bpi/agreements.ts';
import { evaluateCondition } from '../../src/ledger/bpi/expression.ts';
import { parseExpression } from '../../src/ledger/bpi/expression-parser.ts';
import { decide } from '../../src/ledger/bpi/policy-decision.ts';
import { readRequest } from '../../src/ledger/bpi/subject.ts';
import { parseYaml } from '../../src/ledger/bpi/yaml-document.ts';
import { OperationFailure } from '../../src/ledger/seam.ts';
import { executeSection } from '../../src/ledger/section.ts';
import { executionScheme } from '../../src/mining/proofs/execution.ts';
import type { Policy } from '../../src/types/agreement.ts';
import { decodeTerms, encodeTerms, hashTerms } from '../../src/types/agreement.ts';
import { BPI } from '../../src/types/operations/bpi.ts';
import type { Operation } from '../../src/types/transaction.ts';
import { utf8 } from '../../src/util/bytes.ts';
import { agreementOf, Dice, YamlWriter } from '../support/agreement-yaml.ts';
import { hashNumber } from '../support/blocks.ts';
import {
  activate,
  activeAgreement,
  alice,
  bob,
  check,
  invoke,
  newBpiChain,
  propose,
  sign,
  statusOf,
  terminate,
} from '../support/bpi-chain.ts';

const STATUSES = new Set<number>(Object.values(BPI.statuses));

/** What a function gives, or undefined if it fails in the way in which operations fail. Anything else goes up. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof OperationFailure)) throw error;
    assert.ok(STATUSES.has(error.status), String(error.status));
    return undefined;
  }
}

const fragments = [
  ...[
    'agreement',
    'policies',
    'name',
    'type',
    'rule',
    'when',
    '1',
    '-2',
    'true',
    'null',
    '1.5',
    '"',
    "'",
    '\\',
    '\n',
  ],
  ...[
    '\n  ',
    '\n    - ',
    '- ',
    ': ',
    ':',
    ', ',
    '[',
    ']',
    '{',
    '}',
    '? ',
    '#',
    '&a ',
    '*a',
    '!!str ',
    '%YAML 1.2\n',
  ],
  ...[
    '---\n',
    '...\n',
    '|\n',
    '>-\n',
    '\t',
    '\r\n',
    '<<',
    '@',
    '`',
    '~',
    ' ',
    '\u2028',
    'é',
    '\u{1f600}',
    '\ud800',
  ],
];
const yamlLike = fc.array(fc.constantFrom(...fragments), { maxLength: 60 }).map((parts) => parts.join(''));
const conditionLike = fc
  .array(
    fc.constantFrom(
      ...[
        'subject.a',
        'subject.b',
        'actor.address',
        '1',
        '99',
        '"x"',
        'true',
        'false',
        'and',
        'or',
        'not',
        'in',
      ],
      ...[
        '==',
        '!=',
        '<',
        '<=',
        '>',
        '>=',
        '+',
        '-',
        '*',
        '(',
        ')',
        '[',
        ']',
        ',',
        '170141183460469231731687303715884105727',
      ],
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(' '));
const attributeValue = fc.oneof(fc.constant(true), fc.constant('x'), fc.bigInt({ min: -5n, max: 200n }));

describe('agreements, whatever comes in', () => {
  it('any text and any bytes are read, or refused by a status of the ledger', () => {
    fc.assert(
      fc.property(yamlLike, (text) => {
        attempt(() => parseYaml(utf8(text)));
        attempt(() => readTerms(utf8(`agreement:\n  name: ${text}`)));
      }),
      { numRuns: 400 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        attempt(() => readTerms(bytes));
      }),
      { numRuns: 200 },
    );
  });

  it('one agreement has one hash in all its ways of writing, and is the same after it was stored', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (seed, style, otherStyle) => {
        const agreement = agreementOf(seed);
        const written = (dice: number, newline: string) =>
          encodeTerms(readTerms(utf8(new YamlWriter(new Dice(dice), newline).document(agreement))));
        const bytes = written(style, '\n');
        assert.equal(hashTerms(bytes), hashTerms(written(otherStyle, '\r\n')));
        assert.deepEqual(encodeTerms(decodeTerms(bytes)), bytes);
      }),
      { numRuns: 40 },
    );
  });

  it('any condition is refused or has an outcome, and the same one each time', () => {
    fc.assert(
      fc.property(conditionLike, attributeValue, attributeValue, (text, a, b) => {
        const nodes = attempt(() => parseExpression(text));
        if (nodes === undefined) return;
        const values = new Map<string, string | bigint | boolean>([
          ['subject.a', a],
          ['subject.b', b],
        ]);
        const evaluate = () => evaluateCondition(nodes, (path) => values.get(path));
        assert.deepEqual(evaluate(), evaluate());
      }),
      { numRuns: 600 },
    );
  });

  it('the order of policies does not change what they come to, and one that denies always wins', () => {
    const attributes = fc.dictionary(
      fc.constantFrom('region', 'classification', 'role', 'age', 'retention_heights', 'cpu_milli', 'pids'),
      fc.oneof(attributeValue, fc.constantFrom('EU', 'PII', 'admin')),
    );
    fc.assert(
      fc.property(fc.nat(), fc.nat(), attributes, fc.nat(60), (seed, order, values, used) => {
        const terms = readTerms(utf8(new YamlWriter(new Dice(1)).document(agreementOf(seed))));
        const request = readRequest(subject('s', values), 'record', 'ab'.repeat(32));
        const outcome = (policies: readonly Policy[]) => {
          const found = decide(policies, terms.defaultDecision, request, () => used);
          return [found.decision, found.throttlePpm, [...found.obligations].sort(), found.gas];
        };
        assert.deepEqual(outcome(new Dice(order).shuffle(terms.policies)), outcome(terms.policies));
        const [deny] = readTerms(
          utf8('agreement: {name: n, policies: [{type: rule, when: "true", effect: deny}]}'),
        ).policies as [Policy];
        assert.equal(outcome([...terms.policies, deny])[0], 'deny');
      }),
      { numRuns: 100 },
    );
  });
});

describe('a section of the bpi ledger', () => {
  const people = [alice, bob];
  const region = fc.constantFrom('EU', 'US', 'CN');
  const step = fc.record({
    who: fc.constantFrom(...people),
    what: fc.constantFrom('record', 'put', 'delete', 'check', 'terminate', 'sign', 'activate', 'propose'),
    region,
    key: fc.constantFrom('a', 'b'),
    onSecond: fc.boolean(),
  });

  it('gives everybody the same state and a proof that fits, and what failed moves no agreement', () => {
    fc.assert(
      fc.property(fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { maxLength: 6 }), (plan) => {
        const runs = [0, 1].map(() => {
          const chain = newBpiChain();
          const first = activeAgreement(chain, EXAMPLE_AGREEMENT, people);
          const second = activeAgreement(
            chain,
            'agreement: {name: n, policies: [{type: quota, max: 2}]}',
            people,
          );
          const operation = (entry: (typeof plan)[0][0]): Operation => {
            const id = entry.onSecond ? second : first;
            const about = subject('s', { region: entry.region, classification: 'PII' });
            if (entry.what === 'check') return check(id, about);
            if (entry.what === 'terminate') return terminate(id);
            if (entry.what === 'sign') return sign(id, hashNumber(1));
            if (entry.what === 'activate') return activate(id);
            if (entry.what === 'propose') return propose(EXAMPLE_AGREEMENT, [entry.who]);
            const key = entry.what === 'record' ? '' : entry.key;
            const value = entry.what === 'delete' ? new Uint8Array(0) : utf8('v');
            return invoke(id, about, { entry: entry.what, key, value });
          };
          for (const steps of plan) {
            const sender = (steps[0] as (typeof steps)[0]).who;
            const transaction = chain.transaction(sender, 'bpi', steps.map(operation));
            const begun = chain.begin();
            const roots = () => [first, second].map((id) => agreementRoot(chain.state.reader('bpi'), id));
            const outcome = executeSection(begun, 'bpi', [transaction]);
            assert.ok(outcome.valid);
            const { result } = outcome;
            const input = {
              ledger: 'bpi' as const,
              parent: hashNumber(1),
              context: begun.context,
              result,
              before: begun.view.reader('bpi'),
              after: result.view.reader('bpi'),
              at: (subtree: Parameters<typeof begun.view.reader>[0]) => begun.view.reader(subtree),
            };
            assert.equal(executionScheme.verify(executionScheme.build(input), input), undefined);
            result.discard();
            begun.discard();
            const before = roots();
            const [receipt] = chain.block([transaction]).receipts;
            assert.ok(receipt);
            assert.doesNotMatch(statusOf(receipt), /^STATUS_/);
            if (receipt.status !== 0) assert.deepEqual(roots(), before);
          }
          return chain.block().stateRoot;
        });
        assert.equal(runs[0], runs[1]);
      }),
      { numRuns: 25 },
    );
  });
});
