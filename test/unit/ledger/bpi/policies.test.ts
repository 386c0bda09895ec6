import assert from 'node:assert/strict';
import { subjectOf as subject } from '../../../../src/client/subject.ts';
import { readTerms } from '../../../../src/ledger/bpi/agreement-terms.ts';
import { decide } from '../../../../src/ledger/bpi/policy-decision.ts';
import { readRequest } from '../../../../src/ledger/bpi/subject.ts';
import { OperationFailure } from '../../../../src/ledger/seam.ts';
import { BPI } from '../../../../src/types/operations/bpi.ts';
import { utf8 } from '../../../../src/util/bytes.ts';

type Attributes = Readonly<Record<string, string | bigint | boolean>>;

/** What policies in YAML come to for a subject; `used` is what every counter reads. */
function decision(
  policies: readonly string[],
  attributes: Attributes = {},
  options: { entry?: string; used?: number; default?: string } = {},
) {
  const { entry = 'record', used = 0, default: fallback = 'deny' } = options;
  const terms = readTerms(
    utf8(`agreement: {name: n, default: ${fallback}, policies: [${policies.join(', ')}]}`),
  );
  const request = readRequest(subject('s', attributes), entry, 'ab'.repeat(32));
  const { policy, ...rest } = decide(terms.policies, terms.defaultDecision, request, () => used);
  return { ...rest, policy: policy?.id };
}

function verdict(
  policy: string,
  attributes: Attributes = {},
  options: Parameters<typeof decision>[2] = {},
): string {
  const { decision: outcome, reason } = decision([policy], attributes, options);
  return outcome === 'deny' ? reason : outcome;
}

/** Terms that throttle need a rate limit; this one is never reached. */
const lax = '{type: rate_limit, id: lax, window: 1, max: 4294967295}';

const rule = (when: string, effect: string, id = 'rule') =>
  `{type: rule, id: ${id}, when: '${when}', effect: ${effect}}`;

describe('policies that constrain', () => {
  it('let data pass whose class lies at or below the level, and no other', () => {
    const within: Readonly<Record<string, readonly string[]>> = {
      Public: ['Public'],
      General: ['Public', 'General'],
      PII: ['Public', 'General', 'PII'],
      PCI: ['Public', 'General', 'PII', 'PCI'],
      PHI: ['Public', 'General', 'PII', 'PHI'],
    };
    for (const [level, classes] of Object.entries(within))
      for (const classification of [...Object.keys(within), 'Secret', 'pii', ''])
        assert.equal(
          verdict(`{type: data_classification, level: ${level}}`, { classification }),
          classes.includes(classification) ? 'allow' : 'not-satisfied',
          `${classification} within ${level}`,
        );
  });

  it('ask for encryption and consent from PII on', () => {
    const obligations = (classification: string) =>
      decision(['{type: data_classification, level: PHI}'], { classification }).obligations;
    assert.deepEqual(obligations('General'), []);
    for (const classification of ['PII', 'PHI'])
      assert.deepEqual(obligations(classification), ['encrypt', 'consent']);
  });

  it('look at the role where data is for some roles only', () => {
    const policy = '{type: data_classification, level: PII, allow_roles: [nurse]}';
    assert.equal(verdict(policy, { classification: 'PII', role: 'nurse' }), 'allow');
    assert.equal(verdict(policy, { classification: 'PII', role: 'clerk' }), 'not-satisfied');
    assert.equal(verdict(policy, { classification: 'PII' }), 'attribute-missing');
    assert.equal(verdict(policy, { role: 'nurse' }), 'attribute-missing');
  });

  const image = `sha256:${'a'.repeat(64)}`;
  const constraints: readonly (readonly [string, Attributes, Attributes, string])[] = [
    ['{type: geographic_restriction, regions: [EU, US]}', { region: 'EU' }, { region: 'CN' }, 'region'],
    [
      '{type: consent, purpose: research}',
      { 'consent.research': 'granted' },
      { 'consent.research': 'withdrawn' },
      'consent.research',
    ],
    [
      '{type: retention, max_heights: 10}',
      { retention_heights: 10n },
      { retention_heights: 11n },
      'retention_heights',
    ],
    ['{type: access, roles: [admin]}', { role: 'admin' }, { role: 'guest' }, 'role'],
    [`{type: image_allow, digests: ["${image}"]}`, { image }, { image: image.replace('a', 'b') }, 'image'],
    ['{type: resource_limit, limits: {pids: 8}}', { pids: 8n }, { pids: 9n }, 'pids'],
  ];
  for (const [policy, good, bad, attribute] of constraints)
    it(`${policy.slice(7).split(',')[0]} lets pass, denies, and fails closed`, () => {
      assert.equal(verdict(policy, good), 'allow');
      assert.equal(verdict(policy, bad), 'not-satisfied');
      assert.equal(verdict(policy, {}), 'attribute-missing');
      assert.equal(verdict(policy, { [attribute]: true }), 'attribute-malformed');
      // A missing attribute is denied even where nothing else would deny.
      assert.equal(verdict(policy, {}, { default: 'allow' }), 'attribute-missing');
    });

  it('refuse a negative amount of a resource, and one resource over its bound is enough', () => {
    const policy = '{type: resource_limit, limits: {cpu_milli: 100, pids: 8}}';
    assert.equal(verdict(policy, { cpu_milli: 100n, pids: 0n }), 'allow');
    assert.equal(verdict(policy, { cpu_milli: 101n, pids: 0n }), 'not-satisfied');
    assert.equal(verdict(policy, { cpu_milli: 1n, pids: -1n }), 'attribute-malformed');
    assert.equal(verdict(policy, { cpu_milli: 1n }), 'attribute-missing');
  });

  it('concern only the entries that an access policy names', () => {
    const policy = '{type: access, roles: [admin], actions: [delete]}';
    assert.equal(verdict(policy, { role: 'admin' }, { entry: 'delete' }), 'allow');
    assert.equal(verdict(policy, { role: 'guest' }, { entry: 'delete' }), 'not-satisfied');
    assert.equal(verdict(policy, { role: 'guest' }, { entry: 'put', default: 'allow' }), 'allow');
    assert.equal(verdict(policy, { role: 'admin' }, { entry: 'put' }), 'no-policy-applies');
  });

  it('stop at their limits, and a throttle lowers a rate limit but not a quota', () => {
    const rate = '{type: rate_limit, window: 1000, max: 4}';
    const quota = '{type: quota, max: 4}';
    const half = rule('true', '{throttle: 500000}');
    for (const policy of [rate, quota]) {
      assert.equal(verdict(policy, {}, { used: 3 }), 'allow');
      assert.equal(verdict(policy, {}, { used: 4 }), 'limit-reached');
    }
    assert.equal(decision([rate, half], {}, { used: 1 }).decision, 'throttle');
    assert.equal(decision([rate, half], {}, { used: 2 }).policy, 'rate_limit');
    assert.equal(decision([half, rate], {}, { used: 2 }).policy, 'rate_limit');
    assert.equal(decision([half, quota, lax], {}, { used: 3 }).decision, 'throttle');
    // A limit may throttle as well, wherever it stands.
    const quotaThatThrottles = '{type: quota, max: 9, effect: {throttle: 500000}}';
    for (const policies of [
      [rate, quotaThatThrottles],
      [quotaThatThrottles, rate],
    ])
      assert.equal(decision(policies, {}, { used: 2 }).policy, 'rate_limit');
  });
});

describe('policies together', () => {
  const deny = rule('true', 'deny', 'deny');
  const escalate = rule('true', 'escalate', 'escalate');
  const throttle = rule('true', '{throttle: 300000}', 'throttle');
  const more = rule('true', '{throttle: 600000}', 'more');
  const require = rule('true', '{require: [log, sign]}', 'require');
  const allow = rule('true', 'allow', 'allow');

  it('let deny override everything, whatever the order', () => {
    for (const policies of [
      [allow, deny, escalate, throttle, lax],
      [lax, escalate, throttle, allow, deny],
      [deny, allow],
    ])
      assert.deepEqual(
        [decision(policies).decision, decision(policies).policy, decision(policies).reason],
        ['deny', 'deny', 'rule-denies'],
      );
  });

  it('let escalate override throttle and allow', () => {
    for (const policies of [
      [allow, throttle, escalate, lax],
      [lax, escalate, throttle, allow],
    ])
      assert.deepEqual(
        [decision(policies).decision, decision(policies).policy, decision(policies).reason],
        ['escalate', 'escalate', 'rule-escalates'],
      );
  });

  it('take the smallest throttle and the union of obligations', () => {
    const {
      decision: outcome,
      throttlePpm,
      obligations,
      policy,
    } = decision([lax, more, throttle, require, rule('true', '{require: [sign, tell]}', 'b')]);
    assert.equal(outcome, 'throttle');
    assert.equal(throttlePpm, 300_000);
    assert.deepEqual(obligations, ['log', 'sign', 'tell']);
    assert.equal(policy, undefined);
  });

  it('leave rules aside whose condition does not hold', () => {
    const off = rule('subject.age < 18', 'deny', 'minor');
    assert.equal(decision([off, allow], { age: 20n }).decision, 'allow');
    assert.equal(decision([off, allow], { age: 17n }).policy, 'minor');
    assert.equal(decision([off], { age: 20n }).reason, 'no-policy-applies');
    assert.equal(decision([off], { age: 20n }, { default: 'allow' }).decision, 'allow');
  });

  it('deny if a condition fails, even of a rule that would allow', () => {
    const risky = rule('subject.age + 1 > 18', 'allow', 'risky');
    assert.deepEqual(decision([risky], {}).reason, 'attribute-missing');
    assert.deepEqual(decision([risky], { age: 'old' }).reason, 'expression-failed');
    assert.deepEqual(decision([risky], { age: 2n ** 127n - 1n }).reason, 'expression-failed');
  });

  it('name the first policy that denies, and count the nodes they evaluated', () => {
    const found = decision(
      ['{type: geographic_restriction, regions: [EU]}', rule('1 == 1', 'deny', 'other')],
      { region: 'CN' },
    );
    assert.deepEqual([found.policy, found.gas], ['geographic_restriction', 3]);
  });
});

describe('what is said of a subject', () => {
  const refuses = (
    id: string,
    attributes: { name: string; kind: 'text' | 'integer' | 'boolean'; value: string }[],
  ) =>
    assert.throws(
      () => readRequest({ id, attributes }, 'record', ''),
      (error) => error instanceof OperationFailure && error.status === BPI.statuses.SUBJECT_INVALID,
      JSON.stringify(attributes),
    );

  it('is refused without an id, with an attribute twice, and with a value of another kind', () => {
    refuses('', []);
    refuses('s', [
      { name: 'a', kind: 'text', value: 'x' },
      { name: 'a', kind: 'text', value: 'y' },
    ]);
    refuses('s', [{ name: 'id', kind: 'text', value: 'x' }]);
    refuses('s', [{ name: '', kind: 'text', value: 'x' }]);
    refuses('s', [{ name: 'a b', kind: 'text', value: 'x' }]);
    for (const value of [
      '',
      '01',
      '-0',
      '+1',
      '1.0',
      '0x1',
      ' 1',
      'one',
      (2n ** 127n).toString(),
      '9'.repeat(200),
    ])
      refuses('s', [{ name: 'a', kind: 'integer', value }]);
    for (const value of ['True', '1', '']) refuses('s', [{ name: 'a', kind: 'boolean', value }]);
  });
});
