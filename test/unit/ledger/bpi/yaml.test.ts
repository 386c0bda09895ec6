import assert from 'node:assert/strict';
import { parseYaml } from '../../../../src/ledger/bpi/yaml-document.ts';
import { OperationFailure } from '../../../../src/ledger/seam.ts';
import { BPI, type BpiStatus } from '../../../../src/types/operations/bpi.ts';
import { utf8 } from '../../../../src/util/bytes.ts';

function refuses(yaml: string | Uint8Array, status: BpiStatus): void {
  const bytes = typeof yaml === 'string' ? utf8(yaml) : yaml;
  assert.throws(
    () => parseYaml(bytes),
    (error) => {
      assert.ok(error instanceof OperationFailure, String(error));
      assert.equal(error.status, BPI.statuses[status], `${status}: ${error.message}`);
      return true;
    },
  );
}

const parse = (yaml: string) => parseYaml(utf8(yaml));
const keys = (count: number) => Array.from({ length: count }, (_, i) => `k${i}: 1`);

describe('the bounded subset of YAML', () => {
  it('reads text, integers, booleans, lists and maps in block and in flow style', () => {
    const expected = new Map<string, unknown>([
      ['a', 'x y'],
      ['b', [1n, -2n, true, 'z']],
      ['c', new Map([['d', 'two\nlines\n']])],
    ]);
    assert.deepEqual(parse('a: x y\nb: [1, -2, true, "z"]\nc:\n  d: |\n    two\n    lines\n'), expected);
    assert.deepEqual(
      parse('---\nb:\n- 1\n- -2\n- true\n- z\nc: {d: "two\\nlines\\n"}\na: \'x y\' # said\n'),
      expected,
    );
  });

  it('reads the same with line ends of Windows', () => {
    assert.deepEqual(
      parse('a:\r\n  - b\r\n  - |\r\n    c\r\n    d\r\n'),
      parse('a:\n  - b\n  - |\n    c\n    d\n'),
    );
  });

  it('reads a document of exactly 16 KiB and refuses a byte more', () => {
    const rest = 16 * 1024 - 'a: '.length;
    assert.deepEqual(parse(`a: ${'x'.repeat(rest)}`), new Map([['a', 'x'.repeat(rest)]]));
    refuses(`a: ${'x'.repeat(rest + 1)}`, 'YAML_TOO_LARGE');
  });

  it('reads what is nested 16 deep and refuses a level more, in flow and by indentation', () => {
    assert.doesNotThrow(() => parse(`${'['.repeat(15)}a${']'.repeat(15)}`));
    refuses(`${'['.repeat(16)}a${']'.repeat(16)}`, 'YAML_TOO_DEEP');
    const indented = (depth: number) =>
      Array.from({ length: depth }, (_, i) => `${' '.repeat(i)}k:`).join('\n');
    assert.doesNotThrow(() => parse(`${indented(15)} a`));
    refuses(`${indented(17)} a`, 'YAML_TOO_DEEP');
    assert.doesNotThrow(() => parse(`${'- '.repeat(15)}a`));
    refuses(`${'- '.repeat(16)}a`, 'YAML_TOO_DEEP');
  });

  it('refuses depth however it is hidden', () => {
    for (const deep of [
      '['.repeat(8_000),
      '{a: '.repeat(4_000),
      '- '.repeat(8_000),
      `a: ${'{'.repeat(9_000)}`,
    ])
      refuses(deep, 'YAML_TOO_DEEP');
    // A list may stand in the column of its key, so equal columns can be levels too.
    const level = (i: number) => `${' '.repeat(i)}k:\n${' '.repeat(i)}- \n`;
    refuses(Array.from({ length: 12 }, (_, i) => level(i)).join(''), 'YAML_TOO_DEEP');
  });

  it('reads 128 keys in a map and refuses one more, in flow and in block style', () => {
    assert.equal((parse(keys(128).join('\n')) as Map<string, bigint>).size, 128);
    refuses(keys(129).join('\n'), 'YAML_TOO_MANY_KEYS');
    assert.equal((parse(`{${keys(128).join(', ')}}`) as Map<string, bigint>).size, 128);
    refuses(`{${keys(129).join(', ')}}`, 'YAML_TOO_MANY_KEYS');
  });

  it('counts the keys of each map for itself', () => {
    const half = (name: string) =>
      `${name}:\n${keys(100)
        .map((key) => `  ${key}`)
        .join('\n')}\n`;
    assert.equal((parse(half('a') + half('b')) as Map<string, unknown>).size, 2);
  });

  it('refuses more than 4 000 tokens', () => {
    refuses(`[${'a,'.repeat(3_000)}]`, 'YAML_TOO_MANY_TOKENS');
    refuses('\n'.repeat(16_000), 'YAML_TOO_MANY_TOKENS');
    refuses('#\n'.repeat(8_000), 'YAML_TOO_MANY_TOKENS');
  });

  const cases: readonly (readonly [string, BpiStatus, readonly string[]])[] = [
    ['directives', 'YAML_DIRECTIVE', ['%YAML 1.1\n---\na: 1', '%TAG ! x:\n---\na: 1']],
    ['anchors', 'YAML_ANCHOR', ['a: &x 1', '&x a: 1', '[&x 1]', 'a: &a [x]\nb: [*a, *a]']],
    ['aliases', 'YAML_ALIAS', ['a: *x', '[*x]']],
    ['tags', 'YAML_TAG', ['a: !!str 1', '!x a', '[!!binary aGk=]']],
    ['merge keys', 'YAML_MERGE_KEY', ['<<: {a: 1}', 'a: {"<<": {b: 1}}']],
    ['repeated keys', 'YAML_DUPLICATE_KEY', ['a: 1\na: 2', '{a: 1, "a": 2}', "x:\n  a: 1\n  'a': 2"]],
    ['floats', 'YAML_FLOAT', ['a: 1.5', 'a: .inf', 'a: -.INF', 'a: .nan', 'a: 1e3', '[0.0]']],
    [
      'integers over 128 bits',
      'YAML_INTEGER_RANGE',
      [`a: ${2n ** 127n}`, `a: ${-(2n ** 127n) - 1n}`, `a: ${'9'.repeat(9_000)}`],
    ],
    ['other scalars', 'YAML_SCALAR', ['a: ~', 'a: null', 'a:', 'a: True', 'a: FALSE', '', '# nothing']],
    ['keys that are no text', 'YAML_KEY', ['1: a', 'true: a', '[a]: b', '{a: 1}: b', '? a\n: b', '{? a}']],
    [
      'second documents',
      'YAML_MULTIPLE_DOCUMENTS',
      ['a: 1\n---\nb: 2', 'a: 1\n...\nb: 2', '---\n---\n', '--- a\n--- b'],
    ],
    [
      'what is no YAML',
      'YAML_SYNTAX',
      ['a: [b', 'a: b: c', '\ta: 1', 'a: "b', 'a: |999\n x', ']', 'a: 1\n b: 2'],
    ],
    [
      'what is no plain text',
      'YAML_NOT_TEXT',
      ['\ufeffa: 1', 'a: \u0002', 'a: "\\0"', 'a: "\\ud800"', 'a: \u0085', 'a\rb: 1'],
    ],
  ];
  for (const [what, status, documents] of cases)
    it(`refuses ${what} with ${status}`, () => {
      for (const document of documents) refuses(document, status);
    });

  it('keeps the extreme integers', () => {
    const max = 2n ** 127n - 1n;
    assert.deepEqual(parse(`[${max}, ${-max - 1n}, 0x10, 0o17]`), [max, -max - 1n, 16n, 15n]);
  });

  it('refuses bytes that are not UTF-8', () => {
    refuses(Uint8Array.of(0x61, 0x3a, 0x20, 0xff), 'YAML_NOT_TEXT');
    refuses(Uint8Array.of(0x61, 0x3a, 0x20, 0xed, 0xa0, 0x80), 'YAML_NOT_TEXT');
  });
});
