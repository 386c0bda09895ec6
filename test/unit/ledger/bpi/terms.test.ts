import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { EXAMPLE_AGREEMENT } from '../../../../src/client/example-agreement.ts';
import { readTerms } from '../../../../src/ledger/bpi/agreement-terms.ts';
import { OperationFailure } from '../../../../src/ledger/seam.ts';
import { decodeTerms, encodeTerms, hashTerms } from '../../../../src/types/agreement.ts';
import { BPI, type BpiStatus } from '../../../../src/types/operations/bpi.ts';
import { utf8 } from '../../../../src/util/bytes.ts';
import { agreementOf, Dice, YamlWriter } from '../../../support/agreement-yaml.ts';

const terms = (yaml: string) => readTerms(utf8(yaml));
const hash = (yaml: string) => hashTerms(encodeTerms(terms(yaml)));
const withPolicy = (policy: string) => `agreement: {name: n, policies: [${policy}]}`;

function refuses(yaml: string, status: BpiStatus): void {
  assert.throws(
    () => terms(yaml),
    (error) => {
      assert.ok(error instanceof OperationFailure, String(error));
      assert.equal(error.status, BPI.statuses[status], `${status}: ${error.message} in ${yaml}`);
      return true;
    },
  );
}

describe('the terms of an agreement', () => {
  it('are read from the example of the mission unchanged', () => {
    const plain = { effect: 'allow', throttlePpm: 1_000_000, obligations: [] } as const;
    assert.deepEqual(terms(EXAMPLE_AGREEMENT), {
      name: 'TrafficLight-BISO-Pipeline',
      version: 1,
      validFromMs: 0,
      validToMs: Number.MAX_SAFE_INTEGER,
      defaultDecision: 'deny',
      enforcement: 'real-time',
      policies: [
        {
          id: 'geographic_restriction',
          type: 'geographic_restriction',
          settings: { regions: ['EU', 'US'] },
          ...plain,
        },
        {
          id: 'data_classification',
          type: 'data_classification',
          settings: { level: 'PII', allowRoles: [] },
          ...plain,
        },
      ],
    });
  });

  it('have the hash that the chain has always given the example', () => {
    assert.equal(hash(EXAMPLE_AGREEMENT), '5c838677da11a45f982204c9ee9e9860ce893d4109cb15f75e524f1132d6a3ac');
  });

  it('keep their hash however they are written', () => {
    const other = `# the same
---
agreement: {enforcement: real-time, 'policies': [{regions: [EU, 'US'], type: geographic_restriction},
  {type: data_classification, level: PII}], "name": TrafficLight-BISO-Pipeline}`;
    assert.equal(hash(other), hash(EXAMPLE_AGREEMENT));
  });

  it('change their hash with anything that they say', () => {
    const changes = [
      ['"EU", "US"', '"US", "EU"'],
      ['"EU", "US"', '"EU"'],
      ['PII', 'PHI'],
      ['real-time', 'advisory'],
      ['Pipeline', 'pipeline'],
      ['  enforcement', '  version: 2\n  enforcement'],
      ['  enforcement', '  default: allow\n  enforcement'],
      ['  enforcement', '  valid: {from: 1}\n  enforcement'],
      ['level: "PII"', 'level: "PII"\n      id: pii'],
      ['level: "PII"', 'level: "PII"\n      effect: escalate'],
    ] as const;
    const hashes = changes.map(([from, to]) => hash(EXAMPLE_AGREEMENT.replace(from, to)));
    assert.equal(new Set([hash(EXAMPLE_AGREEMENT), ...hashes]).size, changes.length + 1);
  });

  it('hash to the recorded value for 256 generated agreements, each in two ways of writing', () => {
    const golden = readFileSync(new URL('../../../support/agreement-hashes.txt', import.meta.url), 'utf8');
    const expected = golden.trim().split('\n');
    assert.equal(new Set(expected).size, 256);
    for (const [seed, recorded] of expected.entries()) {
      const agreement = agreementOf(seed);
      for (let style = 0; style < 2; style++) {
        const dice = new Dice(seed * 1_000 + style);
        const yaml = new YamlWriter(dice, style % 2 === 0 ? '\n' : '\r\n').document(agreement);
        assert.equal(hash(yaml), recorded, `seed ${seed}, style ${style}:\n${yaml}`);
      }
    }
  });

  it('are the same after they were stored', () => {
    for (let seed = 0; seed < 50; seed++) {
      const written = terms(new YamlWriter(new Dice(seed)).document(agreementOf(seed)));
      assert.deepEqual(decodeTerms(encodeTerms(written)), written);
    }
  });

  it('name policies without an id after their type, and the second of a type by its position', () => {
    const policy = '{type: quota, max: 1}';
    const ids = terms(withPolicy(`${policy}, ${policy}, {type: quota, max: 1, id: mine}`)).policies.map(
      ({ id }) => id,
    );
    assert.deepEqual(ids, ['quota', 'quota-2', 'mine']);
    refuses(withPolicy(`{type: quota, max: 1, id: a}, {type: quota, max: 2, id: a}`), 'POLICY_ID_TAKEN');
  });

  it('do not depend on the order in which limits of resources are written', () => {
    const limits = (text: string) => hash(withPolicy(`{type: resource_limit, limits: ${text}}`));
    assert.equal(limits('{pids: 8, cpu_milli: 100}'), limits('{cpu_milli: 100, pids: 8}'));
    assert.notEqual(limits('{pids: 8, cpu_milli: 100}'), limits('{pids: 100, cpu_milli: 8}'));
  });

  it('refuse what is missing, unknown or of the wrong kind', () => {
    refuses('x: 1', 'TERMS_FIELD_MISSING');
    refuses('agreement: {name: n}', 'TERMS_FIELD_MISSING');
    refuses('agreement: {policies: [{type: quota, max: 1}]}', 'TERMS_FIELD_MISSING');
    refuses(`${withPolicy('{type: quota, max: 1}')}\nextra: 1`, 'TERMS_FIELD_UNKNOWN');
    refuses('agreement: {name: n, nmae: m, policies: [{type: quota, max: 1}]}', 'TERMS_FIELD_UNKNOWN');
    refuses('agreement: {name: n, __proto__: m, policies: [{type: quota, max: 1}]}', 'TERMS_FIELD_UNKNOWN');
    refuses(withPolicy('{type: quota, max: 1, mox: 2}'), 'TERMS_FIELD_UNKNOWN');
    for (const agreement of [
      'a text',
      '[]',
      '{name: 1, policies: [{type: quota, max: 1}]}',
      '{name: "", policies: [{type: quota, max: 1}]}',
      '{name: n, policies: []}',
      '{name: n, policies: {type: quota}}',
      '{name: n, policies: [text]}',
      '{name: n, version: 0, policies: [{type: quota, max: 1}]}',
      '{name: n, version: 4294967296, policies: [{type: quota, max: 1}]}',
      '{name: n, enforcement: sometimes, policies: [{type: quota, max: 1}]}',
      '{name: n, default: perhaps, policies: [{type: quota, max: 1}]}',
      '{name: n, valid: {from: 2, to: 1}, policies: [{type: quota, max: 1}]}',
      '{name: n, valid: 3, policies: [{type: quota, max: 1}]}',
    ])
      refuses(`agreement: ${agreement}`, 'TERMS_FIELD_INVALID');
  });

  it('refuse a policy of an unknown type, and settings that do not fit the type', () => {
    refuses(withPolicy('{type: magic}'), 'POLICY_TYPE_UNKNOWN');
    refuses(withPolicy('{type: toString}'), 'POLICY_TYPE_UNKNOWN');
    refuses(withPolicy('{regions: [EU]}'), 'TERMS_FIELD_MISSING');
    for (const policy of [
      '{type: geographic_restriction, regions: []}',
      '{type: geographic_restriction, regions: EU}',
      '{type: geographic_restriction, regions: [EU, EU]}',
      '{type: geographic_restriction, regions: [1]}',
      '{type: data_classification, level: Secret}',
      '{type: retention, max_heights: -1}',
      '{type: retention, max_heights: 9007199254740992}',
      '{type: rate_limit, window: 0, max: 1}',
      '{type: rate_limit, window: 1, max: "1"}',
      '{type: quota, max: 4294967296}',
      '{type: access, roles: admin}',
      '{type: image_allow, digests: ["sha256:12"]}',
      '{type: resource_limit, limits: {}}',
      '{type: resource_limit, limits: {cpu: -1}}',
      '{type: resource_limit, limits: {"Ä": 1}}',
      '{type: quota, max: 1, effect: deny}',
      '{type: quota, max: 1, effect: maybe}',
      '{type: quota, max: 1, effect: {throttle: 1000001}}',
    ])
      refuses(withPolicy(policy), 'TERMS_FIELD_INVALID');
  });

  it('refuse what nothing enforces yet instead of ignoring it', () => {
    for (const policy of [
      '{type: fee, metric: calls, price: 1, token: FLX}',
      '{type: sla, metric: uptime, min_ppm: 1, window: 1}',
      '{type: escrow, token: FLX, amount: 1, release: end}',
      '{type: rate_limit, metric: bytes, window: 1, max: 1}',
      '{type: quota, metric: bytes, max: 1}',
      '{type: quota, max: 1, penalty: 5}',
      '{type: quota, max: 1, light: yellow}',
      '{type: rule, when: "billing.window.cost > 3", effect: deny}',
    ])
      refuses(withPolicy(policy), 'FEATURE_UNAVAILABLE');
    for (const field of [
      'parties: [a]',
      'flow: [a]',
      'economics: 1',
      'poe: 1',
      'governance: 1',
      'enforcement: post',
    ])
      refuses(`agreement: {name: n, ${field}, policies: [{type: quota, max: 1}]}`, 'FEATURE_UNAVAILABLE');
  });

  it('refuse more than their bounds', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, i) => `{type: quota, max: ${i}}`).join(', ');
    assert.equal(terms(withPolicy(many(64))).policies.length, 64);
    refuses(withPolicy(many(65)), 'TERMS_TOO_LARGE');
    const items = (count: number) => Array.from({ length: count }, (_, i) => `r${i}`).join(', ');
    assert.doesNotThrow(() => terms(withPolicy(`{type: geographic_restriction, regions: [${items(64)}]}`)));
    refuses(withPolicy(`{type: geographic_restriction, regions: [${items(65)}]}`), 'TERMS_TOO_LARGE');
    refuses(withPolicy(`{type: geographic_restriction, regions: [${'x'.repeat(257)}]}`), 'TERMS_TOO_LARGE');
    refuses(withPolicy(`{type: quota, max: 1, obligations: [${items(9)}]}`), 'TERMS_TOO_LARGE');
    refuses(
      withPolicy(`{type: quota, max: 1, obligations: [a, b, c, d, e, f], effect: {require: [g, h, i]}}`),
      'TERMS_TOO_LARGE',
    );
    refuses(
      withPolicy(
        `{type: quota, max: 1, obligations: [a, b, c, d, e]}, {type: quota, max: 1, obligations: [f, g, h, i]}`,
      ),
      'TERMS_TOO_LARGE',
    );
    const rule = `{type: rule, effect: deny, when: "${Array.from({ length: 120 }, () => '1').join('+')} == 2"}`;
    refuses(withPolicy([rule, rule, rule].join(', ')), 'EXPRESSION_TOO_LARGE');
  });
});
