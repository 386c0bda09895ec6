import { isMap, isNode, isScalar, isSeq, type Pair, parseDocument, type Scalar } from 'yaml';
import { lineAt, termsFailure, type YamlPath } from './failure.ts';
import { findForbidden, notPlainText, scanYaml, yamlText } from './yaml-scan.ts';

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
    const place = { line: lineAt(text, error.pos[0]) };
    if (error.code === 'DUPLICATE_KEY') throw termsFailure('YAML_DUPLICATE_KEY', error.message, place);
    if (error.code === 'MULTIPLE_DOCS') throw termsFailure('YAML_MULTIPLE_DOCUMENTS', error.message, place);
    throw termsFailure('YAML_SYNTAX', error.message, place);
  }
  return new NodeReader(text).read(document.contents);
}

/**
 * The line on which the value at a path stands or, if there is none, the nearest that is around it. For YAML that
 * `parseYaml` reads.
 */
export function lineOfPath(bytes: Uint8Array, path: YamlPath): number {
  const text = yamlText(bytes);
  const document = parseBounded(text);
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lineAt(text, node.range[0]);
  }
  return 1;
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
    throw termsFailure('YAML_SYNTAX', (error as Error).message, { line: 1 });
  }
}

/** Turns what the parser found into plain values, and refuses what the subset cannot say. */
class NodeReader {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  read(node: unknown): YamlValue {
    if (isMap(node)) return this.#map(node.items);
    if (isSeq(node)) return node.items.map((item) => this.read(item));
    if (isScalar(node)) return this.#scalar(node);
    throw termsFailure('YAML_SCALAR', 'an empty value', this.#place(node));
  }

  #map(pairs: readonly Pair[]): YamlMap {
    const map = new Map<string, YamlValue>();
    for (const { key, value } of pairs) {
      const name = this.#key(key);
      // The parser compares keys as it resolved them; here they are compared as text.
      if (map.has(name)) throw termsFailure('YAML_DUPLICATE_KEY', `the key ${name} twice`, this.#place(key));
      map.set(name, this.read(value));
    }
    return map;
  }

  #key(key: unknown): string {
    if (!isScalar(key) || typeof key.value !== 'string')
      throw termsFailure('YAML_KEY', 'a key is text', this.#place(key));
    if (key.value === '<<')
      throw termsFailure('YAML_MERGE_KEY', 'merge keys are not allowed', this.#place(key));
    this.#assertPlainText(key.value, key);
    return key.value;
  }

  #scalar(node: Scalar): YamlValue {
    const { value, source } = node;
    if (typeof value === 'string') {
      this.#assertPlainText(value, node);
      return value;
    }
    if (typeof value === 'bigint') {
      if (value > INTEGER_MAX || value < INTEGER_MIN)
        throw termsFailure('YAML_INTEGER_RANGE', 'integers have 128 bits with the sign', this.#place(node));
      return value;
    }
    if (typeof value === 'boolean') {
      if (source !== 'true' && source !== 'false')
        throw termsFailure('YAML_SCALAR', 'booleans are written true or false', this.#place(node));
      return value;
    }
    if (typeof value === 'number')
      throw termsFailure('YAML_FLOAT', 'numbers are integers', this.#place(node));
    throw termsFailure('YAML_SCALAR', 'null is not a value; leave the key out', this.#place(node));
  }

  /** Escapes in quotes can say what bytes could not. */
  #assertPlainText(text: string, node: Scalar): void {
    if (findForbidden(text) !== undefined) throw notPlainText(this.#place(node).line);
  }

  #place(node: unknown): { readonly line: number } {
    const start = isNode(node) ? node.range?.[0] : undefined;
    return { line: start === undefined ? 1 : lineAt(this.#text, start) };
  }
}
