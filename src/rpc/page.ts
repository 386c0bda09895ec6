import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** One built file of the page that people see at `/ui`. */
export interface PageFile {
  /** Below the page, with `/` between folders: `index.html`, `assets/…`. */
  readonly path: string;
  /** Its content type. */
  readonly type: string;
  readonly bytes: Buffer;
  /** Its entity tag, quotes included. */
  readonly tag: string;
}

const INDEX = 'index.html';
/** Assets carry the hash of their content in their names. */
const FOREVER = 'public, max-age=31536000, immutable';

/**
 * The page loads nothing but its own files, talks to nobody but this node, and cannot be framed. `'self'` covers the
 * WebSocket of the same host (Content Security Policy level 3).
 */
const PAGE_HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
} as const;

/**
 * Serves the page at `/ui`. Every file is a route of its own and its bytes are in memory, so a request names one of
 * them or gets 404; no path of a request ever reaches a file system.
 */
export function addPage(app: FastifyInstance, files: readonly PageFile[]): void {
  for (const file of files) {
    const answer = (request: FastifyRequest, reply: FastifyReply) => sendFile(file, request, reply);
    if (file.path === INDEX) for (const url of ['/ui', '/ui/']) app.get(url, answer);
    else app.get(`/ui/${file.path}`, answer);
  }
}

function sendFile(file: PageFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.headers({
    ...PAGE_HEADERS,
    etag: file.tag,
    'cache-control': file.path === INDEX ? 'no-cache' : FOREVER,
  });
  if (request.headers['if-none-match'] === file.tag) return reply.code(304).send();
  return reply.type(file.type).send(file.bytes);
}
