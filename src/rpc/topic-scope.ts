import { rpcError } from './errors.ts';
import { DEBUG_TOPICS, type SubscriptionTopic } from './schema/meta.ts';
import type { Scope } from './schema/method.ts';

/** What a caller needs to be told of a topic. */
export function scopeOfTopic(topic: SubscriptionTopic): Scope {
  return DEBUG_TOPICS.includes(topic) ? 'debug' : 'read';
}

/** @throws NodeError SCOPE_MISSING for a topic that these scopes do not open */
export function checkTopicScope(topic: SubscriptionTopic, scopes: ReadonlySet<Scope>): void {
  const needed = scopeOfTopic(topic);
  if (!scopes.has(needed))
    throw rpcError('SCOPE_MISSING', `the topic ${topic} needs the scope ${needed}`, {
      data: { needed, held: [...scopes] },
      hint: `send Authorization: Bearer with a token that grants ${needed} (metanode node token create)`,
    });
}
