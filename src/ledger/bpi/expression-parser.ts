import { type ExpressionNode, type ExpressionOperator, TERMS_BOUNDS } from '../../types/agreement.ts';
import { utf8 } from '../../util/bytes.ts';
import { LIMITS } from '../../util/limits.ts';
import { failure } from './failure.ts';
import { INTEGER_MAX } from './yaml-document.ts';

const TOKEN =
  /\s*(?:(?<integer>\d+)|"(?<double>[^"\\]*)"|'(?<single>[^'\\]*)'|(?<word>[A-Za-z_][A-Za-z0-9_.]*)|(?<symbol>==|!=|<=|>=|[<>+\-*()[\],]))/uy;

interface Token {
  readonly kind: 'integer' | 'text' | 'word' | 'symbol';
  readonly text: string;
}

const COMPARISONS: Readonly<Record<string, ExpressionOperator>> = {
  '==': 'equal',
  '!=': 'unequal',
  '<': 'less',
  '<=': 'at-most',
  '>': 'greater',
  '>=': 'at-least',
};
const KEYWORDS = new Set(['and', 'or', 'not', 'in', 'true', 'false']);
const PATH = /^(?:actor\.address|invocation\.entry|subject(?:\.[A-Za-z0-9_]+)+)$/;

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  const end = source.trimEnd().length;
  const pattern = new RegExp(TOKEN);
  while (pattern.lastIndex < end) {
    const at = pattern.lastIndex;
    const groups = pattern.exec(source)?.groups;
    if (groups === undefined) throw failure('EXPRESSION_MALFORMED', `nothing readable at character ${at}`);
    const { integer, double, single, word, symbol } = groups;
    if (integer !== undefined) tokens.push({ kind: 'integer', text: integer });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol });
    else tokens.push({ kind: 'text', text: double ?? single ?? '' });
  }
  return tokens;
}

/**
 * or < and < not < comparison and `in` < + and − < * < unary minus. Nodes come out in postfix order, so that whoever
 * evaluates them needs neither recursion nor a loop that the expression controls.
 */
class Parser {
  readonly #tokens: readonly Token[];
  readonly #nodes: ExpressionNode[] = [];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): ExpressionNode[] {
    this.#or();
    const rest = this.#tokens[this.#next];
    if (rest !== undefined) throw failure('EXPRESSION_MALFORMED', `${rest.text} is one too many`);
    return this.#nodes;
  }

  #or(): void {
    this.#and();
    while (this.#accept('word', 'or')) {
      this.#and();
      this.#emit('or');
    }
  }

  #and(): void {
    this.#not();
    while (this.#accept('word', 'and')) {
      this.#not();
      this.#emit('and');
    }
  }

  #not(): void {
    if (!this.#accept('word', 'not')) {
      this.#comparison();
      return;
    }
    this.#deeper(() => this.#not());
    this.#emit('not');
  }

  #comparison(): void {
    this.#sum();
    const token = this.#tokens[this.#next];
    const operator = token?.kind === 'symbol' ? COMPARISONS[token.text] : undefined;
    if (operator !== undefined) {
      this.#next++;
      this.#sum();
      this.#emit(operator);
    } else if (this.#accept('word', 'in')) {
      this.#list();
      this.#emit('in');
    }
  }

  #sum(): void {
    this.#product();
    for (;;) {
      if (this.#accept('symbol', '+')) {
        this.#product();
        this.#emit('add');
      } else if (this.#accept('symbol', '-')) {
        this.#product();
        this.#emit('subtract');
      } else return;
    }
  }

  #product(): void {
    this.#unary();
    while (this.#accept('symbol', '*')) {
      this.#unary();
      this.#emit('multiply');
    }
  }

  #unary(): void {
    if (!this.#accept('symbol', '-')) {
      this.#primary();
      return;
    }
    this.#deeper(() => this.#unary());
    this.#emit('negate');
  }

  #primary(): void {
    if (this.#accept('symbol', '(')) {
      this.#deeper(() => this.#or());
      this.#expect(')');
      return;
    }
    const token = this.#tokens[this.#next];
    if (token?.kind === 'word' && !KEYWORDS.has(token.text)) {
      this.#next++;
      this.#path(token.text);
    } else this.#literal();
  }

  #path(path: string): void {
    if (path.startsWith('billing.'))
      throw failure('FEATURE_UNAVAILABLE', `${path}: nothing is metered for billing yet`);
    if (!PATH.test(path)) throw failure('EXPRESSION_MALFORMED', `${path} is not a path of an invocation`);
    this.#emit('path', path);
  }

  #literal(): void {
    const token = this.#tokens[this.#next++];
    if (token === undefined) throw failure('EXPRESSION_MALFORMED', 'the expression ends too early');
    const { kind, text } = token;
    if (kind === 'text') this.#emit('text', text);
    else if (kind === 'integer') {
      if (text.length > 39 || BigInt(text) > INTEGER_MAX)
        throw failure('EXPRESSION_MALFORMED', `${text.slice(0, 50)} has more than 128 bits`);
      this.#emit('integer', BigInt(text).toString());
    } else if (text === 'true' || text === 'false') this.#emit('boolean', text);
    else throw failure('EXPRESSION_MALFORMED', `${text} does not belong here`);
  }

  #list(): void {
    this.#expect('[');
    let count = 0;
    if (!this.#accept('symbol', ']')) {
      do {
        this.#literal();
        count++;
      } while (this.#accept('symbol', ','));
      this.#expect(']');
    }
    this.#emit('list', String(count));
  }

  #emit(operator: ExpressionOperator, value = ''): void {
    if (utf8(value).length > TERMS_BOUNDS.textBytes)
      throw failure('EXPRESSION_TOO_LARGE', `a literal of more than ${TERMS_BOUNDS.textBytes} bytes`);
    this.#nodes.push({ operator, value });
    if (this.#nodes.length > TERMS_BOUNDS.nodesPerExpression)
      throw failure('EXPRESSION_TOO_LARGE', `more than ${TERMS_BOUNDS.nodesPerExpression} nodes`);
  }

  /** Parentheses, `not` and unary minus are what nests. */
  #deeper(parse: () => void): void {
    if (++this.#depth > LIMITS.maxExpressionDepth)
      throw failure('EXPRESSION_TOO_LARGE', `nested deeper than ${LIMITS.maxExpressionDepth}`);
    parse();
    this.#depth--;
  }

  #accept(kind: Token['kind'], text: string): boolean {
    const token = this.#tokens[this.#next];
    if (token?.kind !== kind || token.text !== text) return false;
    this.#next++;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#accept('symbol', symbol)) throw failure('EXPRESSION_MALFORMED', `${symbol} is missing`);
  }
}

/**
 * The postfix form of the condition of a rule.
 * @throws OperationFailure EXPRESSION_MALFORMED, EXPRESSION_TOO_LARGE, FEATURE_UNAVAILABLE
 */
export function parseExpression(source: string): ExpressionNode[] {
  return new Parser(tokenize(source)).parse();
}
