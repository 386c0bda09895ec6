import { CST, Lexer } from 'yaml';
import { LIMITS } from '../../util/limits.ts';
import { lineAt, type TermsFailure, termsFailure, type YamlPlace } from './failure.ts';

const BOUNDS = {
  bytes: LIMITS.maxAgreementYamlBytes,
  depth: LIMITS.maxYamlDepth,
  tokens: LIMITS.maxYamlTokens,
  keysPerMap: LIMITS.maxYamlKeysPerMap,
} as const;

/** Control characters, byte order marks and lone surrogates. Tab and line feed may stand in YAML. */
const FORBIDDEN = /[^\t\n\u0020-\u007e\u00a0-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]|\p{Surrogate}/u;

/** Where text first holds what may not stand in YAML, if it does. */
export function findForbidden(text: string): number | undefined {
  return FORBIDDEN.exec(text)?.index;
}

/** A failure for {@link findForbidden}. */
export function notPlainText(line: number): TermsFailure {
  return termsFailure('YAML_NOT_TEXT', 'a control character, a BOM or a lone surrogate', { line });
}

/** The text of YAML bytes, line ends as line feeds. @throws OperationFailure YAML_TOO_LARGE, YAML_NOT_TEXT */
export function yamlText(bytes: Uint8Array): string {
  if (bytes.length > BOUNDS.bytes)
    throw termsFailure('YAML_TOO_LARGE', `${bytes.length} bytes of at most ${BOUNDS.bytes}`, { line: 1 });
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw termsFailure('YAML_NOT_TEXT', 'the bytes are not UTF-8', { line: 1 });
  }
  const normalized = text.replaceAll('\r\n', '\n');
  const forbidden = findForbidden(normalized);
  if (forbidden !== undefined) throw notPlainText(lineAt(normalized, forbidden));
  return normalized;
}

/** An open collection or scalar: where it stands, and how many keys it has got. */
interface Level {
  readonly column: number;
  readonly isSequence: boolean;
  keys: number;
}

/**
 * Bounds YAML before any recursive code sees it, in one pass over the tokens of the lexer, which does not recurse. In
 * block context a node's column says what it is nested in; in flow context brackets do. A scalar counts as a level.
 */
class Scan {
  readonly #block: Level[] = [];
  readonly #flow: Level[] = [];
  #tokens = 0;
  #documents = 0;
  #hasContent = false;
  #place: YamlPlace = { line: 1 };

  /** `line` and `column` say where the token starts. */
  take(source: string, line: number, column: number, isScalar: boolean): void {
    this.#place = { line };
    if (++this.#tokens > BOUNDS.tokens)
      throw termsFailure('YAML_TOO_MANY_TOKENS', `more than ${BOUNDS.tokens} tokens`, this.#place);
    if (isScalar) {
      this.#open(column, false);
      return;
    }
    switch (CST.tokenType(source)) {
      case 'doc-mode':
        if (++this.#documents > 1)
          throw termsFailure('YAML_MULTIPLE_DOCUMENTS', 'more than one document', this.#place);
        return;
      case 'doc-start':
        if (this.#hasContent)
          throw termsFailure('YAML_MULTIPLE_DOCUMENTS', 'more than one document', this.#place);
        this.#hasContent = true;
        return;
      case 'directive-line':
        throw termsFailure('YAML_DIRECTIVE', 'directives are not allowed', this.#place);
      case 'anchor':
        throw termsFailure('YAML_ANCHOR', 'anchors are not allowed', this.#place);
      case 'alias':
        throw termsFailure('YAML_ALIAS', 'aliases are not allowed', this.#place);
      case 'tag':
        throw termsFailure('YAML_TAG', 'tags are not allowed', this.#place);
      case 'explicit-key-ind':
        throw termsFailure('YAML_KEY', 'keys stand before a colon, without a question mark', this.#place);
      case 'seq-item-ind':
        this.#open(column, true);
        return;
      case 'flow-map-start':
      case 'flow-seq-start':
        this.#open(column, false);
        this.#flow.push({ column, isSequence: false, keys: 0 });
        this.#assertDepth();
        return;
      case 'flow-map-end':
      case 'flow-seq-end':
        this.#flow.pop();
        return;
      case 'map-value-ind':
        this.#countKey();
        return;
      case 'single-quoted-scalar':
      case 'double-quoted-scalar':
        this.#open(column, false);
        return;
      default:
        return;
    }
  }

  /** A node begins at this column. In flow context brackets count instead. */
  #open(column: number, isSequence: boolean): void {
    this.#hasContent = true;
    if (this.#flow.length > 0) return;
    const levels = this.#block;
    for (let top = levels.at(-1); top !== undefined; top = levels.at(-1)) {
      const isOver = top.column > column || (top.column === column && top.isSequence && !isSequence);
      if (!isOver) break;
      levels.pop();
    }
    const top = levels.at(-1);
    if (top?.column === column && top.isSequence === isSequence) return;
    levels.push({ column, isSequence, keys: 0 });
    this.#assertDepth();
  }

  #countKey(): void {
    const level = this.#flow.at(-1) ?? this.#block.at(-1);
    if (level !== undefined && ++level.keys > BOUNDS.keysPerMap)
      throw termsFailure('YAML_TOO_MANY_KEYS', `more than ${BOUNDS.keysPerMap} keys in a map`, this.#place);
  }

  #assertDepth(): void {
    if (this.#block.length + this.#flow.length > BOUNDS.depth)
      throw termsFailure('YAML_TOO_DEEP', `nested deeper than ${BOUNDS.depth}`, this.#place);
  }
}

/**
 * Refuses YAML that the parser should not see: too deep, too many tokens or keys, or outside the subset.
 * @throws OperationFailure YAML_TOO_DEEP, YAML_TOO_MANY_TOKENS, YAML_TOO_MANY_KEYS, YAML_DIRECTIVE, YAML_ANCHOR,
 * YAML_ALIAS, YAML_TAG, YAML_KEY, YAML_MULTIPLE_DOCUMENTS
 */
export function scanYaml(text: string): void {
  const scan = new Scan();
  let line = 1;
  let column = 0;
  let isScalar = false;
  for (const source of new Lexer().lex(text)) {
    scan.take(source, line, column, isScalar);
    // Marks of the lexer stand for no text; the input cannot hold them, because control characters are refused.
    const isMark = source === CST.DOCUMENT || source === CST.FLOW_END || source === CST.SCALAR;
    isScalar = source === CST.SCALAR;
    if (isMark) continue;
    line += lineAt(source, source.length) - 1;
    const lineEnd = source.lastIndexOf('\n');
    column = lineEnd < 0 ? column + source.length : source.length - lineEnd - 1;
  }
}
