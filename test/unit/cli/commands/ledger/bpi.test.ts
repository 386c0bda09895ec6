import assert from 'node:assert/strict';
import { subjectFromJson } from '../../../../../src/cli/commands/ledger/bpi-arguments.ts';
import { errorCode } from '../../../../../src/util/errors.ts';

describe('the subject of an invocation on the command line', () => {
  it('takes the kinds of its attributes from the kinds of JSON', () => {
    const text = '{"id": "ann", "region": "EU", "age": -41, "consent.billing": "granted", "blocked": false}';
    assert.deepEqual(subjectFromJson(text), {
      id: 'ann',
      attributes: [
        { name: 'region', kind: 'text', value: 'EU' },
        { name: 'age', kind: 'integer', value: '-41' },
        { name: 'consent.billing', kind: 'text', value: 'granted' },
        { name: 'blocked', kind: 'boolean', value: 'false' },
      ],
    });
  });

  it('is refused as a usage error if policies could not tell what was meant', () => {
    for (const text of [
      'ann',
      '[]',
      'null',
      '{"region": "EU"}',
      '{"id": 7}',
      '{"id": ""}',
      '{"id": "ann", "age": 1.5}',
      '{"id": "ann", "age": 9007199254740993}',
      '{"id": "ann", "region": null}',
      '{"id": "ann", "address": {"region": "EU"}}',
    ])
      assert.throws(
        () => subjectFromJson(text),
        (error) => errorCode(error) === 'USAGE',
        text,
      );
  });
});
