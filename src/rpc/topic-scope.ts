import { rpcError } from './errors.ts';
import { DEBUG_TOPICS, type SubscriptionTopic } from './schema/meta.ts';
import type { Scope } from './schema/method.ts';

/** @throws NodeError SCOPE_MISSING for a topic that these scopes do not open */
export function checkTopicScope(topic: SubscriptionTopic, scopes: ReadonlySet<Scope>): void {
  if (DEBUG_TOPICS.includes(topic) && !scopes.has('debug'))
    throw rpcError('SCOPE_MISSING', `the topic ${topic} needs the scope debug`, {
      data: { needed: 'debug', held: [...scopes] },
      hint: 'send Authorization: Bearer with a token that grants debug (metanode node token create)',
    });
}
