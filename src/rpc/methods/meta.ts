import type { CallContext, Handlers } from '../dispatcher.ts';
import { rpcError } from '../errors.ts';
import type { metaMethods } from '../schema/meta.ts';
import { filterOf } from '../topic-filter.ts';
import { checkTopicScope } from '../topic-scope.ts';

function doorOf({ session }: CallContext) {
  if (session.subscriptions === undefined)
    throw rpcError('SUBSCRIPTION_NEEDS_WEBSOCKET', 'a subscription needs a connection that stays open', {
      hint: 'connect a WebSocket to /ws, or read GET /events?topics=…',
    });
  return session.subscriptions;
}

export const metaHandlers: Handlers<typeof metaMethods> = {
  meta_subscribe: ({ topic, filter }, context) => {
    checkTopicScope(topic, context.session.scopes);
    const door = doorOf(context);
    return { subscription: door.subscribe(topic, filterOf(topic, filter, 'params.filter')) };
  },
  meta_unsubscribe: ({ subscription }, context) => ({ removed: doorOf(context).unsubscribe(subscription) }),
};
