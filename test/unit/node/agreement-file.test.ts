import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { EXAMPLE_AGREEMENT } from '../../../src/client/example-agreement.ts';
import { readAgreement, readAgreementFile } from '../../../src/node/agreement-file.ts';
import type { BpiStatus } from '../../../src/types/operations/bpi.ts';
import { utf8 } from '../../../src/util/bytes.ts';
import { NodeError } from '../../../src/util/errors.ts';
import { useTemporaryDirectory } from '../../support/temporary-directory.ts';

function refuses(yaml: string, code: BpiStatus, line: number): void {
  assert.throws(
    () => readAgreement(utf8(yaml), 'terms.yaml'),
    (error) => {
      assert.ok(error instanceof NodeError);
      assert.deepEqual([error.code, error.data.line], [code, line], error.message);
      assert.ok(error.message.startsWith(`terms.yaml:${line}: `), error.message);
      return true;
    },
  );
}

const terms = (...policies: string[]) =>
  ['agreement:', '  name: n', '  policies:', ...policies.map((policy) => `    - ${policy}`)].join('\n');
const quota = '{type: quota, max: 1}';

describe('the YAML of an agreement in a file', () => {
  const directory = useTemporaryDirectory();

  it('is read as the ledger reads it', async () => {
    const path = directory.join('terms.yaml');
    await writeFile(path, EXAMPLE_AGREEMENT);
    const read = await readAgreementFile(path);
    assert.equal(read.terms.name, 'TrafficLight-BISO-Pipeline');
    assert.deepEqual(read, readAgreement(utf8(EXAMPLE_AGREEMENT), 'x'));
  });

  it('is refused with the line on which the text leaves the subset', () => {
    refuses('a: 1\nb: 2\na: 3', 'YAML_DUPLICATE_KEY', 3);
    refuses('a: 1\nb: &x 2', 'YAML_ANCHOR', 2);
    refuses('a: |\n  one\n  two\nb: *x', 'YAML_ALIAS', 4);
    refuses('# first\n%YAML 1.2\n---\na: 1', 'YAML_DIRECTIVE', 2);
    refuses('a:\n  - 1\n  - 1.5', 'YAML_FLOAT', 3);
    refuses('a: 1\n\nb: "open', 'YAML_SYNTAX', 3);
    refuses('a: 1\nb: "\\0"', 'YAML_NOT_TEXT', 2);
    refuses(`a: 1\n${'['.repeat(20)}`, 'YAML_TOO_DEEP', 2);
  });

  it('is refused with the line on which the terms go wrong', () => {
    refuses('agreement:\n  name: n', 'TERMS_FIELD_MISSING', 2);
    refuses(terms(quota, '{type: quote, max: 1}'), 'POLICY_TYPE_UNKNOWN', 5);
    refuses(terms(quota, 'type: quota\n      id: b\n      max: -1'), 'TERMS_FIELD_INVALID', 7);
    refuses(terms(quota, 'type: quota\n      id: b\n      max: 1\n      limit: 2'), 'TERMS_FIELD_UNKNOWN', 8);
    refuses(terms('type: rule\n      effect: deny\n      when: subject. ='), 'EXPRESSION_MALFORMED', 6);
    refuses(terms(quota, '{type: escrow, token: FLX, amount: 1}'), 'FEATURE_UNAVAILABLE', 5);
    refuses(`${terms(quota)}\n  enforcement: post`, 'FEATURE_UNAVAILABLE', 5);
  });

  it('is refused if it promises what nothing would keep', () => {
    refuses(terms('{type: access, roles: [admin], actions: [publish]}'), 'TERMS_FIELD_INVALID', 4);
    refuses(terms('{type: consent, purpose: "data sharing"}'), 'TERMS_FIELD_INVALID', 4);
    refuses(
      terms(quota, 'type: retention\n      max_heights: 9\n      effect: {throttle: 5}'),
      'TERMS_FIELD_INVALID',
      7,
    );
    refuses(terms('{type: quota, max: 1, light: yellow}'), 'FEATURE_UNAVAILABLE', 4);
    refuses(terms('{type: quota, max: 1, penalty: 5}'), 'FEATURE_UNAVAILABLE', 4);
  });

  it('is not read beyond its bound, whatever the file is', async () => {
    await assert.rejects(readAgreementFile('/dev/zero'), { code: 'YAML_TOO_LARGE' });
    await assert.rejects(readAgreementFile(directory.join('none.yaml')), { code: 'NO_SUCH_FILE' });
  });
});
