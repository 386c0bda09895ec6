import type { CallContext, Handlers } from '../dispatcher.ts';
import { rpcError } from '../errors.ts';
import { DEBUG_TOPICS, type metaMethods } from '../schema/meta.ts';

function doorOf({ session }: CallContext) {
  if (session.subscriptions === undefined)
    throw rpcError('SUBSCRIPTION_NEEDS_WEBSOCKET', 'a subscription needs a connection that stays open', {
      hint: 'connect a WebSocket to /ws',
    });
  return session.subscriptions;
}

export const metaHandlers: Handlers<typeof metaMethods> = {
  meta_subscribe: ({ topic }, context) => {
    const { scopes } = context.session;
    if (DEBUG_TOPICS.includes(topic) && !scopes.has('debug'))
      throw rpcError('SCOPE_MISSING', `the topic ${topic} needs the scope debug`, {
        data: { needed: 'debug', held: [...scopes] },
        hint: 'call with a token that grants debug',
      });
    return { subscription: doorOf(context).subscribe(topic) };
  },
  meta_unsubscribe: ({ subscription }, context) => ({ removed: doorOf(context).unsubscribe(subscription) }),
};
