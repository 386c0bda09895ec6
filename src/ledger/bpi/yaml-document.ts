import { isMap, isScalar, isSeq, type Pair, parseDocument, type Scalar } from 'yaml';
import { failure } from './failure.ts';
import { assertPlainText, scanYaml, yamlText } from './yaml-scan.ts';

/** What the subset can say: text, 128-bit integers, booleans, lists, and maps whose keys are text. */
export type YamlValue = string | bigint | boolean | readonly YamlValue[] | YamlMap;
export type YamlMap = ReadonlyMap<string, YamlValue>;

export const INTEGER_MAX = 2n ** 127n - 1n;
export const INTEGER_MIN = -(2n ** 127n);

/**
 * Parses hostile YAML of the bounded subset. The scan comes first, so that the parser, which recurses and whose limits
 * are the stack and the heap, only sees what is small and shallow.
 * @throws OperationFailure with a YAML_… status
 */
export function parseYaml(bytes: Uint8Array): YamlValue {
  const text = yamlText(bytes);
  scanYaml(text);
  const document = parseBounded(text);
  const error = document.errors[0];
  if (error !== undefined) {
    if (error.code === 'DUPLICATE_KEY') throw failure('YAML_DUPLICATE_KEY', error.message);
    if (error.code === 'MULTIPLE_DOCS') throw failure('YAML_MULTIPLE_DOCUMENTS', error.message);
    throw failure('YAML_SYNTAX', error.message);
  }
  return readNode(document.contents);
}

function parseBounded(text: string): ReturnType<typeof parseDocument> {
  try {
    return parseDocument(text, {
      version: '1.2',
      schema: 'core',
      merge: false,
      uniqueKeys: true,
      intAsBigInt: true,
      prettyErrors: false,
      keepSourceTokens: false,
      logLevel: 'silent',
      strict: true,
    });
  } catch (error) {
    throw failure('YAML_SYNTAX', (error as Error).message);
  }
}

function readNode(node: unknown): YamlValue {
  if (isMap(node)) return mapOf(node.items);
  if (isSeq(node)) return node.items.map(readNode);
  if (isScalar(node)) return scalarOf(node);
  throw failure('YAML_SCALAR', 'an empty value');
}

function mapOf(pairs: readonly Pair[]): YamlMap {
  const map = new Map<string, YamlValue>();
  for (const { key, value } of pairs) {
    const name = keyOf(key);
    // The parser compares keys as it resolved them; here they are compared as text.
    if (map.has(name)) throw failure('YAML_DUPLICATE_KEY', `the key ${name} twice`);
    map.set(name, readNode(value));
  }
  return map;
}

function keyOf(key: unknown): string {
  if (!isScalar(key) || typeof key.value !== 'string') throw failure('YAML_KEY', 'a key is text');
  if (key.value === '<<') throw failure('YAML_MERGE_KEY', 'merge keys are not allowed');
  assertPlainText(key.value);
  return key.value;
}

function scalarOf({ value, source }: Scalar): YamlValue {
  if (typeof value === 'string') {
    assertPlainText(value);
    return value;
  }
  if (typeof value === 'bigint') {
    if (value > INTEGER_MAX || value < INTEGER_MIN)
      throw failure('YAML_INTEGER_RANGE', 'integers have 128 bits with the sign');
    return value;
  }
  if (typeof value === 'boolean') {
    if (source !== 'true' && source !== 'false')
      throw failure('YAML_SCALAR', 'booleans are written true or false');
    return value;
  }
  if (typeof value === 'number') throw failure('YAML_FLOAT', 'numbers are integers');
  throw failure('YAML_SCALAR', 'null is not a value; leave the key out');
}
