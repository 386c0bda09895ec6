import { LIMITS } from '../util/limits.ts';
import { rpcError } from './errors.ts';

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN = new Set([91, 123]);
const CLOSE = new Set([93, 125]);

/** Whether brackets outside of strings nest deeper than `limit`. Malformed text is left to the parser. */
function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === BACKSLASH) i++;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    else if (OPEN.has(code)) {
      if (++depth > limit) return true;
    } else if (CLOSE.has(code)) depth--;
  }
  return false;
}

/**
 * Parses the text of a request. The depth is checked first, so that nothing that walks the value recurses deeper.
 * @throws NodeError PARSE_ERROR
 */
export function parseRequest(text: string): unknown {
  if (isDeeperThan(text, LIMITS.maxRpcJsonDepth))
    throw rpcError('PARSE_ERROR', `JSON nested deeper than ${LIMITS.maxRpcJsonDepth}`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw rpcError('PARSE_ERROR', 'the body is not JSON', {
      hint: 'send {"jsonrpc":"2.0","id":1,"method":"rpc_modules"}',
      cause,
    });
  }
}
