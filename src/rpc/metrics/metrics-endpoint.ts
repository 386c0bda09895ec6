import type { FastifyInstance, FastifyReply } from 'fastify';
import { errorCode } from '../../util/errors.ts';
import type { Callers } from '../callers.ts';
import { admitReader, REFUSAL_STATUS } from '../reader-admission.ts';
import { CHAIN_METRICS } from './chain-metrics.ts';
import { EXPOSITION_TYPE, exposition } from './exposition.ts';
import type { Metric, MetricSources } from './metric.ts';
import { NETWORK_METRICS } from './network-metrics.ts';
import { PROCESS_METRICS } from './process-metrics.ts';

/** Everything that `/metrics` shows, in that order. */
export const METRICS: readonly Metric[] = [...PROCESS_METRICS, ...CHAIN_METRICS, ...NETWORK_METRICS];

export interface MetricsParts {
  readonly sources: MetricSources;
  readonly callers: Callers;
  readonly sendError: (reply: FastifyReply, status: number, error: unknown) => FastifyReply;
}

/** `GET /metrics` for who has the scope `read`; it counts as one call. */
export function addMetrics(app: FastifyInstance, { sources, callers, sendError }: MetricsParts): void {
  app.get('/metrics', async (request, reply) => {
    try {
      admitReader(request, callers);
    } catch (error) {
      return sendError(reply, REFUSAL_STATUS[errorCode(error) ?? ''] ?? 500, error);
    }
    return reply.type(EXPOSITION_TYPE).send(exposition(METRICS, sources));
  });
}
