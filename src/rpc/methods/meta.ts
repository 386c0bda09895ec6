import type { CallContext, Handlers } from '../dispatcher.ts';
import { rpcError } from '../errors.ts';
import type { metaMethods } from '../schema/meta.ts';
import { checkTopicScope } from '../topic-scope.ts';

function doorOf({ session }: CallContext) {
  if (session.subscriptions === undefined)
    throw rpcError('SUBSCRIPTION_NEEDS_WEBSOCKET', 'a subscription needs a connection that stays open', {
      hint: 'connect a WebSocket to /ws, or read GET /events?topics=…',
    });
  return session.subscriptions;
}

export const metaHandlers: Handlers<typeof metaMethods> = {
  meta_subscribe: ({ topic }, context) => {
    checkTopicScope(topic, context.session.scopes);
    return { subscription: doorOf(context).subscribe(topic) };
  },
  meta_unsubscribe: ({ subscription }, context) => ({ removed: doorOf(context).unsubscribe(subscription) }),
};
