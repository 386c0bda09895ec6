import type { FastifyInstance } from 'fastify';

/** What a browser asks before a page of another origin may call, and is told with each answer. */
export function addCrossOrigin(app: FastifyInstance, isAllowed: (origin: string) => boolean): void {
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers;
    if (origin === undefined || !isAllowed(origin)) return;
    reply.headers({ 'access-control-allow-origin': origin, vary: 'Origin' });
  });
  for (const url of ['/', '/events'])
    app.options(url, async (_request, reply) => {
      reply.headers({
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'authorization, content-type',
        'access-control-max-age': '600',
      });
      return reply.code(204).send();
    });
}
