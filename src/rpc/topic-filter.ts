import { rpcError } from './errors.ts';
import { FILTERS, type Filter } from './schema/filters.ts';
import type { SubscriptionTopic } from './schema/meta.ts';

/**
 * The filter of a topic as a subscriber wrote it; undefined for one that leaves nothing out.
 * @throws NodeError INVALID_PARAMS, whose path begins with `path`
 */
export function filterOf<Topic extends SubscriptionTopic>(
  topic: Topic,
  value: unknown,
  path: string,
): Filter<Topic> | undefined {
  const parsed = FILTERS[topic].safeParse(value ?? {});
  if (parsed.success)
    return Object.values(parsed.data).some((part) => part !== undefined)
      ? (parsed.data as Filter<Topic>)
      : undefined;
  const [issue] = parsed.error.issues;
  const at = [path, ...(issue?.path ?? []).map(String)].join('.');
  const names = Object.keys(FILTERS[topic].shape);
  throw rpcError('INVALID_PARAMS', `${at}: ${issue?.message.slice(0, 200)}`, {
    data: { path: at },
    hint: names.length === 0 ? `the topic ${topic} has no filter` : `filter of ${topic}: ${names.join(', ')}`,
  });
}

/** Whether a value is one of those that a filter names; a filter without names takes all. */
export function isAmong<T>(wanted: readonly T[] | undefined, value: T): boolean {
  return wanted === undefined || wanted.includes(value);
}
